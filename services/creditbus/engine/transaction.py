"""The transaction: the one way a worker writes to the broker.

It begins with the first record, so a worker that has nothing to write holds none open. Records go
in batches where they can: the library's batch call costs half, but carries no headers, and when its
queue is full it drops some of a batch and keeps what follows. So a batch goes only where there is
room for the whole of it, and a transaction of which a record was not taken is never committed.

After a silence it goes on with another line (``mend``): what was open is then aborted, or was
committed, by the broker; nothing that comes late counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import QUEUE_RECORDS
from creditbus.engine.failures import Halt, Silent, Undecided, error_of, is_unanswered
from creditbus.engine.line import ProducerLine
from creditbus.engine.shares import Share
from creditbus.engine.store import Row
from creditbus.engine.values import Produced

Delivered = Callable[[KafkaError | None, Message], None]
_Pair = tuple[bytes | None, bytes | None]
_LIMIT: Final = -1  # of the library: the line has one of its own, and lets no call wait past it
_FLUSH_SECONDS = 5.0
_PAUSE_SECONDS = 0.05
# What a batch is made of stays in the processor's cache: ten thousand took half as long again.
_BATCH: Final = 500
_BY_PARTITIONER: Final = -1
_LEFT_AT_MOST: Final = 8  # so many lines may hang at once; each holds some megabytes


class Transaction:
    """Begins, fills, commits and aborts one transaction after another."""

    def __init__(
        self, connect: Callable[[], ProducerLine], alarm: Alarm, *, room: int = QUEUE_RECORDS
    ) -> None:
        self._connect = connect
        self._line = connect()
        self._left: list[threading.Thread] = []
        self._alarm = alarm
        self._room = room
        self._number = 0
        self.is_open = False
        # Why a record was not taken; the transaction can then only be aborted.
        self.spoiled_by: KafkaException | None = None

    @property
    def doubt(self) -> str | None:
        """Why nothing may be begun before ``mend``, if that is so; asked from any thread."""
        return self._line.doubt

    def suspect(self, why: str) -> None:
        """Begin nothing more before ``mend``."""
        self._line.suspect(why)

    def mend(self, seconds: float) -> None:
        """Go on with a line that nothing is known against, which ends what was open.

        Raises the library's exception when that takes longer; then it is to be asked again.
        """
        if self._line.has_begun:
            self._left = [left for left in self._left if left.is_alive()]
            if len(self._left) >= _LEFT_AT_MOST:
                raise Halt(
                    f"{len(self._left)} calls into the client library never returned",
                    "start the worker again; nothing is lost",
                )
            self._left.append(self._line.give_up())
            self._line = self._connect()
        self.is_open, self.spoiled_by = False, None
        self._line.begin(seconds)

    def begin(self) -> None:
        """Begin a transaction unless one is open; raises ``Silent`` on a line in doubt."""
        if not self.is_open:
            self._line.check()
            self._producer.begin_transaction()
            self._number += 1
            self.is_open = True

    def send(self, share: Share) -> None:
        """Produce what the share keeps and this transaction does not yet hold.

        Raises ``Silent`` on a line in doubt: the share keeps it for the next one.
        """
        if not share.kept:
            return
        self.begin()
        if share.transaction != self._number:
            share.transaction, share.sent = self._number, 0
        unsent = share.kept[share.sent :]
        share.sent = len(share.kept)
        with self._whole():
            for topic, records in _by_topic(unsent).items():
                self._produce(topic, records)

    def log(self, topic: str, partition: int, rows: Sequence[Row], delivered: Delivered) -> None:
        """Produce rows to one partition; ``delivered`` hears of the last one."""
        with self._whole():
            self._put_batch(topic, partition, rows[:-1])
            for key, value in rows[-1:]:
                self._put(topic, value=value, key=key, partition=partition, on_delivery=delivered)

    def deliver(self) -> None:
        """Wait, not for long, until the broker has what was produced."""
        if self.is_open and self.doubt is None:
            self._producer.flush(_FLUSH_SECONDS)

    @property
    def _producer(self) -> Producer:
        return self._line.producer

    def serve(self) -> None:
        """Let the client tell what happened to earlier records, and report its errors."""
        self._producer.poll(0)

    def offer(self, positions: Sequence[TopicPartition], membership: Any) -> None:
        """Put the next offsets into the transaction, as this member of the group.

        Raises ``Silent`` when that is not answered.
        """
        self._line.check()
        producer = self._producer
        self._line.ask(
            lambda: producer.send_offsets_to_transaction(list(positions), membership, _LIMIT)
        )

    def commit(self) -> None:
        """Make everything in the transaction visible at once.

        Raises ``Silent`` before it is asked for, and ``Undecided`` when that is not answered.
        """
        assert self.spoiled_by is None, "it lacks a record"
        self._line.check()
        producer = self._producer
        try:
            self._line.ask(lambda: producer.commit_transaction(_LIMIT))
        except Silent as silence:
            self.is_open = False
            raise Undecided(str(silence)) from silence
        except KafkaException as failure:
            if not is_unanswered(error_of(failure)):
                raise
            self.suspect(error_of(failure).str())
            self.is_open = False
            raise Undecided(error_of(failure).str()) from failure
        self.is_open = False

    def cause(
        self, failure: KafkaException, positions: Sequence[TopicPartition], membership: Any
    ) -> KafkaException:
        """Return what the client holds against this transaction.

        A record that comes after the error of an earlier one is told of the state alone; the call
        that takes the offsets tells the error itself.
        """
        if error_of(failure).code() != KafkaError._STATE:
            return failure
        try:
            self.offer(positions, membership)
        except KafkaException as earlier:
            return earlier
        return failure

    def abort(self) -> None:
        """Undo the transaction; what shares keep is produced again in the next one.

        On a line in doubt this is left to its successor.
        """
        if self.is_open and self.doubt is None:
            producer = self._producer
            with suppress(Silent):
                self._line.ask(lambda: producer.abort_transaction(_LIMIT))
        self.is_open, self.spoiled_by = False, None

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            yield
        except KafkaException as failure:
            self.spoiled_by = self.spoiled_by or failure
            raise

    def _produce(self, topic: str, records: Sequence[Produced]) -> None:
        """Produce records of one topic, in their order."""
        for (partition, headers), run in groupby(records, _way):
            place = _BY_PARTITIONER if partition is None else partition
            if not headers:
                self._put_batch(topic, place, [(record.key, record.value) for record in run])
                continue
            for record in run:
                self._put(
                    topic,
                    value=record.value,
                    key=record.key,
                    partition=place,
                    headers=list(headers),
                )

    def _put_batch(self, topic: str, partition: int, records: Sequence[_Pair]) -> None:
        for start in range(0, len(records), _BATCH):
            batch: list[dict[str, Any]] = [
                {"key": key, "value": value} for key, value in records[start : start + _BATCH]
            ]
            self._make_room(len(batch))
            if self._producer.produce_batch(topic, batch, partition=partition) < len(batch):
                raise next(
                    KafkaException(record["_error"]) for record in batch if "_error" in record
                )

    def _make_room(self, records: int) -> None:
        """Wait until the queue takes so many records more; it counts them, not their bytes."""
        while len(self._producer) and len(self._producer) + records > self._room:
            self._producer.poll(_PAUSE_SECONDS)
            self._line.check()
            self._alarm.check()

    def _put(self, topic: str, **record: Any) -> None:
        """Produce one record, waiting for room when the queue is full."""
        while True:
            try:
                self._producer.produce(topic, **record)
            except BufferError:
                self._producer.poll(_PAUSE_SECONDS)
                self._line.check()
            else:
                return


_way = attrgetter("partition", "headers")


def _by_topic(records: Sequence[Produced]) -> dict[str, list[Produced]]:
    """Return the records by topic; within one their order stays."""
    topics: dict[str, list[Produced]] = {}
    for record in records:
        topics.setdefault(record.topic, []).append(record)
    return topics
