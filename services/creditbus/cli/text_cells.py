"""Text cells: what others have written, put into a workbook so that it stays a text."""

from __future__ import annotations

from typing import Any


def put_text(cell: Any, text: str) -> None:
    """Put a text into a cell: no formula, however it begins, and without what no workbook holds."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
