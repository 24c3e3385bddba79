"""Tables: a page at a time, in any order, searched whole, however many rows there are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given as drawn
from hypothesis import strategies as st

from creditbus.console.grid import (
    AT_ONCE,
    Cell,
    Column,
    LoggedRows,
    NamedRows,
    Row,
    View,
    as_csv,
    given,
    holds,
    page_of,
)
from creditbus.console.visit import Visit

ZH = Visit("/owed")


def a_row(number: int) -> Row:
    return {"id": Cell(f"row {number}"), "n": Cell(number, small="Ä" if number % 2 else "")}


ROWS = [a_row(number) for number in range(60)]


def numbers(rows: Sequence[Row]) -> list[int]:
    return [int(row["n"].says) for row in rows]


def test_a_page_is_a_part_of_all_and_the_count_is_of_all() -> None:
    found = page_of(ROWS, View(start=50, count=25))
    assert (numbers(found.rows), found.total) == (list(range(50, 60)), 60)


def test_numbers_are_sorted_as_numbers_and_either_way() -> None:
    assert numbers(page_of(ROWS, View(sort_by="n", count=3)).rows) == [0, 1, 2]
    last = View(sort_by="n", descending=True, count=2)
    assert numbers(page_of(ROWS, last).rows) == [59, 58]


def test_a_search_is_of_what_is_said_in_any_case() -> None:
    assert page_of(ROWS, View(search=" ROW 1 ")).total == 11
    assert page_of(ROWS, View(search="ä")).total == 30
    assert page_of(ROWS, View(search="row 99")).total == 0


def test_what_does_not_change_is_read_as_well() -> None:
    assert asyncio.run(given(ROWS).read(View(count=None))).total == 60


class Held:
    """Many rows that are cheap to name, and how many of them were built."""

    def __init__(self, count: int) -> None:
        self.kept = [str(number) for number in range(count)]
        self.built = 0

    async def names(self, least: int | None) -> tuple[Sequence[str], int]:
        return self.kept[:least], len(self.kept)

    async def hold(self, names: Sequence[str], needle: str) -> list[Row]:
        assert len(names) <= AT_ONCE
        self.built += len(names)
        return [row for name in names if holds(row := a_row(int(name)), needle)]


def test_of_a_hundred_thousand_rows_one_page_is_built() -> None:
    held = Held(100_000)
    source = NamedRows(held.names, held.hold)
    found = asyncio.run(source.read(View(start=99_990, count=25)))
    assert (numbers(found.rows), found.total) == (list(range(99_990, 100_000)), 100_000)
    assert held.built == 10
    found = asyncio.run(source.read(View(descending=True, count=2)))
    assert numbers(found.rows) == [99_999, 99_998]


def test_a_search_looks_through_all_of_them_once_for_all_its_pages() -> None:
    held = Held(3 * AT_ONCE)
    source = NamedRows(held.names, held.hold)
    first = asyncio.run(source.read(View(search="row 12", count=5)))
    assert (first.total, held.built) == (111, 3 * AT_ONCE)
    second = asyncio.run(source.read(View(search="row 12", start=5, count=5)))
    assert held.built == 3 * AT_ONCE
    assert not set(numbers(first.rows)) & set(numbers(second.rows))
    asyncio.run(source.read(View(search="row 13")))
    assert held.built == 6 * AT_ONCE


class Logged:
    """A long log, and which parts of it were read."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, int | None]] = []
        self.count = 10_000

    async def part(self, start: int, count: int | None) -> tuple[Sequence[Row], int]:
        self.parts.append((start, count))
        end = None if count is None else start + count
        newest_first = range(self.count)[::-1]
        return [a_row(number) for number in newest_first[start:end]], self.count


def test_of_a_long_log_the_part_that_is_looked_at_is_read_and_nothing_else() -> None:
    log = Logged()
    source = LoggedRows(log.part)
    for _ in range(2):
        found = asyncio.run(source.read(View(start=50, count=25)))
        assert (numbers(found.rows), found.total) == (list(range(9949, 9924, -1)), 10_000)
    assert log.parts == [(50, 25)] * 2
    assert len(asyncio.run(source.read(View(count=None))).rows) == 10_000


def test_a_search_reads_a_long_log_whole_once_until_something_else_has_happened() -> None:
    log = Logged()
    source = LoggedRows(log.part)
    for start in (0, 5, 0):
        found = asyncio.run(source.read(View(search="row 12", start=start, count=5)))
        assert (len(found.rows), found.total) == (5, 111)
    assert log.parts.count((0, None)) == 1
    assert asyncio.run(source.read(View(search="row 10000"))).total == 0
    log.count += 1
    assert numbers(asyncio.run(source.read(View(search="row 10000"))).rows) == [10_000]
    assert {count for _, count in log.parts} == {1, None}


@drawn(st.integers(0, 70), st.integers(1, 40), st.booleans())
def test_pages_together_are_all_rows(start: int, count: int, is_descending: bool) -> None:  # noqa: FBT001
    held = Held(60)
    source = NamedRows(held.names, held.hold)
    whole = asyncio.run(source.read(View(descending=is_descending, count=None)))
    part = asyncio.run(source.read(View(descending=is_descending, start=start, count=count)))
    assert numbers(part.rows) == numbers(whole.rows)[start : start + count]


def test_a_sheet_leaves_the_buttons_out_and_keeps_what_stands_small() -> None:
    columns = [Column("id", "id"), Column("n", "count"), Column("act", "act")]
    rows = [{**a_row(number), "act": Cell("Skip", act="x")} for number in (1, 2)]
    lines = as_csv(ZH, columns, rows).decode("utf-8-sig").splitlines()
    assert lines == ["标识,条数,", "row 1,1,Ä", "row 2,2,"]
