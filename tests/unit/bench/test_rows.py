"""Rows: medians, ratios, the table for people, the lines for machines and the history."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from creditbus.bench.history import load, quiet, record
from creditbus.bench.observer import Sighting, percentile, silences
from creditbus.bench.rows import BenchRow, middle, ratio, shown, table


def a_row(name: str, rate: float, workers: int = 1) -> BenchRow:
    """Return a row of the yardstick."""
    return BenchRow(
        name=name, workers=workers, events=1000, events_per_s=rate, extra={"more_s": rate}
    )


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_middle_is_the_median_of_each_figure() -> None:
    found = middle([a_row("engine", 10), a_row("engine", 90), a_row("engine", 20)])

    assert found.events_per_s == 20
    assert found.extra == {"more_s": 20}
    assert found.peak_mb is None


@pytest.mark.parametrize(
    ("row", "other", "expected"),
    [
        (a_row("engine", 50), "bare", 0.5),
        (a_row("engine", 120, workers=2), "bare", 0.8),
        (a_row("engine", 120, workers=2), "faust", 40),
        (a_row("listing", 50), "bare", None),
        (a_row("bare", 100), "bare", None),
        (a_row("engine", 50, workers=3), "bare", None),
    ],
)
def test_ratio_is_to_as_many_workers_of_the_other_way(
    row: BenchRow, other: str, expected: float | None
) -> None:
    rows = [a_row("bare", 100), a_row("bare", 150, workers=2), a_row("faust", 3)]

    assert ratio(row, rows, other) == expected


def test_table_leaves_out_what_nothing_stands_in() -> None:
    titles, lines = table([[a_row("engine", 12_345)]])

    assert titles == ["name", "workers", "events", "events_per_s", "more"]
    assert lines == [["engine", "1", "1,000", "12,345", "more_s 12,345"]]


def test_a_row_is_compared_with_its_own_session_alone() -> None:
    slow, fast = [a_row("engine", 30), a_row("bare", 60)], [a_row("engine", 90), a_row("bare", 100)]

    titles, lines = table([slow, fast])

    place = titles.index("of bare")
    assert [line[place] for line in lines] == ["0.5", "", "0.9", ""]


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.01234, "0.0123"), (99.5, "99.5"), (1234.5, "1,234")]
)
def test_figures_have_the_digits_they_deserve(value: float | None, text: str) -> None:
    assert shown(value) == text


def test_history_grows_and_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "bench" / "history.ndjson"
    assert load(path) == []

    record([a_row("engine", 1)], Noon(), path)
    record([a_row("bare", 2)], Noon(), path)

    entries = load(path)
    assert [entry.row.name for entry in entries] == ["engine", "bare"]
    assert entries[0].day == "2026-06-01"
    assert entries[0].cores > 0
    assert entries[0].versions.keys() >= {"python", "rocksdict"}


@pytest.mark.parametrize(("others", "is_kept"), [(None, False), (0.5, True), (0.51, False)])
def test_rows_of_a_busy_machine_are_not_for_the_history(
    others: float | None,
    *,
    is_kept: bool,
) -> None:
    extra = {} if others is None else {"others_cores": others}
    row = msgspec.structs.replace(a_row("engine", 1), extra=extra)

    assert bool(quiet([row])) is is_kept


def test_percentile_counts_from_below() -> None:
    values = [float(number) for number in range(100, 0, -1)]

    assert percentile(values, 0.5) == 50.5
    assert round(percentile(values, 0.99), 2) == 99.01
    assert percentile([3.0], 0.99) == 3


def test_silence_is_the_longest_gap_that_ends_after_the_instant() -> None:
    seen = [Sighting(0, at, 1.0) for at in (0.0, 5.0, 6.0, 8.0)] + [Sighting(1, 9.0, 1.0)]

    assert silences(seen, since=6.0) == {0: 2.0}
