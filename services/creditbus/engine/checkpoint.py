"""The checkpoint: outputs, changes and positions become durable together.

First one transaction on the broker, then one write per store. A crash between the two leaves the
disk behind the changelog, and the next restore brings it up; it can never be ahead.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from creditbus.engine import surroundings as names
from creditbus.engine.failures import (
    Halt,
    Reaction,
    Silent,
    TransactionRefused,
    error_of,
    halt,
    is_unanswered,
    is_unusable,
    kind_of,
)
from creditbus.engine.shares import Share
from creditbus.engine.store import Row, StoreMark
from creditbus.engine.surroundings import Surroundings, TurnStep
from creditbus.engine.transaction import Transaction
from creditbus.engine.watchdog import Watchdog

ATTEMPTS = 5
# Where the group's generation lies in the opaque membership: behind the letters "CGMDv2:".
_GENERATION = struct.Struct("<i")
_GENERATION_AT = 7


class Checkpoint:
    """Commits what shares have done.

    Raises ``TransactionRefused`` when the group would not have it, ``Silent`` or ``Undecided`` when
    the broker leaves something unanswered.
    """

    def __init__(
        self,
        transaction: Transaction,
        *,
        changelog: str,
        topic_id: str,
        membership: Callable[[], Any],
        surroundings: Surroundings,
        watchdog: Watchdog,
    ) -> None:
        self._transaction = transaction
        self._changelog = changelog
        self._topic_id = topic_id
        self._membership = membership
        self._surroundings = surroundings
        self._watchdog = watchdog

    def take(self, shares: Sequence[Share]) -> None:
        """Commit what the shares have done since the last checkpoint, if anything."""
        moved = [share for share in shares if share.moved]
        if not moved:
            return
        started = time.perf_counter()
        self._surroundings.ended(TurnStep.WAIT)
        with self._watchdog.watching("checkpoint"):
            self._point("begun")
            for share in moved:
                share.check_room()
            rows = {share.partition: share.rows for share in moved}
            marks = self._commit(moved, rows)
            self._settle(moved, rows, marks)
            self._surroundings.ended(TurnStep.STORE)
        self._surroundings.counters.observe(names.CHECKPOINT_SECONDS, time.perf_counter() - started)

    def abandon(self) -> None:
        """Undo what was produced for shares that are lost.

        The broker ends a producer for good that aborts before its records have arrived.
        """
        with self._watchdog.watching("abandoning a transaction"):
            self._transaction.deliver()
            self.abort()

    def abort(self) -> None:
        """Undo the open transaction; whoever still owns a share will produce again."""
        with self._watchdog.watching("abort"):
            if self._transaction.is_open:
                self._surroundings.counters.add(names.ABORTS, 1)
            try:
                self._transaction.abort()
            except KafkaException as failure:
                raise halt("a transaction cannot be aborted", error_of(failure)) from failure
        self._point("aborted")

    def _commit(self, moved: Sequence[Share], rows: dict[int, list[Row]]) -> dict[int, int]:
        last = ""
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(moved, rows)
            except KafkaException as failure:
                cause = self._transaction.cause(failure, _positions(moved), self._membership())
                self._recover(cause)
                last = error_of(cause).str()
        raise Halt(
            f"the broker refused the same transaction {ATTEMPTS} times, last with: {last}",
            "look at the broker's log for this transactional id; nothing of it was committed",
        )

    def _attempt(self, moved: Sequence[Share], rows: dict[int, list[Row]]) -> dict[int, int]:
        """Return the changelog offset behind the last record of each partition."""
        ends: dict[int, int] = {}
        if self._transaction.spoiled_by is not None:
            raise self._transaction.spoiled_by
        self._transaction.begin()
        for share in moved:
            self._transaction.send(share)
            self._log(share.partition, rows[share.partition], ends)
            self._point("logging")
        self._surroundings.ended(TurnStep.CHANGELOG)
        self._point("logged")
        membership = self._membership()
        if _GENERATION.unpack_from(membership, _GENERATION_AT)[0] < 0:
            # The broker does not fence a member without a generation, so the worker must.
            self.abort()
            raise TransactionRefused("this worker is no member of its group at the moment")
        self._transaction.offer(_positions(moved), membership)
        self._point("offered")
        self._transaction.commit()
        self._surroundings.ended(TurnStep.COMMIT)
        self._point("committed")
        return ends

    def _log(self, partition: int, rows: Sequence[Row], ends: dict[int, int]) -> None:
        def delivered(error: KafkaError | None, message: Message) -> None:
            # Aborted records and markers take offsets too: only the broker knows the right one.
            offset = message.offset()
            if error is None and offset is not None:
                ends[partition] = offset + 1

        self._transaction.log(self._changelog, partition, rows, delivered)

    def _recover(self, failure: KafkaException) -> None:
        """Abort what can be tried again; raise what cannot."""
        kind, error = kind_of(failure), error_of(failure)
        if is_unusable(error) or is_unanswered(error):
            self._transaction.suspect(f"{error.name()}: {error.str()}")
            self.abort()
            raise Silent(f"{error.name()}: {error.str()}") from failure
        if error.fatal() or kind in (Reaction.FATAL, Reaction.UNKNOWN):
            raise halt("a checkpoint failed", error) from failure
        self.abort()
        self._surroundings.logger.warning(
            "a transaction was refused and aborted", kind=str(kind), error=error.name()
        )
        if kind in (Reaction.LOST, Reaction.REFUSED):
            raise TransactionRefused(f"{error.name()}: {error.str()}") from failure

    def _settle(
        self, moved: Sequence[Share], rows: dict[int, list[Row]], ends: dict[int, int]
    ) -> None:
        at = int(self._surroundings.now().timestamp())
        counters = self._surroundings.counters
        counters.add(names.CHECKPOINTS, 1)
        for share in moved:
            end = ends.get(share.partition)
            counters.add(names.OUTPUTS, len(share.kept))
            counters.add(names.CHANGES, len(rows[share.partition]))
            for name, count in share.counts.items():
                counters.add(name, count)
            share.settle(
                rows[share.partition],
                None if end is None else StoreMark(topic_id=self._topic_id, offset=end, at=at),
            )
            self._point("written")
        self._point("settled")

    def _point(self, name: str) -> None:
        self._surroundings.failpoint(name)


def _positions(moved: Sequence[Share]) -> list[TopicPartition]:
    """Return the next offset of each source partition that moved."""
    return [
        TopicPartition(topic, share.partition, share.positions[topic])
        for share in moved
        for topic in share.moved
    ]
