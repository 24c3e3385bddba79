"""Workbooks: the sheets of a file, each as rows of texts; what the file is, its content says.

An .xls that is named .xlsx is read as what it is, and a web page that is named .xls says so.
"""

from __future__ import annotations

import io
import re
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

from creditbus.sdk.sheets.archives import Archive, look_into
from creditbus.sdk.sheets.cells import NO_VALUE, Unread, text_of
from creditbus.sdk.sheets.extents import Extent
from creditbus.sdk.sheets.sentences import NoSheet, Sentence
from creditbus.sdk.sheets.texts import BYTES, rows_of_text

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS: Final = b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"
_OTHER_KINDS: Final = (
    (
        re.compile(rb"<[!?/a-z]|mime-version"),
        "a web page or XML under the name of a workbook: save it as .xlsx in an office program",
        "是网页或 XML，不是工作簿：请用办公软件打开，另存为 .xlsx",
    ),
    (
        re.compile(rb"%pdf"),
        "a PDF: send the sheet that it was made from",
        "是 PDF：请报送生成它的原始表格",
    ),
    (
        re.compile(rb"\x1f\x8b|rar!\x1a|7z\xbc\xaf|bzh[1-9]1ay|\xfd7zxz|\x28\xb5\x2f\xfd"),
        "packed: unpack it, and send the sheet in it",
        "是压缩包：请解压后报送其中的表格",
    ),
    (
        re.compile(rb"\x89png|\xff\xd8\xff|gif8[79]a|ii\*\x00|mm\x00\*|bm[\s\S]{4}\x00{4}"),
        "a picture: send the sheet that it was made from",
        "是图片：请报送原始表格",
    ),
    (
        re.compile(rb"\{\\rtf"),
        "a text document: copy its table into a workbook and save it as .xlsx",
        "是文字文档：请把其中的表格复制到工作簿，另存为 .xlsx",
    ),
    (
        re.compile(rb'\{\s*"|\[\s*\{'),
        "JSON: name it .ndjson, an event a line, or send it to POST /v1/batches",
        "是 JSON：请每行一个事件，以 .ndjson 为扩展名，或者报送到 POST /v1/batches",
    ),
)
"""What a file that is no sheet begins with, and what is said of it."""

_XLS_BYTES: Final = 24 * 2**20
ROWS: Final = 200_000
_NAMES: Final = (".csv", ".txt", ".tsv", ".xls", ".xlsx")
_NO_EXTENT: Final = Extent()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, whether it is hidden, and its rows from the very first.

    ``hidden`` are the numbers of rows that its office program does not show.
    """

    name: str
    is_hidden: bool
    rows: Iterator[list[str]]
    from_1904: bool = False
    hidden: tuple[int, ...] = ()


def sheets_of(path: Path, known: frozenset[str]) -> Iterator[Sheet]:
    """Yield the sheets of a file; raises ``NoSheet`` with a sentence for what is none.

    ``known`` are the headers by which a csv's separator is found.
    """
    data, name = path.read_bytes(), path.name
    if not data.strip(_MARKS):
        raise NoSheet(
            Sentence(
                f"{name} is empty: save the sheet, and hand it in whole",
                f"{name} 是空文件：请保存后完整报送",
            )
        )
    if data.startswith(_ZIP):
        yield from _sheets(data, name, look_into(io.BytesIO(data), name))
    elif data.startswith(_OLE):
        if len(data) > _XLS_BYTES:
            raise _too_large(name, _XLS_BYTES, "save it as .xlsx", "请另存为 .xlsx")
        yield from _sheets(data, name, Archive())
    else:
        yield _text(data, name, known)


def _text(data: bytes, name: str, known: frozenset[str]) -> Sheet:
    # Of a text in UTF-16 every second byte is nothing.
    beginning = data[:512].lstrip(_MARKS).replace(b"\x00", b"").lower()
    raw = data[:512].lower()
    for begins, said, said_zh in _OTHER_KINDS:
        if begins.match(beginning) or begins.match(raw):
            raise NoSheet(Sentence(f"{name} is {said}", f"{name} {said_zh}"))
    if not name.lower().endswith(_NAMES):
        raise NoSheet(
            Sentence(
                f"{name} is no sheet: give a .csv, .xlsx or .xls file",
                f"{name} 不是表格：请报送 .csv、.xlsx 或 .xls 文件",
            )
        )
    if len(data) > BYTES:
        raise _too_large(name, BYTES, "send it in parts", "请分成几个文件报送")
    return Sheet(name, False, rows_of_text(data, name, known))


def _too_large(name: str, size: int, advice: str, advice_zh: str) -> NoSheet:
    bound = size // 2**20
    return NoSheet(
        Sentence(
            f"{name} is larger than {bound} MB: {advice}", f"{name} 超过 {bound} MB：{advice_zh}"
        )
    )


def _sheets(data: bytes, name: str, archive: Archive) -> Iterator[Sheet]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError as error:
        raise NoSheet(
            Sentence(
                f"{name} is locked by a password: save it without one",
                f"{name} 设有密码：请去掉密码后另存",
            )
        ) from error
    except CalamineError as error:
        raise NoSheet(
            Sentence(
                f"{name} is no workbook: {error}; save it again as .xlsx",
                f"{name} 不是可读的工作簿：请用办公软件打开，另存为 .xlsx",
            )
        ) from error
    for place, about in enumerate(workbook.sheets_metadata):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        try:
            sheet = workbook.get_sheet_by_index(place)
        except CalamineError as error:
            raise NoSheet(
                Sentence(
                    f"{name}: the sheet {about.name} cannot be read: {error}; save it again as "
                    ".xlsx",
                    f"{name}：工作表 {about.name} 无法读取，请用办公软件打开，另存为 .xlsx",
                )
            ) from error
        if sheet.total_height > ROWS:
            raise NoSheet(
                Sentence(
                    f"{name}: the sheet {about.name} has {sheet.total_height} rows: send at most "
                    "100,000 in a file",
                    f"{name}：工作表 {about.name} 有 {sheet.total_height} 行，"
                    "每个文件请不超过 10 万行",
                )
            )
        is_hidden = about.visible is not SheetVisibleEnum.Visible
        extent = archive.sheets.get(about.name, _NO_EXTENT)
        rows = _rows(sheet, extent.valueless)
        yield Sheet(about.name, is_hidden, rows, archive.from_1904, tuple(extent.hidden))


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
