"""Membership: what the group gives a worker and takes from it.

Partitions are restored in the background and begin when they are ready; those that already run are
not held up. A cooperative member therefore begins each partition by itself; an eager one must name
its whole assignment again each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from creditbus.engine.checkpoint import Checkpoint
from creditbus.engine.failures import (
    Halt,
    Silent,
    TransactionRefused,
    Undecided,
    error_of,
    is_of_source,
)
from creditbus.engine.health import Source
from creditbus.engine.restore import Restore, RestoreGround
from creditbus.engine.shares import Share, ShareKey, share_key
from creditbus.engine.wayside import Wayside

_PAUSE_SECONDS = 0.05


class Membership:
    """The shares a worker owns, those that are still being restored, and the group's callbacks."""

    def __init__(self, ground: RestoreGround, checkpoint: Checkpoint, wayside: Wayside) -> None:
        self._ground = ground
        self._checkpoint = checkpoint
        self.wayside = wayside
        self._running: dict[ShareKey, Share] = {}
        self._restoring: dict[ShareKey, Restore] = {}
        self._ready: SimpleQueue[Restore] = SimpleQueue()
        self._doubtful: set[Source] = set()
        self.is_in_doubt = False
        self.is_decided = False
        self.assigned: tuple[Source, ...] = ()
        self.restoring: tuple[Source, ...] = ()

    @property
    def shares(self) -> list[Share]:
        """The shares that run."""
        return list(self._running.values())

    def share_of(self, source: Source) -> Share | None:
        """Return the running share that reads the source, None when it was taken away meanwhile."""
        return self._running.get(self._key(source))

    def join(self, consumer: Consumer) -> None:
        """Join the group."""
        consumer.subscribe(
            list(self._ground.job.sources),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def leave(self, consumer: Consumer) -> None:
        """Leave the group after a last checkpoint, so that it gives the partitions to others.

        A static member's close leaves nothing; an end of its subscription does.
        """
        consumer.unsubscribe()
        while self.assigned:
            consumer.poll(_PAUSE_SECONDS)

    def begin_ready(self, consumer: Consumer) -> None:
        """Begin with the shares whose restore is complete."""
        while True:
            try:
                restore = self._ready.get_nowait()
            except Empty:
                return
            begun = restore.hand_over()
            self._ground.surroundings.failpoint("begins")
            for key, share in begun.items():
                self._restoring.pop(key, None)
                self._running[key] = share
            self._set_unplaced_aside(consumer, restore)
            self._note()
            if begun and self._ground.job.is_eager:
                consumer.assign(_places(self._running.values()))
            elif begun:
                consumer.incremental_assign(_places(begun.values()))
            sources = [source for share in begun.values() for source in share.sources]
            self.wayside.forget(sources)
            # The client's pause outlives a partition's assignment (librdkafka issue 1849): whoever
            # was held or parked when it went to another worker would wait for good when it is back.
            consumer.resume([TopicPartition(*source) for source in sources])
            for share in begun.values():
                self._ground.surroundings.logger.info(
                    "a partition begins", partition=share.partition, positions=share.positions
                )

    def _set_unplaced_aside(self, consumer: Consumer, restore: Restore) -> None:
        for source, error in restore.unplaced.items():
            if self._restoring.pop(self._key(source), None) is restore:
                self.wayside.park(consumer, source, None, error)

    def doubt(self) -> None:
        """Believe no share any more: whether what it did is committed is not known."""
        self.is_in_doubt = True

    def drop_doubtful(self, consumer: Consumer) -> None:
        """Let go of the shares in doubt; none of what they hold may be decided on or committed."""
        doubtful = list(self._running)
        self._doubtful.update(source for key in doubtful for source in self._running[key].sources)
        self._release(doubtful, at=None)
        if not doubtful:
            return
        if self._ground.job.is_eager:
            consumer.assign([])
        else:
            held = [place for place in _held(consumer) if place in self._doubtful]
            consumer.incremental_unassign([TopicPartition(*place) for place in held])

    def bring_back_doubtful(self) -> None:
        """Restore the shares in doubt from what the broker has kept of them."""
        sources = sorted(self._doubtful.intersection(self.assigned))
        self._doubtful.clear()
        self.is_in_doubt = False
        self._restore(sources)

    def set_aside(self, consumer: Consumer, share: Share, error: KafkaError) -> None:
        """Drop what a share did, because the broker takes no position of its source."""
        sources = share.sources
        # First of all: what waits is not being restored, and the worker is ready meanwhile.
        for source in sources:
            self.wayside.park(consumer, source, None, error)
        self._release([self._key(source) for source in sources], at=None)
        consumer.incremental_unassign([TopicPartition(*source) for source in sources])

    def place_again(self, sources: Sequence[Source]) -> None:
        """Ask once more where sources begin of which that could not be told."""
        if wanted := [source for source in sources if source in self.assigned]:
            self._restore(wanted)

    def close(self) -> None:
        """Let go of everything; what is not committed is done again by the next owner."""
        self._release([*self._running, *self._restoring], at=None)
        self._ground.asker.close()

    def _on_assign(self, consumer: Consumer, places: Sequence[TopicPartition]) -> None:
        with self._ground.alarm:
            if self._ground.job.is_eager:
                consumer.assign([])
            else:
                consumer.incremental_assign([])
            sources = [(place.topic, place.partition) for place in places]
            self.assigned = tuple(sorted({*self.assigned, *sources}))
            self._restore(sources)
            self.is_decided = True
            self._ground.alarm.answered()

    def _restore(self, sources: Sequence[Source]) -> None:
        job = self._ground.job
        if not job.tables:
            self._start([sources] if sources else [])
        else:
            halves: dict[int, list[Source]] = {}
            for source in sources:
                halves.setdefault(source[1], []).append(source)
            for partition, found in halves.items():
                check_halves(partition, [topic for topic, _ in found], job.sources)
            self._start(list(halves.values()))
        self._note()

    def _start(self, groups: Sequence[Sequence[Source]]) -> None:
        for sources in groups:
            restore = Restore(self._ground, sources, self._ready)
            for key in restore.keys:
                self._restoring[key] = restore

    def _on_revoke(self, consumer: Consumer, places: Sequence[TopicPartition]) -> None:
        alarm, surroundings = self._ground.alarm, self._ground.surroundings
        at: int | None = None
        with alarm:
            surroundings.failpoint("revoking")
            if not alarm.is_raised:
                try:
                    self._checkpoint.take(self.shares)
                    at = int(surroundings.now().timestamp())
                except (TransactionRefused, Silent, Undecided) as refused:
                    surroundings.logger.warning(
                        "a last checkpoint was refused; the next owner does that work again",
                        reason=str(refused),
                    )
                    self.is_in_doubt |= isinstance(refused, Undecided)
                except Halt as halted:
                    if not (self._ground.job.may_wait and is_of_source(halted)):
                        raise
                    self._checkpoint.abort()
            surroundings.failpoint("released")
        self._part(consumer, places, at)

    def _on_lost(self, consumer: Consumer, places: Sequence[TopicPartition]) -> None:
        self._ground.surroundings.logger.warning(
            "the group took partitions away without asking; uncommitted work is dropped",
            partitions=len(places),
        )
        with self._ground.alarm:
            self._ground.surroundings.failpoint("lost")
            self._checkpoint.abandon()
        self._part(consumer, places, None)

    def _part(self, consumer: Consumer, places: Sequence[TopicPartition], at: int | None) -> None:
        with self._ground.alarm:
            sources = {(place.topic, place.partition) for place in places}
            self._doubtful -= sources
            self._release({self._key(source) for source in sources}, at)
            self._ground.surroundings.failpoint("parted")
            self.assigned = tuple(source for source in self.assigned if source not in sources)
            if self._ground.job.is_eager:
                consumer.unassign()
            else:
                consumer.incremental_unassign(
                    [TopicPartition(*place) for place in _held(consumer) if place in sources]
                )

    def _release(self, keys: Iterable[ShareKey], at: int | None) -> None:
        dropped = []
        for key in keys:
            share = self._running.pop(key, None)
            if share is not None:
                share.close(at)
            restore = self._restoring.pop(key, None)
            if restore is not None:
                restore.drop(key)
                dropped.append(restore)
        for restore in dropped:
            restore.join()
        self._note()

    def _note(self) -> None:
        unplaced = self.wayside.unplaced
        self.restoring = tuple(
            source
            for source in self.assigned
            if self._key(source) not in self._running and source not in unplaced
        )

    def _key(self, source: Source) -> ShareKey:
        return share_key(source, has_tables=bool(self._ground.job.tables))


def check_halves(partition: int, arrived: Sequence[str], sources: Sequence[str]) -> None:
    """Stop unless the partition of every source topic has come to this worker."""
    missing = sorted(set(sources) - set(arrived))
    if missing:
        raise Halt(
            f"partition {partition} of {', '.join(missing)} went to another worker than the rest",
            "let all workers of the application read the same topics",
        )


def _held(consumer: Consumer) -> list[Source]:
    """Return what the client reads; nothing any more when it is about to go."""
    try:
        return [(place.topic, place.partition) for place in consumer.assignment()]
    except KafkaException as failure:
        if error_of(failure).code() == KafkaError._DESTROY:
            return []
        raise


def _places(shares: Iterable[Share]) -> list[TopicPartition]:
    return [
        TopicPartition(topic, share.partition, position)
        for share in shares
        for topic, position in share.positions.items()
    ]
