"""Files: an office's file as it is becomes acts, and a fault for each row that is none.

The table is found by its headers, below titles and on whatever visible sheet. A row that cannot be
read is told with its number, its column and what to do; the others go on. Nothing about a row that
is missing is concluded: a shorter file than yesterday's removes nobody (law 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final

import msgspec

from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.ids import SourceId
from creditbus.sdk.sheets.cells import Unread
from creditbus.sdk.sheets.court_lists import listing_of
from creditbus.sdk.sheets.decisions import penalty_of, permit_of
from creditbus.sdk.sheets.headers import (
    LOOKED_AT,
    SheetTable,
    known_headers,
    nearest,
    table_in,
)
from creditbus.sdk.sheets.layouts import LAYOUTS
from creditbus.sdk.sheets.rows import CellFault, RowFault, SheetRow, is_closing
from creditbus.sdk.sheets.sentences import NoSheet, Sentence
from creditbus.sdk.sheets.workbooks import Sheet, letters_of, sheets_of

FileAct = EntryListed | PenaltyDecided | PermitDecided
"""What a row of a file may state."""

_ACT_OF: Final[dict[str, Callable[[SheetRow, SourceId], FileAct]]] = {
    "court-list": listing_of,
    "penalty": penalty_of,
    "permit": permit_of,
}
_ROW: Final = "the row"
_SHOWN: Final = 40
_NOTICES: Final = 50
_NAMED: Final = 10
_OF_A_ROW: Final = 3
"""How many of the cells that a row must have make it one, whatever it begins with."""

_SOUND: Final[dict[str, str]] = {
    **dict.fromkeys(("decided", "published", "notice", "valid_from"), "2026-01-01"),
    **dict.fromkeys(("valid_to", "published_until"), "2027-01-01"),
    **dict.fromkeys(("case", "document", "name", "permit"), "x"),
    **dict.fromkeys(("fine", "confiscated", "status", "party", "kind"), ""),
    **dict.fromkeys(("violation", "facts", "content", "licences", "penalty"), ""),
    **dict.fromkeys(("other_penalty", "certificate", "title"), ""),
    "code": "91370200000000000Y",
    "conduct": "违反财产报告制度",
    "rights": "是",
}
"""What is read in place of a cell that cannot be, to find what else is wrong with its row."""


class OfficeFile:
    """One file: its rows are read as they are asked for, and what it is about is told after."""

    def __init__(self, path: Path, source: SourceId) -> None:
        self._path, self._source = path, source
        self.table: SheetTable | None = None
        self.notices: list[Sentence] = []
        self.numbers: list[int] = []
        """The row in the sheet of each act, in their order."""
        self.sheet = ""
        """The sheet that is being read, or was last."""
        self.sound: FileAct | None = None
        """What a row that was not read would state, were sound cells where ``unsound`` are."""
        self.unsound: frozenset[str] = frozenset()

    def rows(self) -> Iterator[FileAct | RowFault]:
        """Yield an act for each row, or why it was not read.

        Raises ``NoSheet`` with a sentence when the file is no sheet, or none that is known.
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
                both = f"{self.table.layout.title}、{table.layout.title}"
                raise NoSheet(
                    Sentence(
                        f"{self._path.name} holds {kinds}: send a file for each",
                        f"{self._path.name} 同时含有{both}：请分别报送",
                    )
                )
            else:
                yield from self._acts(sheet, table, chain(first[table.row + 1 :], rows))
        self.notices += map(_of_hidden_sheet, hidden)
        if self.table is None:
            raise NoSheet(self._why_not(seen, hidden))

    def _acts(
        self, sheet: Sheet, table: SheetTable, rows: Iterator[tuple[int, list[str]]]
    ) -> Iterator[FileAct | RowFault]:
        self.table, self.sheet = table, sheet.name
        self.notices += _of_columns(table)
        headless = [place for place, header in enumerate(table.headers) if not header]
        headed, shown = set[int](), list[int]()
        hidden = frozenset(sheet.hidden)
        for number, cells in rows:
            if not any(cells) and not any(isinstance(cell, Unread) for cell in cells):
                continue
            if _closes(cells, table) or table.repeats(cells):
                continue
            headed.update(place for place in headless if place < len(cells) and cells[place])
            if number in hidden:
                shown.append(number)
            self.sound = None
            found, act = self._read(cells, SheetRow(cells, table, from_1904=sheet.from_1904))
            if found:
                self.sound = act
                self.unsound = frozenset(each.field for each in found)
                first, *others = (_told(each, number, table) for each in found)
                yield msgspec.structs.replace(first, others=tuple(others))
            else:
                assert act is not None, "a row without a fault states an act"
                self.numbers.append(number)
                yield act
        self.notices += [_of_headless(place) for place in sorted(headed)[:_NOTICES]]
        if shown:
            self.notices.append(_of_hidden(shown))

    def _read(self, cells: list[str], row: SheetRow) -> tuple[list[CellFault], FileAct | None]:
        """Return every cell that cannot be read, and the act with something sound in its place."""
        table, found = self.table, list[CellFault]()
        assert table is not None
        surplus = _surplus(cells, table)
        if surplus is not None:
            return [surplus], None
        while True:
            try:
                return found, _ACT_OF[table.layout.name](row, self._source)
            except CellFault as fault:
                found.append(fault)
                sound = _SOUND.get(fault.field)
                if sound is None or not row.read_instead(fault.field, sound):
                    return found, None

    def _why_not(self, seen: list[list[str]], hidden: list[str]) -> Sentence:
        name = self._path.name
        if hidden:
            return Sentence(
                f"{name}: the sheet {hidden[0]} holds the table and is hidden: show it",
                f"{name}：数据在隐藏的工作表 {hidden[0]} 中：请取消隐藏",
            )
        known = nearest(seen)
        several = (cells for cells in seen if sum(map(bool, cells)) > 1)
        headers = next(several, next((cells for cells in seen if any(cells)), []))
        found = ", ".join(_shown(cell) for cell in headers if cell) or "nothing"
        found_zh = "、".join(_shown(cell) for cell in headers if cell) or "空白"
        if known is None:
            tables = [each.title for each in LAYOUTS]
            return Sentence(
                f"{name}: no row holds the headers of a table that is known; found: {found}; "
                f"what can be read: {', '.join(tables)} (`creditbus files template` writes an "
                "empty one)",
                f"{name}：没有找到已知表格的表头，读到的是：{found_zh}；可读取的表格："
                f"{'、'.join(tables)}（creditbus files template 可生成模板）",
            )
        layout, lacking = known
        return Sentence(
            f"{name}: no column {', '.join(lacking)}; a row must hold the headers of "
            f"{layout.title}, found: {found}",
            f"{name}：缺少列 {'、'.join(lacking)}；表头须为{layout.title}的各列，"
            f"读到的是：{found_zh}",
        )


