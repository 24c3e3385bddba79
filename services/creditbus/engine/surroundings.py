"""Surroundings: what a worker is given: its clock, counters, logger and failpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from creditbus.engine.failpoints import Failpoint, unharmed

# What the engine counts, beside the counts of the outcomes.
RECORDS = "engine_records"  # records decided, by topic
UNREADABLE = "engine_unreadable"  # records whose bytes were no event, by topic
OUTPUTS = "engine_outputs"  # records produced for others
CHANGES = "engine_changes"  # rows written to changelog and store
CHECKPOINTS = "engine_checkpoints"  # transactions committed
ABORTS = "engine_aborts"  # transactions aborted
RESTORED = "engine_restored"  # changelog records read to bring a partition back
# What it times, in seconds.
CHECKPOINT_SECONDS = "engine_checkpoint_seconds"
RESTORE_SECONDS = "engine_restore_seconds"
STEP_SECONDS = "engine_step_seconds"  # by step of a turn


class TurnStep(StrEnum):
    """The steps of a turn, in their order."""

    WAIT = "wait"  # for a first record, and whatever is no other step
    FETCH = "fetch"
    READ = "read"
    DECIDE = "decide"
    WRITE = "write"
    PRODUCE = "produce"
    CHANGELOG = "changelog"
    COMMIT = "commit"
    STORE = "store"


class Counters(Protocol):
    """Where counts and durations go."""

    def add(self, name: str, value: float, **labels: str) -> None:
        """Add to a count."""
        ...

    def observe(self, name: str, seconds: float) -> None:
        """Note one duration."""
        ...


class Logger(Protocol):
    """Where sentences go; structlog's bound loggers fit."""

    def info(self, event: str, **fields: object) -> object:
        """Say something that is as it should be."""
        ...

    def warning(self, event: str, **fields: object) -> object:
        """Say something that a person may want to look at."""
        ...

    def error(self, event: str, **fields: object) -> object:
        """Say something that a person must look at."""
        ...


class Laps:
    """Where the loop is: all its time goes to one step or another, at one look at the clock each.

    ``at`` is when the last step ended, by ``time.perf_counter``; anybody may look.
    """

    def __init__(self) -> None:
        self.at = time.perf_counter()

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        before, self.at = self.at, time.perf_counter()
        return self.at - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every part of one worker shares."""

    counters: Counters
    logger: Logger
    now: Callable[[], datetime]
    failpoint: Failpoint = unharmed
    laps: Laps = field(default_factory=Laps)

    def ended(self, step: TurnStep) -> None:
        """Count the time since the last step ended for this one."""
        self.counters.add(STEP_SECONDS, self.laps.lap(), step=step)
