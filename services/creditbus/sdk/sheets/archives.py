"""Archives: how large a workbook unpacks, asked before anything of it is in memory.

An .xlsx file is a zip of XML. A few kilobytes of it can unpack to gigabytes, one cell in the last
corner of a sheet makes a reader keep room for all before it, and one long text that thousands of
cells name makes it keep as many copies. So every part is unpacked once, a piece at a time, counted
and thrown away; only then a library reads it.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

UNPACKED_BYTES: Final = 400 * 2**20
STRINGS_BYTES: Final = 64 * 2**20
TEXT_BYTES: Final = 160 * 2**20
"""What the cells of all sheets may say together: every cell is a copy of the text that it names."""
CELLS: Final = 3_500_000
PARTS: Final = 2_000
_PIECE: Final = 2**20
_OVERLAP: Final = 512

_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_REFERENCE: Final = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s>/]")
_VALUELESS: Final = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]{0,400}</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


_STRING_END: Final = re.compile(rb"</(?:\w+:)?si\s*>|<(?:\w+:)?si\s*/>")
_NAMED: Final = re.compile(rb'\bt="s"[^>]*>\s*<(?:\w+:)?v>\s*([0-9]{1,9})\s*<')
_INLINE: Final = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)")
_FAULTY: Final = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"')


class TooLarge(ValueError):
    """A workbook is larger than a sheet of 100,000 rows can be."""


@dataclass(slots=True)
class Extent:
    """How far the cells of one sheet reach, and which hold a formula that gives nothing."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    valueless: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Archive:
    """What an archive holds: the extent of each sheet, and whether days count from 1904."""

    sheets: dict[str, Extent] = field(default_factory=dict)
    from_1904: bool = False


class Strings:
    """The texts that cells name by number: how long each is, and what their copies come to."""

    def __init__(self) -> None:
        self._lengths, self._end, self._copied = array("L"), 0, 0

    def measure(self, piece: bytes, start: int, known: int) -> None:
        """Take the next piece, which begins at a place of the part; up to another it is known."""
        for found in _STRING_END.finditer(piece):
            end = start + found.end()
            if end > known:
                self._lengths.append(end - self._end)
                self._end = end

    def copy(self, piece: bytes, name: str) -> None:
        """Count what the cells in a piece say; raises ``TooLarge`` when it is too much."""
        lengths, count = self._lengths, len(self._lengths)
        for number in map(int, _NAMED.findall(piece)):
            if number < count:
                self._copied += lengths[number]
        if b"<is" in piece or b":is" in piece:
            self._copied += sum(
                end - start for start, end in map(_text_span, _INLINE.finditer(piece))
            )
        if self._copied > TEXT_BYTES:
            raise TooLarge(
                f"{name} holds more than {TEXT_BYTES // 2**20} MB of text in its cells: send at "
                "most 100,000 rows in a file, and shorten its longest texts"
            )


def look_into(file: IO[bytes], name: str) -> Archive:
    """Unpack every part of a workbook once and return how far it reaches.

    Raises ``TooLarge`` with a sentence, and ``ValueError`` for an archive that is broken.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _measure(archive, name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(
            f"{name} is no workbook: it cannot be unpacked ({error}); save it again as .xlsx"
        ) from error


def _measure(archive: zipfile.ZipFile, name: str) -> Archive:
    parts = archive.infolist()
    if len(parts) > PARTS:
        raise TooLarge(f"{name} holds {len(parts)} parts; a workbook has at most {PARTS}")
    found, left, strings = Archive(), UNPACKED_BYTES, Strings()
    # A cell names its text by number, so that the texts are looked at first.
    for part in sorted(parts, key=lambda each: not _is_strings(each)):
        extent = Extent() if _SHEET.fullmatch(part.filename) else None
        bound = min(left, STRINGS_BYTES) if _is_strings(part) else left
        size = 0
        for piece in _pieces(archive, part):
            before, size = size, size + len(piece) - _overlap(size)
            if size > bound:
                raise TooLarge(
                    f"{name} unpacks to more than {bound // 2**20} MB: send at most 100,000 rows "
                    "in a file, and no pictures"
                )
            if extent is not None:
                _reach(extent, piece, name)
                strings.copy(piece, name)
            elif _is_strings(part):
                strings.measure(piece, size - len(piece), before)
            else:
                found.from_1904 = found.from_1904 or _is_from_1904(part, piece)
        left -= size
        if extent is not None:
            found.sheets[part.filename] = extent
    return found


def _is_from_1904(part: zipfile.ZipInfo, piece: bytes) -> bool:
    if part.filename != "xl/workbook.xml":
        return False
    return b'date1904="1"' in piece or b'date1904="true"' in piece


def _text_span(found: re.Match[bytes]) -> tuple[int, int]:
    return found.span(1)


def _is_strings(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower() == "xl/sharedstrings.xml"


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in pieces, each with the end of the one before, so that no tag is cut."""
    # What the archive says of its size may be a lie, so the reader is not told it.
    part.file_size = UNPACKED_BYTES + _PIECE
    tail = b""
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            yield tail + piece
            tail = piece[-_OVERLAP:]


def _overlap(size: int) -> int:
    return min(size, _OVERLAP)


def _reach(extent: Extent, piece: bytes, name: str) -> None:
    references = _REFERENCE.findall(piece)
    extent.cells += len(_CELL.findall(piece))
    if references:
        columns = {letters for letters, _ in references}
        extent.rows = max(extent.rows, *(int(row) for _, row in references))
        extent.columns = max(extent.columns, *map(_column, columns))
    if b"f>" in piece or b"<f" in piece or b":f" in piece:
        extent.valueless.update(each.decode() for each in _VALUELESS.findall(piece))
    if b't="e"' in piece:
        extent.valueless.update(each.decode() for each in _FAULTY.findall(piece))
    if max(extent.cells, extent.rows * extent.columns) > CELLS:
        raise TooLarge(
            f"{name} has a sheet that reaches to row {extent.rows}, column {extent.columns}: send "
            "at most 100,000 rows in a file, and delete what lies beyond the table"
        )


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters, counted from one.

    >>> _column(b"A"), _column(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
