"""Health: what a worker says about itself to whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass

Source = tuple[str, int]  # a topic and a partition of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One look at a worker; instants are of ``time.monotonic``."""

    is_ready: bool
    is_paused: bool
    assigned: tuple[Source, ...]
    restoring: tuple[Source, ...]
    checkpointed_at: float | None
    uncommitted_since: float | None
    waiting: str | None