def read_file(path: Path, source: SourceId) -> Iterator[FileAct | RowFault]:
    """Yield an act for each row of a file, or why it was not read."""
    return OfficeFile(path, source).rows()


def _surplus(cells: list[str], table: SheetTable) -> CellFault | None:
    surplus = [cell for cell in cells[table.width :] if cell]
    if not surplus:
        return None
    return CellFault(
        _ROW,
        Sentence(
            f"the row has {len(surplus)} cells more than there are headers: is there a separator "
            "within a value?",
            f"该行比表头多 {len(surplus)} 个单元格：是否有值中含有分隔符？",
        ),
    )


def _of_columns(table: SheetTable) -> list[Sentence]:
    """Return what is said of the columns that nobody knows."""
    told = [
        Sentence(
            f"the column {_shown(each)} is not known and was not read",
            f"列“{_shown(each)}”不在模板中，未读取",
        )
        for each in table.unknown[:_NOTICES]
    ]
    if left := len(table.unknown[_NOTICES:]):
        told.append(
            Sentence(
                f"{left} more columns are not known and were not read",
                f"另有 {left} 列不在模板中，未读取",
            )
        )
    return told


def _of_headless(place: int) -> Sentence:
    column = letters_of(place)
    return Sentence(
        f"the column {column} has values and no header, and was not read: is a header missing?",
        f"{column} 列有值而没有表头，未读取：是否缺少表头？",
    )


def _of_hidden_sheet(name: str) -> Sentence:
    return Sentence(f"the sheet {name} is hidden and was not read", f"工作表 {name} 已隐藏，未读取")


def _of_hidden(rows: list[int]) -> Sentence:
    named = ", ".join(map(str, rows[:_NAMED])) + (" …" if len(rows) > _NAMED else "")
    return Sentence(
        f"{len(rows)} rows are hidden in the sheet and were read as well: {named}; delete what is "
        "not meant, and hand in its removal",
        f"有 {len(rows)} 行在表中被隐藏或筛去，也已读取：{named}；"
        "不应报送的请从表中删除，并报送移出或更正",
    )


def _closes(cells: list[str], table: SheetTable) -> bool:
    """Return whether a row is a total, a note or a signature, and no row of the table.

    A firm may have a name that begins like one of these.
    """
    if not is_closing(cells):
        return False
    places = [table.places[field] for field in table.layout.required]
    return sum(place < len(cells) and bool(cells[place]) for place in places) < _OF_A_ROW


def _shown(cell: str) -> str:
    """Return a cell that was looked at for a header: short, and no person's number in it."""
    return hide_persons(" ".join(cell.split()))[:_SHOWN]


def _told(fault: CellFault, number: int, table: SheetTable) -> RowFault:
    column = table.header_of(fault.field)
    return RowFault(number, column, str(fault.detail), detail_zh=fault.detail.zh)
