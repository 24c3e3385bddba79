"""Results: an office's file once more, with a column that says what became of each row.

A workbook keeps its looks; a text, or a workbook of the old format, becomes a new one of the same
cells. Whoever filled the file in finds the words beside the row.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any, Final

from creditbus.cli.text_cells import put_text
from creditbus.sdk.sheets.headers import known_headers
from creditbus.sdk.sheets.layouts import RESULT
from creditbus.sdk.sheets.workbooks import sheets_of
from creditbus.wire.answers import RowAnswer

WORDS: Final = {
    "APPLIED": "已生效 applied",
    "DUPLICATE": "重复报送，未作变动 duplicate",
    "REFUSED": "退回 refused",
    "DEAD": "无法读取 dead",
    "UNREAD": "未读取 not read",
    "WAITING": "等待处理 waiting",
    "UNDECIDED": "等待处理 undecided",
    "FINE": "可以报送 fine",
}

_ZIP: Final = b"PK\x03\x04"

Words = Callable[[RowAnswer], tuple[str, str]]


def write_results(
    file: Path, result: Path, rows: Sequence[RowAnswer], words: Words, header_row: int
) -> None:
    """Write the file with a column of results to the right of it; ``result`` may be the file."""
    from openpyxl import load_workbook

    told: dict[str, dict[int, str]] = {}
    for row in rows:
        state, why = words(row)
        text = ": ".join(filter(None, (WORDS.get(state, state), why)))
        told.setdefault(row.sheet, {})[row.row] = text
    with file.open("rb") as opened:
        is_workbook = opened.read(4) == _ZIP
    book = load_workbook(file) if is_workbook else _copied(file, told)
    sheets = book.worksheets if is_workbook else [book.active]
    for sheet in sheets:
        results = told.get(sheet.title) if is_workbook else next(iter(told.values()), None)
        if results:
            _beside(sheet, results, header_row)
    book.save(result)


def _beside(sheet: Any, results: dict[int, str], header_row: int) -> None:
    column = sheet.max_column + 1
    if sheet.cell(header_row, sheet.max_column).value == RESULT:
        column = sheet.max_column
    sheet.cell(header_row, column, RESULT)
    for number, text in results.items():
        put_text(sheet.cell(number, column), text)
    sheet.column_dimensions[sheet.cell(header_row, column).column_letter].width = 60


def _copied(file: Path, told: Container[str]) -> Any:
    """Return a workbook with the cells of the sheet that rows were told of, as texts."""
    from openpyxl import Workbook

    book = Workbook()
    sheets = sheets_of(file, known_headers())
    first = next(each for each in sheets if each.name in told)
    for number, cells in enumerate(first.rows, start=1):
        for place, text in enumerate(cells, start=1):
            if text:
                put_text(book.active.cell(number, place), str(text))
    return book
