"""Files: an office's file as it is becomes acts, and a fault for each row that is none.

The table is found by its headers, below titles and on whatever visible sheet. A row that cannot be
read is told with its number, its column and what to do; the others go on. Nothing about a row that
is missing is concluded: a shorter file than yesterday's removes nobody (law 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.ids import SourceId
from creditbus.sdk.sheets.cells import Unread
from creditbus.sdk.sheets.court_lists import listing_of
from creditbus.sdk.sheets.decisions import penalty_of, permit_of
from creditbus.sdk.sheets.headers import (
    LOOKED_AT,
    SheetTable,
    known_headers,
    nearest,
    normal,
    table_in,
)
from creditbus.sdk.sheets.layouts import LAYOUTS
from creditbus.sdk.sheets.rows import CellFault, RowFault, SheetRow, is_closing
from creditbus.sdk.sheets.workbooks import Sheet, sheets_of

FileAct = EntryListed | PenaltyDecided | PermitDecided
"""What a row of a file may state."""

_ACT_OF: Final[dict[str, Callable[[SheetRow, SourceId], FileAct]]] = {
    "court-list": listing_of,
    "penalty": penalty_of,
    "permit": permit_of,
}
_ROW: Final = "the row"


class OfficeFile:
    """One file: its rows are read as they are asked for, and what it is about is told after."""

    def __init__(self, path: Path, source: SourceId) -> None:
        self._path, self._source = path, source
        self.table: SheetTable | None = None
        self.notices: list[str] = []
        self.numbers: list[int] = []
        """The row in the sheet of each act, in their order."""

    def rows(self) -> Iterator[FileAct | RowFault]:
        """Yield an act for each row, or why it was not read.

        Raises ``ValueError`` with a sentence when the file is no sheet, or none that is known.
        """
        hidden, seen = [], list[list[str]]()
        for sheet in sheets_of(self._path, known_headers()):
            rows = enumerate(sheet.rows, start=1)
            first = list(islice(rows, LOOKED_AT))
            table = table_in([cells for _, cells in first])
            if sheet.is_hidden:
                hidden += [sheet.name] if table is not None else []
            elif table is None:
                seen += [cells for _, cells in first]
            elif self.table is not None and table.layout is not self.table.layout:
                kinds = f"{self.table.layout.title} and {table.layout.title}"
                raise ValueError(f"{self._path.name} holds {kinds}: send a file for each")
            else:
                yield from self._acts(sheet, table, chain(first[table.row + 1 :], rows))
        self.notices += [f"the sheet {name} is hidden and was not read" for name in hidden]
        if self.table is None:
            raise ValueError(self._why_not(seen, hidden))

    def _acts(
        self, sheet: Sheet, table: SheetTable, rows: Iterator[tuple[int, list[str]]]
    ) -> Iterator[FileAct | RowFault]:
        self.table = table
        self.notices += [
            f"the column {each} is not known and was not read" for each in table.unknown
        ]
        act_of = _ACT_OF[table.layout.name]
        for number, cells in rows:
            if not any(cells) and not any(isinstance(cell, Unread) for cell in cells):
                continue
            # Printed pages hold the headers once more.
            if is_closing(cells) or tuple(cells[: table.width]) == table.headers:
                continue
            try:
                _refuse_surplus(cells, table)
                act = act_of(SheetRow(cells, table, from_1904=sheet.from_1904), self._source)
            except CellFault as finding:
                names: Any = table.layout.fields.get(finding.field, (finding.field,))
                yield RowFault(number, names[0], finding.detail)
            else:
                self.numbers.append(number)
                yield act

    def _why_not(self, seen: list[list[str]], hidden: list[str]) -> str:
        name = self._path.name
        if hidden:
            return f"{name}: the sheet {hidden[0]} holds the table and is hidden: show it"
        known = nearest(seen)
        headers = next((cells for cells in seen if sum(map(bool, cells)) > 1), [])
        found = ", ".join(normal(cell) for cell in headers if cell) or "nothing"
        if known is None:
            tables = ", ".join(each.title for each in LAYOUTS)
            return (
                f"{name}: no row holds the headers of a table that is known; found: {found}; "
                f"what can be read: {tables}"
            )
        layout, lacking = known
        return (
            f"{name}: no column {', '.join(lacking)}; a row must hold the headers of "
            f"{layout.title}, found: {found}"
        )


def read_file(path: Path, source: SourceId) -> Iterator[FileAct | RowFault]:
    """Yield an act for each row of a file, or why it was not read."""
    return OfficeFile(path, source).rows()


def _refuse_surplus(cells: list[str], table: SheetTable) -> None:
    surplus = [cell for cell in cells[table.width :] if cell]
    if surplus:
        detail = (
            f"the row has {len(surplus)} cells more than there are headers: is there a separator "
            "within a value?"
        )
        raise CellFault(_ROW, detail)
