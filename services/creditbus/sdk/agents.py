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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from types import FrameType
from typing import Any, Final

import aiokafka
import faust
from confluent_kafka import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka import clients
from creditbus.runtime.kafka.clients import Place, Record
from creditbus.runtime.kafka.reach import BrokerReach
from creditbus.runtime.process import Process
from creditbus.runtime.workers.apps import enduring, fatal, faust_app, lasting, run_app
from creditbus.runtime.workers.vigil import Bounds, Stalled, Vigil

SESSION_S: Final = 15.0
AT_ONCE: Final = 500
WAITING_AT_MOST: Final = 2000

Take = Callable[[Sequence[Record]], Awaitable[None]]


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
    """Faust's consumer on such a thread, which commits what the taker has done and nothing else.

    Faust's own reckoning takes skipped, failed and unfinished records for done.
    """

    def _new_consumer_thread(self) -> CommittedThread:
        return CommittedThread(self, loop=self.loop, beacon=self.beacon)

    async def force_commit(
        self,
        topics: object = None,  # noqa: ARG002 - one topic is never committed without the others
        start_new_transaction: bool = True,  # noqa: ARG002, FBT001, FBT002 - as the base has it
    ) -> bool:
        """Commit the positions before which every record is done."""
        transport = self.transport
        assert isinstance(transport, CommittedTransport)
        done = {TP(*place): position for place, position in transport.handled.items()}
        moved = {tp: position for tp, position in done.items() if self._should_commit(tp, position)}
        return bool(moved) and await self._commit_offsets(moved)


class CommittedTransport(driver.Transport):
    """Faust's transport with such a consumer."""

    Consumer = CommittedConsumer
    handled: Mapping[Place, int]


class Agents:
    """Agents over some topics, and the one taker that they all bring their records to.

    ``take`` gets records in the order of each partition; when it returns, they are done.
    """

    def __init__(
        self,
        process: Process,
        application: str,
        *,
        topics: Sequence[str],
        take: Take,
        bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    ) -> None:
        self._process = process
        self._application = application
        self._take = take
        self._topics = tuple(topics)
        self._bounds = bounds
        self._begun: Mapping[Place, int] = {}
        self._vigil = Vigil(self._ends, partial(clients.holds_more, process), bounds)
        self.app = self._build()

    @property
    def is_ready(self) -> bool:
        """Whether records are coming in."""
        return bool(self._vigil.assigned)

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
        reach = BrokerReach(self._process, self._topics[0])
        health = self._process.serve_health(reach.begin(readiness))
        signal.signal(signal.SIGTERM, _stop)
        self._begin_at(self._process.patience.insist(rebuild))
        self._vigil.begin_watch(self._process, lambda: self.app.should_stop)
        try:
            run_app(self.app)
        finally:
            if health is not None:
                health.close()

    def _begin_at(self, positions: Mapping[Place, int]) -> None:
        self._begun = dict(positions)
        self._vigil.handled.update(positions)
        moved = bool(positions) and clients.go_on_from(self._process, self._application, positions)
        self._process.logger.info("agents begin", moved_group=moved, places=len(positions))

    def _build(self) -> faust.App:
        app = faust_app(
            self._process,
            self._application,
            stream_wait_empty=False,
            broker_max_poll_interval=24 * 3600,
            broker_session_timeout=SESSION_S,
        )
        transport = CommittedTransport(app.conf.broker_consumer, app)
        transport.handled = self._vigil.handled
        app.transport = transport
        self._arrived: asyncio.Queue[Any] | None = None
        for topic in self._topics:
            channel = app.topic(
                topic, key_serializer="raw", value_serializer="raw", allow_empty=True, acks=False
            )
            app.agent(channel, name=topic, concurrency=1)(self._follow)
        self._add_task(app, self._work)
        self._add_task(app, self._vigil.turn)
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)  # type: ignore[arg-type]
        return app

    async def _follow(self, stream: Any) -> AsyncIterator[None]:
        with enduring(self._process, self.app, "an agent"):
            async for event in stream.noack().events():
                await self._queue().put(event)
                yield

    async def _work(self) -> None:
        queue = self._queue()
        while True:
            events = [await queue.get()]
            while len(events) < AT_ONCE and not queue.empty():
                events.append(queue.get_nowait())
            records = [_record_of(event.message) for event in events]
            # The client may go back, for instance to the beginning of a topic that was cut.
            new = [each for each in records if each.offset >= self._done(each.place)]
            await self._take(new)
            for record in new:
                self._vigil.note(record.place, record.offset + 1)

    def _done(self, place: Place) -> int:
        return self._vigil.handled.get(place, 0)

    def _add_task(self, app: faust.App, work: Callable[[], Awaitable[None]]) -> None:
        app.task(lasting(self._process, app, work))

    def _queue(self) -> asyncio.Queue[Any]:
        # Made by the first that asks, because it belongs to the loop that runs then.
        if self._arrived is None:
            self._arrived = asyncio.Queue(WAITING_AT_MOST)
        return self._arrived

    async def _on_assigned(self, _app: object, assigned: set[TP], **_: object) -> None:
        places = frozenset((place.topic, place.partition) for place in assigned)
        with fatal(self._process):
            if self._vigil.assigned:
                raise Stalled("the group was rebalanced, so everything is read again")
            await asyncio.to_thread(self._check_begin, places)
        self._vigil.assigned = places

    def _check_begin(self, places: frozenset[Place]) -> None:
        """Raise when the group stands behind what the rebuild has read.

        An older process of this name may have gone on meanwhile. Now that it is fenced, this is
        certain; what lies between was done by it and is unknown here.
        """
        for place, held in clients.positions_of(self._group, sorted(places)).items():
            if held.offset > self._begun.get(place, held.offset):
                raise Stalled(f"{place} went on while it was read, so everything is read again")

    def _ends(self, places: Sequence[Place]) -> Mapping[Place, int]:
        return clients.ends(self._group, places)

    @cached_property
    def _group(self) -> Consumer:
        return clients.group_reader(self._process, self._application)


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
