"""Grid: the rows of a table before they are shown, and what of them is wanted at a time.

The browser is given one page, so that a table of 100,000 rows is no slower than one of a hundred:
searching, sorting and counting are done here, or by whoever holds the rows.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from creditbus.console.visit import Visit

ROWS_A_PAGE: Final = 25
AT_ONCE: Final = 1000
"""How many rows are built between two looks at whatever else there is to do."""

SEARCH_AGAIN_S: Final = 60.0
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key of its cells, and the word over it; one that ``keeps`` has one line."""

    name: str
    word: str
    is_number: bool = False
    is_sortable: bool = True
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, where it leads, what stands small below it, and how it is marked.

    With ``act`` it is a button, and that is what the button is about. ``order`` is what it is
    sorted by, where that is not what it says.
    """

    says: str | int
    to: str = ""
    small: str = ""
    mark: str = ""
    act: str = ""
    order: float | None = None


Row = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class View:
    """What of a table is wanted: the rows that hold ``search``, in an order, from ``start`` on.

    ``count`` none wants all of them.
    """

    search: str = ""
    sort_by: str = ""
    descending: bool = False
    start: int = 0
    count: int | None = ROWS_A_PAGE


@dataclass(frozen=True, slots=True)
class TablePage:
    """Some rows of a table, and how many there are of all that were looked for."""

    rows: Sequence[Row]
    total: int


class RowSource(Protocol):
    """Whoever holds a table's rows."""

    async def read(self, view: View) -> TablePage:
        """Return what is wanted of the rows; raises ``Unavailable``."""


Read = Callable[[], Awaitable[Sequence[Row]]]


@dataclass(slots=True)
class WholeRows:
    """A source that is read whole and looked through here: for some hundreds of rows."""

    whole: Read

    async def read(self, view: View) -> TablePage:
        """Return the wanted rows of all of them."""
        return page_of(await self.whole(), view)


@dataclass(slots=True)
class NamedRows:
    """A source of which the names are cheap and the rows are not: for 100,000 of them.

    ``names`` returns them in the order in which they are shown, all or at least so many, and how
    many there are; ``hold`` returns the rows of those that are still there, of a search at least
    those that hold its text. What a search has found is looked for again after a while only.
    """

    names: Callable[[int | None], Awaitable[tuple[Sequence[str], int]]]
    hold: Callable[[Sequence[str], str], Awaitable[Sequence[Row]]]
    _needle: str = ""
    _found: Sequence[Row] = ()
    _found_at: float = float("-inf")

    async def read(self, view: View) -> TablePage:
        """Return the wanted rows, in the names' order or in its reverse."""
        needle = view.search.strip().casefold()
        if needle:
            found = await self._search(needle)
            rows = found[::-1] if view.descending else found
            return TablePage(rows[view.start : _end(view)], len(rows))
        names, total = await self.names(None if view.descending else _end(view))
        names = names[::-1] if view.descending else names
        return TablePage(await self._held(names[view.start : _end(view)]), total)

    async def _search(self, needle: str) -> Sequence[Row]:
        now = time.monotonic()
        if needle != self._needle or now - self._found_at > SEARCH_AGAIN_S:
            names, _ = await self.names(None)
            rows = await self._held(names, needle)
            self._needle, self._found, self._found_at = needle, rows, now
        return self._found

    async def _held(self, names: Sequence[str], needle: str = "") -> list[Row]:
        found: list[Row] = []
        for start in range(0, len(names), AT_ONCE):
            rows = await self.hold(names[start : start + AT_ONCE], needle)
            # A record also names its fields, which no row shows.
            found += [row for row in rows if not needle or holds(row, needle)]
        return found


@dataclass(slots=True)
class LoggedRows:
    """A source that tells what happened, the newest first, of which any part is read by itself.

    ``part`` returns the rows from a place on, of so many happenings or of all, and how many
    happenings there are; one may have several rows. What a search has found stands until something
    else has happened.
    """

    part: Callable[[int, int | None], Awaitable[tuple[Sequence[Row], int]]]
    _looked: tuple[str, Sequence[Row], int] = ("", (), 0)
    _found: Sequence[Row] = ()

    async def read(self, view: View) -> TablePage:
        """Return the wanted rows; there is one order."""
        needle = view.search.strip().casefold()
        if needle:
            found = await self._search(needle)
            return TablePage(found[view.start : _end(view)], len(found))
        rows, total = await self.part(view.start, view.count)
        return TablePage(rows, total)

    async def _search(self, needle: str) -> Sequence[Row]:
        look = (needle, *await self.part(0, 1))
        if look != self._looked:
            rows, _ = await self.part(0, None)
            self._found = [row for row in rows if holds(row, needle)]
            self._looked = look
        return self._found


def given(rows: Sequence[Row]) -> WholeRows:
    """Return a source of rows that do not change."""

    async def whole() -> Sequence[Row]:
        return rows

    return WholeRows(whole)


def page_of(rows: Sequence[Row], view: View) -> TablePage:
    """Return what is wanted of rows that are all here."""
    needle = view.search.strip().casefold()
    found = [row for row in rows if holds(row, needle)] if needle else list(rows)
    if view.sort_by:
        found.sort(key=lambda row: _order(row.get(view.sort_by)), reverse=view.descending)
    return TablePage(found[view.start : _end(view)], len(found))


def flat(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows as the browser is given them: a cell's link and mark beside what it says."""
    found = []
    for number, row in enumerate(rows):
        told: dict[str, Any] = {"row": number}
        for name, cell in row.items():
            told[name] = cell.says
            parts = {"to": cell.to, "small": cell.small, "mark": cell.mark, "act": cell.act}
            told |= {f"{name}_{part}": value for part, value in parts.items() if value}
        found.append(told)
    return found


def as_csv(visit: Visit, columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    """Return rows as a sheet that a spreadsheet program opens, and takes for no formulas.

    What stands small in a cell has a column of its own behind it, as far as any row has some.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    shown = [
        each for each in columns if not any(each.name in row and row[each.name].act for row in rows)
    ]
    has_small = {
        each.name
        for each in shown
        if any(each.name in row and row[each.name].small for row in rows)
    }
    heads: list[str] = []
    for each in shown:
        heads += [visit.say(each.word)] + [""] * (each.name in has_small)
    writer.writerow(heads)
    nothing = Cell("")
    for row in rows:
        cells: list[str | int] = []
        for each in shown:
            cell = row.get(each.name, nothing)
            cells += [_plain(cell.says)] + [_plain(cell.small)] * (each.name in has_small)
        writer.writerow(cells)
    return text.getvalue().encode("utf-8-sig")


def _plain(value: str | int) -> str | int:
    # What sources call themselves is theirs to choose, and a sheet would reckon with it.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def holds(row: Row, needle: str) -> bool:
    """Return whether a row says a text anywhere; the text is in small letters."""
    return any(
        needle in str(cell.says).casefold() or needle in cell.small.casefold()
        for cell in row.values()
    )


def _end(view: View) -> int | None:
    return None if view.count is None else view.start + view.count


def _order(cell: Cell | None) -> tuple[bool, float, str]:
    """Return what a cell is sorted by: numbers before words, as numbers."""
    if cell is None:
        return True, 0.0, ""
    if cell.order is not None:
        return False, cell.order, ""
    if isinstance(cell.says, int):
        return False, cell.says, ""
    return True, 0.0, cell.says.casefold()
