"""Agents: the discipline under which Faust's agents work, in one place.

Left alone, a Faust agent acknowledges what it failed to do, goes on behind it, and reads what was
never committed. So here: records stay bytes until the work itself decodes them, one taker works in
order, every send is awaited, only committed records are read, and whatever goes wrong ends the
process, which its supervisor starts again. A rebalance after the first ends it too, because Faust's
consumer may then skip records; starting again reads all from where it was known to be right.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Final

import aiokafka
import faust
from confluent_kafka import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from creditbus.runtime import kafka
from creditbus.runtime.apps import fatal, faust_app, run_app
from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka import Place, Record
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process

STALLED_S: Final = 60.0
UNASSIGNED_S: Final = 30.0
SESSION_S: Final = 15.0
LOOK_EVERY_S: Final = 5.0
AT_ONCE: Final = 500
WAITING_AT_MOST: Final = 2000

Take = Callable[[Sequence[Record]], Awaitable[None]]


class Stalled(Exception):
    """The agents cannot be trusted to bring every record any more."""


class CommittedThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, reading only what is committed."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust hands this to the client only together with its own transactions, which are not
        # sound; the client asks for it when it starts, which is after this.
        assert consumer._isolation_level == "read_uncommitted"  # noqa: SLF001
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer


class CommittedConsumer(driver.Consumer):
    """Faust's consumer on such a thread."""

    def _new_consumer_thread(self) -> CommittedThread:
        return CommittedThread(self, loop=self.loop, beacon=self.beacon)


class CommittedTransport(driver.Transport):
    """Faust's transport with such a consumer."""

    Consumer = CommittedConsumer


class Agents:
    """Agents over some topics, and the one taker that they all bring their records to.

    ``take`` gets records in the order of each partition; when it returns, they are done.
    """

    def __init__(
        self, process: Process, application: str, *, topics: Sequence[str], take: Take
    ) -> None:
        self._process = process
        self._application = application
        self._take = take
        self._topics = tuple(topics)
        self._assigned: frozenset[Place] = frozenset()
        self._handled: dict[Place, int] = {}
        self._moved = time.monotonic()
        self.app = self._build()

    @property
    def is_ready(self) -> bool:
        """Whether records are coming in."""
        return bool(self._assigned)

    def add_task(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run this beside the agents from their start on; its failure ends the process too."""
        self._add_task(self.app, work)

    async def send(
        self,
        topic: str,
        key: bytes,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Produce a record and wait until the broker has it."""
        await self.app.producer.send_and_wait(topic, key, value, None, None, list(headers))

    def run(
        self,
        readiness: Callable[[], Readiness],
        rebuild: Callable[[], Mapping[Place, int]] = dict,
    ) -> None:
        """Rebuild what the process holds, then work from where that ended until told to stop.

        Whatever goes wrong ends the process. A rebuild waits for a server that is away.
        """
        health = self._process.serve_health(readiness)
        signal.signal(signal.SIGTERM, _stop)
        self._begin_at(self._process.patience.insist(rebuild))
        watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        watchdog.start()
        try:
            run_app(self.app)
        finally:
            if health is not None:
                health.close()

    def _begin_at(self, positions: Mapping[Place, int]) -> None:
        self._handled = dict(positions)
        moved = bool(positions) and kafka.go_on_from(self._process, self._application, positions)
        self._process.logger.info("agents begin", moved_group=moved, places=len(positions))

    def _build(self) -> faust.App:
        app = faust_app(
            self._process,
            self._application,
            stream_wait_empty=False,
            broker_max_poll_interval=24 * 3600,
            broker_session_timeout=SESSION_S,
        )
        app.transport = CommittedTransport(app.conf.broker_consumer, app)
        self._arrived: asyncio.Queue[tuple[Any, Any]] | None = None
        for topic in self._topics:
            channel = app.topic(
                topic, key_serializer="raw", value_serializer="raw", allow_empty=True
            )
            app.agent(channel, name=topic, concurrency=1)(self._follow)
        self._add_task(app, self._work)
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)  # type: ignore[arg-type]
        return app

    async def _follow(self, stream: Any) -> AsyncIterator[None]:
        following = stream.noack()
        with fatal(self._process):
            async for event in following.events():
                await self._queue().put((following, event))
                yield

    async def _work(self) -> None:
        queue = self._queue()
        while True:
            arrived = [await queue.get()]
            while len(arrived) < AT_ONCE and not queue.empty():
                arrived.append(queue.get_nowait())
            records = [_record_of(event.message) for _, event in arrived]
            await self._take(records)
            for stream, event in arrived:
                await stream.ack(event)
            self._note(records)

    def _add_task(self, app: faust.App, work: Callable[[], Awaitable[None]]) -> None:
        async def fatally() -> None:
            with fatal(self._process):
                await work()

        app.task(fatally)

    def _queue(self) -> asyncio.Queue[tuple[Any, Any]]:
        # Made by the first that asks, because it belongs to the loop that runs then.
        if self._arrived is None:
            self._arrived = asyncio.Queue(WAITING_AT_MOST)
        return self._arrived

    def _note(self, records: Sequence[Record]) -> None:
        for record in records:
            self._handled[record.place] = record.offset + 1
        self._moved = time.monotonic()

    async def _on_assigned(self, _app: object, assigned: set[TP], **_: object) -> None:
        places = frozenset((place.topic, place.partition) for place in assigned)
        if self._assigned:
            with fatal(self._process):
                raise Stalled("the group was rebalanced, so everything is read again")
        self._assigned = places
        self._moved = time.monotonic()

    def _watch(self) -> None:
        """End the process when records lie there and none is done: such agents stay asleep."""
        consumer = kafka.group_reader(self._process, self._application)
        with fatal(self._process):
            while True:
                time.sleep(LOOK_EVERY_S)
                if self._process.patience.waiting_for is not None:
                    self._moved = time.monotonic()
                with suppress(Unavailable):
                    self._bark(consumer, time.monotonic() - self._moved)

    def _bark(self, consumer: Consumer, silence_s: float) -> None:
        if not self._assigned and silence_s > UNASSIGNED_S:
            raise Stalled(f"the group gave no partition for {UNASSIGNED_S:g} s")
        if silence_s > STALLED_S and (behind := self._behind(consumer)) is not None:
            raise Stalled(f"no record was done for {STALLED_S:g} s in {behind}")

    def _behind(self, consumer: Consumer) -> Place | None:
        places = sorted(self._assigned)
        for place, end in kafka.ends(consumer, places).items():
            handled = self._handled.get(place, 0)
            if end > handled:
                if kafka.holds_more(self._process, place, handled):
                    return place
                self._handled[place] = end
        return None


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A rebuild has nothing to bring to an end, and its threads would keep an ordinary exit waiting.
    os._exit(0)


def _record_of(message: Any) -> Record:
    headers = message.headers or ()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        written_at=datetime.fromtimestamp(message.timestamp, UTC),
        key=message.key or b"",
        value=message.value,
        headers=tuple(pairs),
    )
