"""Texts: csv as the office programs write it, in any of their encodings and separators."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from creditbus.sdk.sheets.cells import text_of
from creditbus.sdk.sheets.headers import normal
from creditbus.sdk.sheets.sentences import NoSheet, Sentence

BYTES: Final = 64 * 2**20
_SEPARATORS: Final = ",;\t|，；"
_LOOKED_AT: Final = 65_536
_BEGINNING: Final = 512
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def rows_of_text(data: bytes, name: str, known: frozenset[str]) -> Iterator[list[str]]:
    """Yield the rows of a csv; ``known`` are the headers by which its separator is found.

    Raises ``NoSheet``, also in the middle, where a quote is never closed.
    """
    text = decoded(data, name)
    separator, text = _separator(text, known)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            yield [text_of(cell) for cell in row]
    except csv.Error as error:
        line = reader.line_num
        raise NoSheet(
            Sentence(
                f"{name} is no csv from line {line} on: {error}; a quote within a value is written "
                "twice, or save the file as .xlsx",
                f"{name} 从第 {line} 行起不是有效的 csv：值中的引号须写两遍，或者另存为 .xlsx",
            )
        ) from error


def decoded(data: bytes, name: str) -> str:
    """Return the text in the bytes: UTF-8, UTF-16, UTF-32 or GB18030, with or without a mark.

    Raises ``NoSheet``, which names the line from which on it is none of them.
    """
    encoding = next((found for mark, found in _MARKS if data.startswith(mark)), None)
    if encoding is None:
        encoding = _unmarked(data)
    furthest = 0
    for tried in (encoding,) if encoding else ("utf-8", "gb18030"):
        try:
            text = data.decode(tried).lstrip("\ufeff")
        except UnicodeDecodeError as broken:
            furthest = max(furthest, broken.start)
        else:
            _check_text(text, name)
            return text
    line = data.count(b"\n", 0, furthest) + 1
    raise NoSheet(
        Sentence(
            f"{name} is neither UTF-8, UTF-16 nor GB18030, in line {line} at the latest: save it "
            "as csv in UTF-8",
            f"{name} 不是 UTF-8、UTF-16 或 GB18030 编码（最迟在第 {line} 行）："
            "请另存为 UTF-8 编码的 csv",
        )
    )


def _check_text(text: str, name: str) -> None:
    """Raise ``NoSheet`` for a program or another thing that happens to be text in some encoding."""
    beginning = text[:_BEGINNING]
    if beginning.count("\x00") * 4 > len(beginning):
        raise NoSheet(
            Sentence(
                f"{name} is no workbook and no text: save the sheet again as .xlsx",
                f"{name} 既不是工作簿也不是文本：请把表格重新另存为 .xlsx",
            )
        )


def _unmarked(data: bytes) -> str | None:
    """Return the encoding of a text that has a NUL in every second byte or more, as digits have."""
    sample = data[:_LOOKED_AT]
    if sample.count(0) * 20 <= len(sample):
        return None
    places = [sample[place::4] for place in range(4)]
    empty = [place for place, found in enumerate(places) if found.count(0) == len(found)]
    if empty in ([2, 3], [0, 1]):
        return "utf-32-le" if empty == [2, 3] else "utf-32-be"
    return "utf-16-be" if sample[::2].count(0) > sample[1::2].count(0) else "utf-16-le"


def _separator(text: str, known: frozenset[str]) -> tuple[str, str]:
    """Return what separates the cells, and the text without the line that says so."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:
        return first.strip()[-1], rest
    beginning = text[:_LOOKED_AT]

    def headers_with(separator: str) -> int:
        rows = csv.reader(io.StringIO(beginning, newline=""), delimiter=separator)
        try:
            return max((sum(normal(cell) in known for cell in row) for row in rows), default=0)
        except csv.Error:
            return 0

    return max(_SEPARATORS, key=headers_with), text
