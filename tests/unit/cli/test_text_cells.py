"""What sources have written is read in a workbook as they wrote it, and computes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from creditbus.cli.text_cells import put_text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("a\x00b\x08c\x0bd\x1fe", "abcde"),
        ("one\ttwo\nthree", "one\ttwo\nthree"),
        ("0012", "0012"),
    ],
)
def test_a_text_stays_a_text(tmp_path: Path, text: str, kept: str) -> None:
    book, path = Workbook(), tmp_path / "day.xlsx"
    put_text(book.active.cell(1, 1), text)
    book.save(path)
    cell = load_workbook(path).active.cell(1, 1)
    assert (cell.value, cell.data_type) == (kept, "s")
