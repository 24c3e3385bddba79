"""The loop: fetch, decide, keep, and a checkpoint when the rhythm says so."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from creditbus.engine import surroundings as names
from creditbus.engine.alarm import Alarm
from creditbus.engine.checkpoint import Checkpoint
from creditbus.engine.failures import (
    EngineFailure,
    Halt,
    Reaction,
    Silent,
    SliceFailed,
    TransactionRefused,
    Undecided,
    error_of,
    halt,
    hindrance_of,
    is_of_source,
    kind_of,
)
from creditbus.engine.health import Parked, Source
from creditbus.engine.hold import Hold
from creditbus.engine.job import Job
from creditbus.engine.lags import STALLED_SECONDS
from creditbus.engine.membership import Membership
from creditbus.engine.rhythm import Rhythm
from creditbus.engine.shares import Share
from creditbus.engine.slices import FetchFault, check_fetch, cut, offset_of, unread
from creditbus.engine.surroundings import Surroundings, TurnStep
from creditbus.engine.transaction import Transaction
from creditbus.engine.turnstile import Turnstile
from creditbus.engine.values import Produced, Slice, Unreadable
from creditbus.engine.wayside import Skip, unseen

FETCH = 4000
LOOK_SECONDS = 1.0  # between two looks for a broker that was away
MEND_SECONDS = 0.5  # how long one try for a new line may take from the group's own calls
REFUSED_SECONDS = 30.0  # how long the group may refuse before a person should know


class Loop:
    """One worker's turns, from the fetch to the checkpoint."""

    def __init__(
        self,
        job: Job[Any],
        consumer: Consumer,
        *,
        transaction: Transaction,
        checkpoint: Checkpoint,
        membership: Membership,
        surroundings: Surroundings,
    ) -> None:
        self._wayside = membership.wayside
        self._job = job
        self._consumer = consumer
        self._transaction = transaction
        self._checkpoint = checkpoint
        self._membership = membership
        self._surroundings = surroundings
        self._rhythm = Rhythm()
        self._turnstile = Turnstile(job.quota, membership.wayside)
        self._looked_at = 0.0
        self._is_broken = False

    def turn(self, alarm: Alarm, hold: Hold) -> None:
        """Fetch once, decide what came, and take a checkpoint if it is time."""
        self._mend(alarm)
        self._membership.begin_ready(self._consumer)
        self._look_aside(alarm)
        self._turnstile.turn(self._consumer, self._membership.assigned)
        # After all who let a source go: a worker that is to stand still reads nothing at all.
        hold.obey(self._consumer)
        first = self._consumer.poll(self._turnstile.patience(self._rhythm.patience()))
        self._surroundings.ended(TurnStep.WAIT)
        alarm.check()
        # A last checkpoint before a rebalance may have ended undecided, inside of the poll.
        if self._membership.is_in_doubt:
            return
        if first is not None:
            most = self._turnstile.at_once(FETCH)
            # While the broker refuses, only as much is read as a poll cannot avoid.
            more = [] if self._is_held_up else self._consumer.consume(most - 1, 0)
            self._surroundings.ended(TurnStep.FETCH)
            alarm.check()
            self._rhythm.fetched(1 + len(more), most)
            self._decide([first, *more], alarm)
        elif alarm.waiting:
            self._look_for_broker(alarm)
        self._transaction.serve()
        if self._is_due(nothing_waits=first is None):
            self.commit(alarm)
        alarm.check()

    def stalled(self) -> str | None:
        """Return what takes too long in this loop, if anything; asked from any thread."""
        turn = time.perf_counter() - self._surroundings.laps.at
        if turn > STALLED_SECONDS:
            return f"one step has taken {turn:.0f} s"
        if (age := self._rhythm.uncommitted_seconds) > STALLED_SECONDS:
            return f"what was decided {age:.0f} s ago is not committed"
        return None

    def commit(self, alarm: Alarm) -> None:
        """Take a checkpoint; when the group refuses it, keep everything for the next try."""
        self._is_broken = False
        self._rhythm.began()
        try:
            self._take()
        except TransactionRefused as refused:
            self._defer(refused)
            return
        except Silent as silent:
            self._surroundings.logger.warning(
                "the broker left a transaction unanswered; it is done again", why=str(silent)
            )
            return
        except Undecided as undecided:
            self._surroundings.logger.warning(
                "the broker left a commit unanswered; what it kept is read again",
                why=str(undecided),
            )
            self._membership.doubt()
            return
        alarm.answered()
        self._rhythm.committed()

    def _take(self) -> None:
        """Take the checkpoint of all; when a source may be what the broker refuses, of each."""
        shares = [share for share in self._membership.shares if share.moved]
        try:
            self._checkpoint.take(shares)
        except Halt as halted:
            if not (self._job.may_wait and is_of_source(halted)):
                raise
            self._checkpoint.abort()
            refused: list[tuple[Share, KafkaError]] = []
            for share in shares:
                try:
                    self._checkpoint.take([share])
                except Halt as again:
                    if not is_of_source(again):
                        raise
                    self._checkpoint.abort()
                    refused.append((share, again.error))  # type: ignore[arg-type]
            if len(refused) == len(shares) and not all(map(self._is_out_of_reach, shares)):
                # No source alone: it may be what is written.
                raise
            for share, error in refused:
                self._membership.set_aside(self._consumer, share, error)

    def _is_out_of_reach(self, share: Share) -> bool:
        """Return whether the broker says of a share's source itself that it cannot be read."""
        (topic, _), *_ = share.sources
        with suppress(KafkaException):
            known = self._consumer.list_topics(topic, timeout=LOOK_SECONDS).topics[topic]
            return known.error is not None and hindrance_of(known.error) is not None
        return False

    @property
    def waiting(self) -> str | None:
        """Why nothing can be committed, if that is so; asked from any thread."""
        return self._transaction.doubt

    @property
    def _is_held_up(self) -> bool:
        return self._rhythm.is_refused or self._transaction.doubt is not None

    def _mend(self, alarm: Alarm) -> None:
        """After a silence, go on with a new line, and then with what the broker has kept."""
        if (doubt := self._transaction.doubt) is not None:
            try:
                self._transaction.mend(MEND_SECONDS)
            except KafkaException as failure:
                if kind_of(failure) not in (Reaction.SILENT, Reaction.RETRY):
                    raise halt("the worker cannot go on", error_of(failure)) from failure
                alarm.wait(f"the broker does not answer: {doubt}")
            else:
                alarm.answered()
                self._surroundings.logger.info("the broker answers again", had=doubt)
        if self._membership.is_in_doubt:
            self._membership.drop_doubtful(self._consumer)
            self._rhythm.emptied()
            if self._transaction.doubt is None:
                self._membership.bring_back_doubtful()

    def _look_for_broker(self, alarm: Alarm) -> None:
        """Find out whether the broker is back: nothing else would tell an idle worker."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        with suppress(KafkaException):
            self._consumer.list_topics(self._job.sources[0], timeout=LOOK_SECONDS / 2)
            alarm.answered()

    def _is_due(self, *, nothing_waits: bool) -> bool:
        if self._transaction.doubt is not None:
            return False
        shares = self._membership.shares
        if not any(share.moved for share in shares):
            # What was uncommitted went with a revoke or a loss.
            self._rhythm.emptied()
            return False
        self._rhythm.decided()
        if nothing_waits or self._is_broken:
            return True
        return self._rhythm.is_due(sum(share.records for share in shares))

    def _defer(self, refused: TransactionRefused) -> None:
        self._rhythm.refused()
        if self._rhythm.refused_seconds > REFUSED_SECONDS:
            raise Halt(
                f"the group refuses this worker for {REFUSED_SECONDS:.0f} s: {refused}",
                "start the worker again; nothing of it was committed",
            ) from refused

    def _look_aside(self, alarm: Alarm) -> None:
        """Try again what is parked, and skip of it what a person asked to be skipped."""
        is_silent = alarm.waiting is not None or self._is_held_up
        due = self._wayside.try_again(self._consumer, is_silent=is_silent)
        self._membership.place_again(due)
        for skip in self._wayside.skips:
            share = self._membership.share_of(skip.source)
            parked = self._wayside.at(skip.source)
            if share is None or (parked is None and share.positions[skip.topic] == skip.start):
                continue  # it will be here in a moment, or with another worker
            if parked and self._wayside.allows(skip) and share.positions[skip.topic] == skip.start:
                self._skip(share, skip, parked)
            elif not share.moved:
                self._wayside.settle(skip)

    def _skip(self, share: Share, skip: Skip, parked: Parked) -> None:
        """Bury unseen what a person says, and go on behind it, all in the next transaction."""
        offsets = range(skip.start, skip.through + 1)
        buried = [self._bury(unseen(skip.source, offset, parked)) for offset in offsets]
        share.keep(buried, {}, {})
        share.advance(skip.topic, skip.through + 1, len(buried))
        self._surroundings.failpoint("skipped")
        self._send(share)
        self._count(skip.topic, len(buried), len(buried))
        self._wayside.skipped(self._consumer, skip.source, skip.through + 1)

    def _decide(self, messages: Sequence[Message], alarm: Alarm) -> None:
        slices, faults = cut(messages)
        aside = [fault for fault in faults if self._wayside.takes(fault.topic, fault.error)]
        for fault in faults:
            if fault not in aside:
                self._hear(fault, alarm)
        self._foresee(slices)
        for source, records in slices.items():
            share = self._membership.share_of(source)
            if share is not None:
                alarm.answered()
                new = unread(records, share.positions[source[0]])
                if new:
                    self._wayside.heard(source)
                    with _placed(source, new):
                        self._decide_slice(share, source, new)
                if not self._rhythm.is_light and self._is_due(nothing_waits=False):
                    # What one fetch brought may be a day's work for every partition.
                    self.commit(alarm)
        # Behind what came before: the position is that of the first record that cannot be read.
        for fault in aside:
            self._park(fault)

    def _foresee(self, slices: Mapping[Source, Sequence[Message]]) -> None:
        """Let the job ask what it must ask elsewhere about all of them at once."""
        if self._job.foresee is not None and slices:
            self._job.foresee([record for records in slices.values() for record in records])

    def _hear(self, fault: FetchFault, alarm: Alarm) -> None:
        share = self._membership.share_of(fault.source)
        rule = check_fetch(fault, None if share is None else share.positions[fault.source[0]])
        alarm.hear(fault.error)
        if rule.kind is Reaction.LOST:
            self._surroundings.logger.warning(rule.advice, error=fault.error.str())

    def _park(self, fault: FetchFault) -> None:
        """Let a source wait; of a topic without partitions the roll call tells."""
        share = self._membership.share_of(fault.source)
        if share is not None:
            position = share.positions[fault.source[0]]
            self._wayside.park(self._consumer, fault.source, position, fault.error)

    def _decide_slice(self, share: Share, source: Source, records: Sequence[Message]) -> None:
        topic, partition = source
        ended = self._surroundings.ended
        columns, unreadable = self._job.read(records)
        buried = [self._bury(record) for record in unreadable]
        ended(TurnStep.READ)
        if len(unreadable) < len(records):
            outcome = self._job.decide(
                Slice(topic=topic, partition=partition, columns=columns), share.overlay
            )
            ended(TurnStep.DECIDE)
            written = list(map(self._job.write, outcome.outputs))
            share.keep(buried + written, outcome.changes, outcome.counts)
            ended(TurnStep.WRITE)
        else:
            share.keep(buried, {}, {})
        share.advance(topic, offset_of(records[-1]) + 1, len(records))
        self._surroundings.failpoint("sliced")
        self._send(share)
        ended(TurnStep.PRODUCE)
        self._surroundings.failpoint("sent")
        self._count(topic, len(records), len(unreadable))
        self._turnstile.passed(source, len(records))

    def _send(self, share: Share) -> None:
        """Produce ahead of the checkpoint; if that fails, the checkpoint comes at once.

        The share keeps its records, and the checkpoint knows which failures can be mended.
        """
        try:
            self._transaction.send(share)
        except KafkaException:
            self._is_broken = True
        except Silent:
            return  # the share keeps them for the next line

    def _bury(self, record: Unreadable) -> Produced:
        if self._job.bury is None:
            raise Halt(
                f"the record at {record.position} cannot be read: {record.reason}: {record.detail}",
                "mend its writer and replay, or give this job a place for dead letters",
            )
        return self._job.bury(record)

    def _count(self, topic: str, records: int, unreadable: int) -> None:
        self._surroundings.counters.add(names.RECORDS, records - unreadable, topic=topic)
        if unreadable:
            self._surroundings.counters.add(names.UNREADABLE, unreadable, topic=topic)


@contextmanager
def _placed(source: Source, records: Sequence[Message]) -> Iterator[None]:
    """Say of what a service's own code raises at which records it was."""
    try:
        yield
    except (EngineFailure, KafkaException):
        raise
    except Exception as failure:
        first, last = offset_of(records[0]), offset_of(records[-1])
        raise SliceFailed(
            f"{source[0]}/{source[1]} cannot be decided at {first} to {last}:"
            f" {type(failure).__name__}: {failure}"
        ) from failure
