"""Workbooks: the sheets of a file, each as rows of texts; what the file is, its content says.

An .xls that is named .xlsx is read as what it is, and a web page that is named .xls says so.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from creditbus.sdk.sheets.archives import Extent, look_into
from creditbus.sdk.sheets.cells import NO_VALUE, Unread, text_of
from creditbus.sdk.sheets.texts import BYTES, rows_of_text

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PAGES: Final = (b"<html", b"<!doctype", b"<table", b"<?xml", b"mime-version", b"<meta")
_PACKED: Final = (b"\x1f\x8b", b"rar!", b"7z\xbc\xaf", b"bzh", b"\xfd7zxz")
_PICTURES: Final = (b"\x89png", b"\xff\xd8\xff", b"gif8", b"ii*\x00")
_XLS_BYTES: Final = 24 * 2**20
ROWS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, whether it is hidden, and its rows from the very first."""

    name: str
    is_hidden: bool
    rows: Iterator[list[str]]
    from_1904: bool = False


def sheets_of(path: Path, known: frozenset[str]) -> Iterator[Sheet]:
    """Yield the sheets of a file; raises ``ValueError`` with a sentence for what is none.

    ``known`` are the headers by which a csv's separator is found.
    """
    data, name = path.read_bytes(), path.name
    if data.startswith(_ZIP):
        yield from _xlsx(data, name)
    elif data.startswith(_OLE):
        if len(data) > _XLS_BYTES:
            raise ValueError(f"{name} is larger than {_XLS_BYTES // 2**20} MB: save it as .xlsx")
        yield from _sheets(data, name, {}, from_1904=False)
    else:
        yield _text(data, name, known)


def _text(data: bytes, name: str, known: frozenset[str]) -> Sheet:
    beginning = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(_PAGES):
        raise ValueError(
            f"{name} is a web page or XML under the name of a workbook: open it in the office "
            "program and save it as .xlsx"
        )
    if beginning.startswith(b"%pdf"):
        raise ValueError(f"{name} is a PDF: send the sheet that it was made from")
    if beginning.startswith(_PACKED):
        raise ValueError(f"{name} is packed: unpack it, and send the sheet in it")
    if beginning.startswith(_PICTURES):
        raise ValueError(f"{name} is a picture: send the sheet that it was made from")
    if not name.lower().endswith((".csv", ".txt", ".tsv", ".xls", ".xlsx")):
        raise ValueError(f"{name} is no sheet: give a .csv, .xlsx or .xls file")
    if name.lower().endswith((".xls", ".xlsx")) and b"\x00" in data[:512] and data[:1] < b"\x09":
        raise ValueError(f"{name} is no workbook: save it again as .xlsx")
    if len(data) > BYTES:
        raise ValueError(f"{name} is larger than {BYTES // 2**20} MB: send it in parts")
    return Sheet(name, False, rows_of_text(data, name, known))


def _xlsx(data: bytes, name: str) -> Iterator[Sheet]:
    archive = look_into(io.BytesIO(data), name)
    extents = dict(enumerate(archive.sheets.values()))
    yield from _sheets(data, name, extents, from_1904=archive.from_1904)


def _sheets(
    data: bytes, name: str, extents: dict[int, Extent], *, from_1904: bool
) -> Iterator[Sheet]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError as error:
        raise ValueError(f"{name} is locked by a password: save it without one") from error
    except CalamineError as error:
        raise ValueError(f"{name} is no workbook: {error}; save it again as .xlsx") from error
    valueless = set().union(*(each.valueless for each in extents.values())) if extents else set()
    for place, about in enumerate(workbook.sheets_metadata):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = workbook.get_sheet_by_index(place)
        except CalamineError as error:
            raise ValueError(f"{name}: the sheet {about.name} cannot be read: {error}") from error
        if sheet.total_height > ROWS:
            raise ValueError(
                f"{name}: the sheet {about.name} has {sheet.total_height} rows: send at most "
                "100,000 in a file"
            )
        is_hidden = about.visible is not SheetVisibleEnum.Visible
        yield Sheet(about.name, is_hidden, _rows(sheet, valueless), from_1904)


def _rows(sheet: CalamineSheet, valueless: set[str]) -> Iterator[list[str]]:
    if sheet.start is None:
        return
    # The reader leaves out what lies left of the table, and nothing above it.
    margin = [""] * sheet.start[1]
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [*margin, *map(text_of, row)]
        if valueless:
            _mark(cells, number, valueless)
        yield cells


def _mark(cells: list[str], number: int, valueless: set[str]) -> None:
    for place, cell in enumerate(cells):
        if not cell and f"{letters_of(place)}{number}" in valueless:
            cells[place] = Unread("", NO_VALUE)


def letters_of(place: int) -> str:
    """Return the letters of a column by its place, counted from nothing.

    >>> letters_of(0), letters_of(27)
    ('A', 'AB')
    """
    letters, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
