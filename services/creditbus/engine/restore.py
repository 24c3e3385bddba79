"""Restores: bring shares to where the group stands, on a thread of their own.

The order is the proof: first the group's offsets (which waits for the old owner's open
transaction), then the changelog's end, then its committed records up to that end. After that the
position in the state must be the group's offset; if it is not, something outside the engine moved
one of the two, and only a person can say which is right.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.engine import offsets
from creditbus.engine import surroundings as names
from creditbus.engine.alarm import Alarm
from creditbus.engine.changelog import Stretch, follow, open_store
from creditbus.engine.failures import (
    Halt,
    Reaction,
    error_of,
    halt,
    hindrance_of,
    kind_of,
)
from creditbus.engine.health import Source
from creditbus.engine.job import Job
from creditbus.engine.layout import Layout
from creditbus.engine.shares import Share, ShareKey, share_key
from creditbus.engine.storage import Storage
from creditbus.engine.store import Store
from creditbus.engine.surroundings import Surroundings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreGround:
    """What every restore of a worker stands on."""

    job: Job[Any]
    storage: Storage
    layout: Layout
    admin: AdminClient
    asker: Consumer
    reader: Callable[[], Consumer]
    alarm: Alarm
    surroundings: Surroundings


class _Unplaced(Exception):
    """The broker does not tell where one of the sources begins."""

    def __init__(self, error: KafkaError) -> None:
        super().__init__(error.str())
        self.error = error


class Restore:
    """One thread that brings back the shares of some sources and hands them over.

    With tables the sources are one partition's; without, all that were assigned at once. Those of
    which the broker would not tell where to begin are ``unplaced``, with what it said.
    """

    def __init__(
        self, ground: RestoreGround, sources: Sequence[Source], ready: SimpleQueue[Restore]
    ) -> None:
        self._ground = ground
        self._sources = list(sources)
        self._ready = ready
        has_tables = bool(ground.job.tables)
        self._wanted = {share_key(source, has_tables=has_tables) for source in sources}
        self._over = threading.Event()
        self.shares: dict[ShareKey, Share] = {}
        self.unplaced: dict[Source, KafkaError] = {}
        threading.Thread(target=self._run, name="restore", daemon=True).start()

    @property
    def keys(self) -> set[ShareKey]:
        """The shares that are still wanted of this restore."""
        return set(self._wanted)

    def drop(self, key: ShareKey) -> None:
        """Want one share no longer; with the last one the thread ends."""
        self._wanted.discard(key)

    def join(self) -> None:
        """Wait, not for long, until a dropped restore has let go of its store."""
        if not self._wanted and self._over.wait(10):
            self.hand_over()

    def hand_over(self) -> dict[ShareKey, Share]:
        """Return the restored shares that are wanted and close the others."""
        for key in set(self.shares) - self._wanted:
            self.shares.pop(key).close()
        return self.shares

    def _run(self) -> None:
        started = time.perf_counter()
        try:
            with self._ground.alarm:
                self._bring_back()
            if not self._wanted:
                self.hand_over()
        finally:
            self._over.set()
        self._ground.surroundings.counters.observe(
            names.RESTORE_SECONDS, time.perf_counter() - started
        )
        self._ready.put(self)

    def _bring_back(self) -> None:
        if self._ground.job.tables:
            if (places := self._places(self._sources)) is not None:
                self._rebuild(self._sources[0][1], *places)
        else:
            self._place(self._sources)
        self._point("restored")

    def _place(self, sources: list[Source]) -> None:
        """Begin where the group stands; of several that cannot be placed together, each alone."""
        try:
            places = self._places(sources)
        except _Unplaced as refused:
            if len(sources) == 1:
                self.unplaced[sources[0]] = refused.error
                return
            for source in sources:
                self._place([source])
            return
        if places is not None:
            stands, starts = places
            for source, offset in stands.items():
                place = starts[source] if offset is None else offset
                self.shares[source] = Share(source[1], {source[0]: place})

    def _places(
        self, sources: list[Source]
    ) -> tuple[dict[Source, int | None], dict[Source, int]] | None:
        """Return where the group stands and, where it stands nowhere, where the log begins."""
        asker = self._ground.asker
        stands = self._ask(lambda: offsets.committed(asker, sources))
        if stands is None:
            return None
        starts = self._starts([source for source, offset in stands.items() if offset is None])
        return None if starts is None else (stands, starts)

    def _rebuild(
        self, partition: int, stands: dict[Source, int | None], starts: dict[Source, int]
    ) -> None:
        ground = self._ground
        stretch = self._stretch(partition)
        if stretch is None:
            return
        self._point("asked")
        store = open_store(ground.storage, stretch, ground.surroundings.logger)
        try:
            self._point("opened")
            tables, alarm = ground.job.tables, ground.alarm
            if follow(ground.reader, store, stretch, tables=tables, go_on=self._go_on, alarm=alarm):
                for source, offset in stands.items():
                    check_agreement(source, offset, store)
                positions = {
                    source[0]: starts[source] if offset is None else offset
                    for source, offset in stands.items()
                }
                job = ground.job
                share = Share(partition, positions, store, job.tables, job.onlooker)
                self.shares["", partition] = share
        finally:
            if not self.shares:
                store.close()

    def _stretch(self, partition: int) -> Stretch | None:
        admin, topic = self._ground.admin, self._ground.job.changelog
        source = (topic, partition)
        end = self._ask(lambda: offsets.log_ends(admin, [source])[source])
        starts = self._starts([source])
        if end is None or starts is None:
            return None
        return Stretch(
            topic=topic,
            partition=partition,
            start=starts[source],
            end=end,
            layout=self._ground.layout,
            at=int(self._ground.surroundings.now().timestamp()),
        )

    def _starts(self, sources: list[Source]) -> dict[Source, int] | None:
        if not sources:
            return {}
        return self._ask(lambda: offsets.log_starts(self._ground.admin, sources))

    def _ask(self, call: Callable[[], T]) -> T | None:
        """Ask until the broker answers; None when nothing is wanted any more."""
        while self._wanted:
            try:
                answer = call()
            except KafkaException as failure:
                error = error_of(failure)
                if kind_of(failure) not in (Reaction.SILENT, Reaction.RETRY):
                    if self._ground.job.may_wait and hindrance_of(error) is not None:
                        raise _Unplaced(error) from failure
                    raise halt("a restore failed", error) from failure
                self._ground.alarm.hear(error)
                time.sleep(0.05)
            else:
                self._ground.alarm.answered()
                return answer
        return None

    def _go_on(self, records: int) -> bool:
        self._ground.surroundings.counters.add(names.RESTORED, records)
        if records:
            self._point("followed")
        return bool(self._wanted)

    def _point(self, name: str) -> None:
        self._ground.surroundings.failpoint(name)


def check_agreement(source: Source, committed: int | None, store: Store) -> None:
    """Stop unless group and state stand at the same place, or both at the very start."""
    topic, partition = source
    position = store.position(topic)
    if position == committed:
        return
    if committed is None:
        happened = f"the state stands at {topic}/{partition}/{position}, its group at no offset"
    else:
        stands = "at no offset" if position is None else f"at {position}"
        happened = f"the group stands at {topic}/{partition}/{committed}, the state {stands}"
    raise Halt(
        happened,
        "somebody deleted or moved the group's offsets or the changelog: put them back, or replay"
        " the sources under a new application id",
    )
