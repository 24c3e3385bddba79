"""Health: what a worker says about itself to whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Source = tuple[str, int]  # a topic and a partition of it


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
