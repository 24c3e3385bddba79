"""Rows: what every benchmark tells, in one form, so that runs of years can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

CONSOLE: Final = Console(highlight=False, stderr=True)


class BenchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement; none where a figure does not apply.

    ``cpu_s_per_million`` is user and system time of the worker processes alone; ``peak_mb`` their
    largest resident memory, added up; ``offered`` the records a second of an open loop; ``extra``
    holds what only one benchmark has.
    """

    name: str
    workers: int | None = None
    events: int
    events_per_s: float | None = None
    cpu_s_per_million: float | None = None
    peak_mb: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    offered: float | None = None
    extra: dict[str, float] = {}


YARDSTICK: Final = frozenset({"engine", "unhosted", "bare", "faust"})
RATIOS: Final = {"of bare": "bare", "x faust": "faust"}
FIGURES: Final = ("events_per_s", "cpu_s_per_million", "peak_mb", "p50_ms", "p99_ms")


def middle(rows: Sequence[BenchRow]) -> BenchRow:
    """Return the medians of repetitions of one benchmark."""
    first = rows[0]
    found = {name: _median([getattr(row, name) for row in rows]) for name in FIGURES}
    extra = {name: _median([row.extra.get(name) for row in rows]) or 0.0 for name in first.extra}
    return msgspec.structs.replace(first, extra=extra, **found)


def tell(rows: Sequence[BenchRow]) -> None:
    """Print the rows as a table for people."""
    titles, lines = table([rows])
    drawn = Table(*titles)
    for line in lines:
        drawn.add_row(*line)
    Console(highlight=False, width=160).print(drawn)


def table(sessions: Sequence[Sequence[BenchRow]]) -> tuple[list[str], list[list[str]]]:
    """Return titles and lines for people; columns in which nothing stands are left out.

    Rows are set into relation with those of their own session alone: on another day the same
    machine may be half as fast.
    """
    titles = ["name", "workers", "events", "offered", *FIGURES, *RATIOS, "more"]
    lines = [
        [
            row.name,
            "" if row.workers is None else str(row.workers),
            f"{row.events:,}",
            shown(row.offered),
            *(shown(getattr(row, name)) for name in FIGURES),
            *(shown(ratio(row, rows, other)) for other in RATIOS.values()),
            ", ".join(f"{name} {shown(value)}" for name, value in row.extra.items()),
        ]
        for rows in sessions
        for row in rows
    ]
    filled = [place for place in range(len(titles)) if any(line[place] for line in lines)]
    return (
        [titles[place] for place in filled],
        [[line[place] for place in filled] for line in lines],
    )


def ratio(row: BenchRow, rows: Sequence[BenchRow], other: str) -> float | None:
    """Return how many times as fast a row of the yardstick is as another way of the same run.

    Stock Faust ran with one worker and fewer events; it is compared with any number of ours.
    """
    if row.name not in YARDSTICK or row.events_per_s is None or row.name == other:
        return None
    for each in rows:
        alike = (each.workers, each.events) == (row.workers, row.events) or other == "faust"
        if each.name == other and alike and each.events_per_s:
            return row.events_per_s / each.events_per_s
    return None


def shown(value: float | None) -> str:
    """Return a figure with as many digits as it deserves."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 3) if known else None
