"""The turnstile: sources that bring too much at once are let through piece by piece.

Sources of strangers share what follows them. When one of them brings in a second what the next
worker decides in a minute, everybody else's records wait behind it there. So a job may have a
quota, which says which sources shall wait for a moment: of those nothing is fetched, and what they
brought stays where it lies, in an inbox of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Final, Protocol

from confluent_kafka import Consumer, TopicPartition

from creditbus.engine.health import Source
from creditbus.engine.wayside import Wayside

LOOK_SECONDS: Final = 0.01
PIECE: Final = 250
"""So many records at most are let through between two looks at the quota."""


class Quota(Protocol):
    """Says who brings too much; called by the loop alone."""

    def passed(self, source: Source, records: int) -> None:
        """Take that so many records of a source were let through."""
        ...

    def held(self) -> Collection[Source]:
        """Return the sources of which nothing more is wanted for now."""
        ...


class Turnstile:
    """Which sources of one worker wait for a moment; the loop alone turns it."""

    def __init__(
        self,
        quota: Quota | None,
        wayside: Wayside,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quota = quota
        self._wayside = wayside
        self._clock = clock
        self._looked_at = 0.0
        self._held: frozenset[Source] = frozenset()

    def passed(self, source: Source, records: int) -> None:
        """Note what a source has brought."""
        if self._quota is not None:
            self._quota.passed(source, records)

    def at_once(self, records: int) -> int:
        """Return how many records one fetch may bring: what it brings is let through."""
        return records if self._quota is None else min(records, PIECE)

    def patience(self, seconds: float) -> float:
        """Return how long the loop may wait for a record: no longer than until the next look."""
        return min(seconds, LOOK_SECONDS) if self._held else seconds

    def turn(self, consumer: Consumer, assigned: Collection[Source]) -> None:
        """Hold back who shall wait, and let go who need not any more; asked once a turn."""
        now = self._clock()
        if self._quota is None or now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        # One that is parked is the wayside's to try again, and nobody else's to stop.
        held = frozenset(
            source
            for source in self._quota.held()
            if source in assigned and self._wayside.at(source) is None
        )
        if held:
            # Also those that are held already: whoever resumes all does not know of them.
            consumer.pause([TopicPartition(*source) for source in held])
        free = [
            TopicPartition(*source)
            for source in self._held - held
            if source in assigned and self._wayside.at(source) is None
        ]
        if free:
            consumer.resume(free)
        self._held = held
