"""Health: what a worker says about itself to whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Source = tuple[str, int]  # a topic and a partition of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A source that waits, because it cannot be read, while the others go on.

    ``partition`` is None when the whole topic is out of reach. ``position`` is the offset that it
    stands at, None when nobody could tell. ``reason`` is stable, ``why`` is for people.
    """

    topic: str
    partition: int | None
    position: int | None
    reason: str
    why: str
    since: datetime

    @property
    def place(self) -> str:
        """Where it stands, as far as that is known."""
        known = (each for each in (self.partition, self.position) if each is not None)
        return "/".join((self.topic, *map(str, known)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One look at a worker.

    ``stalled`` says what has not moved for too long although there is work. ``behind`` is how many
    records each partition has still to decide, markers of transactions included.
    """

    is_ready: bool
    is_paused: bool
    assigned: tuple[Source, ...]
    restoring: tuple[Source, ...]
    waiting: str | None
    stalled: str | None
    behind: Mapping[Source, int]
    parked: tuple[Parked, ...] = ()
