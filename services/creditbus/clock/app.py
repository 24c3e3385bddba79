"""Connect clock: a crontab in; the turn of each day, in every partition of the log, out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Final

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from creditbus.clock.decide import day_turned, days_to_turn
from creditbus.domain.calendar import SHANGHAI, day_of
from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka import clients
from creditbus.runtime.kafka.clients import Place, Record
from creditbus.runtime.kafka.reach import BrokerReach
from creditbus.runtime.kafka.transactions import commit, transactional_producer
from creditbus.runtime.process import Process
from creditbus.runtime.workers.apps import fatal, idle_app, run_app
from creditbus.wire.headers import event_headers
from creditbus.wire.topics import EVENTS, PARTITIONS, application

EVERY_MINUTE: Final = "* * * * *"
TURN_BOUND_S: Final = 600.0
CALL_BOUND_S: Final = 10.0


def run(process: Process) -> None:
    """Turn the days until told to stop."""
    DayClock(process).run()


class DayClock:
    """The last day turned, which lies in the log's own positions, and the turning of the next."""

    def __init__(self, process: Process, log: str = EVENTS) -> None:
        self._process = process
        self._places: Sequence[Place] = [(log, number) for number in range(PARTITIONS)]
        self._log = log
        self._codec = process.codec
        self._turned: date | None = None
        self._looking = asyncio.Lock()

    def run(self) -> None:
        """Look once at the start and then every minute."""
        app = idle_app(self._process, application("clock"))
        app.task(self._look)
        app.crontab(EVERY_MINUTE, timezone=SHANGHAI)(self._look)
        reach = BrokerReach(self._process, self._log)
        health = self._process.serve_health(reach.begin(self._readiness))
        try:
            run_app(app)
        finally:
            if health is not None:
                health.close()

    async def look(self) -> None:
        """Turn what is due today, and return when it is turned.

        A look that comes while another still turns waits for it: of two that write, the second
        would fence the first.
        """
        async with self._looking:
            today = day_of(self._process.clock.now())
            if self._turned != today:
                await self._process.patience.insist_async(
                    lambda: _bounded(partial(self.turn, today))
                )

    async def _look(self) -> None:
        with fatal(self._process):
            await self.look()

    def turn(self, today: date) -> None:
        """Turn every missing day, each in one transaction with the note that it was turned."""
        reader = clients.group_reader(self._process, application("clock"))
        try:
            days = days_to_turn(self._last_day(reader), today)
            if days:
                producer = transactional_producer(self._process)
                with clients.reached():
                    producer.init_transactions(CALL_BOUND_S)
                for day in days:
                    self._write(producer, reader, day)
        finally:
            reader.close()
        self._turned = today

    def _last_day(self, reader: Consumer) -> date | None:
        """Return the last day turned, as the positions say; as the log says when they are gone."""
        noted = clients.positions_of(reader, self._places)
        if noted:
            return min(date.fromisoformat(each.metadata or "") for each in noted.values())
        found: list[date] = []

        def take(records: Sequence[Record]) -> None:
            for record in records:
                kind, envelope = self._codec.envelope(record.value)
                if kind == "day_turned":
                    found.append(envelope.decided_on)

        # The broker forgets positions that nobody moved for a week or so.
        clients.read_to_end(self._process, [self._log], {}, take)
        return max(found, default=None)

    def _write(self, producer: Producer, reader: Consumer, day: date) -> None:
        with clients.reached():
            producer.begin_transaction()
            try:
                for topic, partition in self._places:
                    turned = day_turned(day, partition)
                    producer.produce(
                        topic,
                        value=self._codec.encode(turned),
                        partition=partition,
                        headers=list(event_headers("day_turned", turned.envelope)),
                    )
                noted = [
                    TopicPartition(*place, day.toordinal(), metadata=day.isoformat())
                    for place in self._places
                ]
                group = reader.consumer_group_metadata()
                producer.send_offsets_to_transaction(noted, group, CALL_BOUND_S)
            except KafkaException:
                producer.abort_transaction(CALL_BOUND_S)
                raise
            # Of a turn whose outcome is unknown the positions tell, which the next try reads.
            commit(producer, self._log)
        self._process.meters.add("day_turns")
        self._process.logger.info("the day has turned", day=day.isoformat())

    def _readiness(self) -> Readiness:
        is_ready = self._turned is not None
        return Readiness(is_ready=is_ready, why="" if is_ready else "the day is not turned yet")


async def _bounded(turn: Callable[[], None]) -> None:
    # A call into the client library may never return while the broker is being replaced.
    await asyncio.wait_for(asyncio.to_thread(turn), TURN_BOUND_S)
