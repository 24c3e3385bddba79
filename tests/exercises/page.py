"""The page of exercises: as they were last played, on which machine and when."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from creditbus.bench.history import processor
from tests.exercises.exercise import ROOT, Chapter, Exercise

RECORD: Final = "tests/exercises/played.json"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise as it was played: what was typed, how long it took, what it cost."""

    name: str
    commands: int
    seconds: float
    lost: int
    repeated: int
    stale: int
    unasked_s: float
    unmoved_s: float
    held: bool
    is_over: bool = True
    """Whether it came to its end: one that was broken off says nothing."""

    def sentence(self) -> str:
        """Return a line for a terminal."""
        return (
            f"{self.name:34} {self.commands:2} commands {self.seconds:7.1f} s  "
            f"lost {self.lost}, repeated {self.repeated}, stale {self.stale}; "
            f"no check for {self.unasked_s:.1f} s, no directive for {self.unmoved_s:.1f} s: "
            f"{'held' if self.held else 'NOT HELD'}"
        )


class Record(msgspec.Struct, kw_only=True):
    """What was played last of each exercise."""

    machine: str = ""
    day: str = ""
    played: list[Played] = []


def recorded(path: Path) -> Record:
    """Return what is on record, nothing before the first time."""
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else Record()


def write(path: Path, record: Record, rows: Sequence[Played]) -> None:
    """Put what was played in the place of what was on record of the same exercises."""
    played = {each.name: each for each in record.played} | {each.name: each for each in rows}
    record.machine = f"{os.cpu_count()} cores of {processor()}"
    record.day = f"{datetime.now(UTC).date()}"  # noqa: TID251 - the day on which it was played
    record.played = list(played.values())
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")


COLUMNS: Final = (
    "commands",
    "seconds",
    "no check, s",
    "no directive, s",
    "lost / repeated / stale",
    "",
)


def rows_of(chapter: Chapter) -> list[tuple[str, ...]]:
    """Return a row of the page for each exercise of a chapter, as it was last played."""
    last = {each.name: each for each in recorded(ROOT / RECORD).played}
    return [_row(each, last.get(each.name)) for each in chapter.exercises]


def _row(exercise: Exercise, played: Played | None) -> tuple[str, ...]:
    name = f"`{exercise.name}`"
    told = (name, f"[{exercise.runbook}]({exercise.anchor})", exercise.strikes, exercise.then)
    if played is None:
        return (*told, "", "", "", "", "", "not played yet")
    counts = (played.lost, played.repeated, played.stale)
    return (
        *told,
        str(played.commands),
        f"{played.seconds:.0f}",
        f"{played.unasked_s:.1f}",
        f"{played.unmoved_s:.1f}",
        " / ".join(str(count) for count in counts),
        "held" if played.held else "**not held**",
    )
