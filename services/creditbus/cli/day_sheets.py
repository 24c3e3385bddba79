"""Day sheets: a signed statement as a workbook, for those who compare in spreadsheets.

The workbook is for reading; what proves anything is the signed file that it was made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from creditbus.cli.text_cells import put_text
from creditbus.wire.statements import DayStatement

_HEADERS: Final = ("处理结果 result", "record@revision", "offset", "sequence", "event_id", "why")
_WORDS: Final = {
    "accepted": "已受理 accepted",
    "duplicate": "重复报送 duplicate",
    "refused": "退回 refused",
    "dead": "无法读取 dead",
    "waiting": "等待处理 waiting",
}
_MISSING: Final = "未收到 never came"
_UNANNOUNCED: Final = "收到但未申报 not announced"

Row = tuple[str | int, ...]


def write_day(statement: DayStatement, path: Path) -> None:
    """Write a day's records with what became of each, and a second sheet with the sums."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    records, sums = book.active, book.create_sheet("sums")
    records.title = f"{statement.day}"
    for sheet, rows in ((records, _records(statement)), (sums, _sums(statement))):
        for place, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(place, column)
                if isinstance(value, str):
                    put_text(cell, value)
                else:
                    cell.value = value
                if place == 1:
                    cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        for letter in "ABEF":
            sheet.column_dimensions[letter].width = 30
    book.save(path)


def _records(statement: DayStatement) -> Iterator[Row]:
    yield _HEADERS
    for each in statement.missing.ids:
        yield _MISSING, each
    for first, last in statement.missing.sequences:
        yield _MISSING, "", "", first if first == last else f"{first}-{last}"
    for part, word in _WORDS.items():
        for record in getattr(statement, part):
            number = record.sequence or ""
            place = record.place if record.partition else record.offset
            yield word, record.id, place, number, record.event_id, record.why
    for each in statement.unannounced:
        yield _UNANNOUNCED, each


def _sums(statement: DayStatement) -> Iterator[Row]:
    yield statement.source, str(statement.day)
    yield "收到 received", statement.sums.received
    for part, word in _WORDS.items():
        yield word, getattr(statement.sums, part)
    announced = statement.announced
    if announced is not None and announced.count is not None:
        yield "申报 announced", announced.count
    yield _MISSING, len(statement.missing.ids)
    yield "made at", statement.made_at.isoformat()
    yield "final", str(statement.is_final).lower()
