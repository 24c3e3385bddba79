"""The transaction: the one way a worker writes to the broker.

It begins with the first record, so a worker that has nothing to write holds none open. Records go
one by one: the library's batch call carries no headers, hides a full queue, and was no faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from creditbus.engine.alarm import Alarm
from creditbus.engine.failures import Kind, error_of, kind_of
from creditbus.engine.shares import Share
from creditbus.engine.store import Row

Delivered = Callable[[KafkaError | None, Message], None]
_CALL_SECONDS = 10.0
_FLUSH_SECONDS = 5.0
_PAUSE_SECONDS = 0.05


class Transaction:
    """Begins, fills, commits and aborts one transaction after another."""

    def __init__(self, producer: Producer, alarm: Alarm) -> None:
        self._producer = producer
        self._alarm = alarm
        self._number = 0
        self.is_open = False

    def begin(self) -> None:
        """Begin a transaction unless one is open."""
        if not self.is_open:
            self._producer.begin_transaction()
            self._number += 1
            self.is_open = True

    def send(self, share: Share) -> None:
        """Produce what the share keeps and this transaction does not yet hold."""
        if not share.kept:
            return
        self.begin()
        if share.transaction != self._number:
            share.transaction, share.sent = self._number, 0
        for produced in share.kept[share.sent :]:
            place = {} if produced.partition is None else {"partition": produced.partition}
            self._put(
                produced.topic,
                value=produced.value,
                key=produced.key,
                headers=list(produced.headers),
                **place,
            )
        share.sent = len(share.kept)

    def log(self, topic: str, partition: int, rows: Sequence[Row], delivered: Delivered) -> None:
        """Produce rows to one partition; ``delivered`` hears of the last one."""
        for key, value in rows[:-1]:
            self._put(topic, value=value, key=key, partition=partition)
        for key, value in rows[-1:]:
            self._put(topic, value=value, key=key, partition=partition, on_delivery=delivered)

    def deliver(self) -> None:
        """Wait, not for long, until the broker has what was produced."""
        if self.is_open:
            self._producer.flush(_FLUSH_SECONDS)

    def serve(self) -> None:
        """Let the client tell what happened to earlier records, and report its errors."""
        self._producer.poll(0)

    def offer(self, positions: Sequence[TopicPartition], membership: Any) -> None:
        """Put the next offsets into the transaction, as this member of the group."""
        self._persist(
            lambda: self._producer.send_offsets_to_transaction(
                list(positions), membership, _CALL_SECONDS
            )
        )

    def commit(self) -> None:
        """Make everything in the transaction visible at once."""
        self._persist(lambda: self._producer.commit_transaction(_CALL_SECONDS))
        self.is_open = False

    def abort(self) -> None:
        """Undo the transaction; what shares keep is produced again in the next one."""
        if self.is_open:
            self._persist(lambda: self._producer.abort_transaction(_CALL_SECONDS))
            self.is_open = False

    def _put(self, topic: str, **record: Any) -> None:
        """Produce one record, waiting for room when the queue is full."""
        while True:
            try:
                self._producer.produce(topic, **record)
            except BufferError:
                self._producer.poll(_PAUSE_SECONDS)
            else:
                return

    def _persist(self, call: Callable[[], object]) -> None:
        """Repeat a call for as long as the broker asks for it or does not answer.

        The library wants the same call again. There is no bound here: the watchdog has one.
        """
        while True:
            try:
                call()
            except KafkaException as failure:
                if kind_of(failure) not in (Kind.RETRY, Kind.SILENT):
                    raise
                self._alarm.hear(error_of(failure))
                self._producer.poll(_PAUSE_SECONDS)
                self._alarm.check()
            else:
                return
