"""Extents: how far the cells of one sheet reach, counted from its XML while it is unpacked.

What office programs write is counted by patterns, which is quick. A sheet in which only one cell is
written in another way (no reference, other quotes, other attributes before it) could reach further
than the patterns see, so it is read once more by a parser of XML, which cannot be led astray.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

CELLS: Final = 3_500_000
HIDDEN_NAMED: Final = 20
_ROWS: Final = 2**20
_COLUMNS: Final = 2**14
_OPEN_BYTES: Final = 64 * 2**10
"""No tag of a sheet is nearly so long."""

_NAME: Final = rb"(?:[^\s<>/:]+:)?"
_CELL: Final = re.compile(rb"<" + _NAME + rb"c[\s>/]")
_REFERENCE: Final = re.compile(rb"<" + _NAME + rb'c\s+r="([A-Z]{1,3})([0-9]{1,7})"')
_HIDDEN: Final = re.compile(
    rb"<" + _NAME + rb'row\s(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="([0-9]{1,7})"[^>]*?(/?)>'
)
_WRITTEN: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_VALUELESS: Final = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]{0,400}</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_FAULTY: Final = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"')


class BeyondBounds(Exception):
    """The cells of a sheet reach further than those of a table may."""


@dataclass(slots=True)
class Extent:
    """How far the cells of one sheet reach, and what of it is not as it looks.

    ``valueless`` are cells with a formula that gives nothing, ``hidden`` are rows. ``is_odd``:
    some cell is written in a way that no office program writes.
    """

    rows: int = 0
    columns: int = 0
    cells: int = 0
    is_odd: bool = False
    valueless: set[str] = field(default_factory=set)
    hidden: list[int] = field(default_factory=list)
    _open: bytes = b""

    def take(self, piece: bytes, fresh: bytes) -> None:
        """Count a piece of the sheet, of which ``fresh`` was in none before.

        Raises ``BeyondBounds``.
        """
        self._count(self._open + fresh)
        if b"f>" in piece or b"<f" in piece or b":f" in piece:
            self.valueless.update(each.decode() for each in _VALUELESS.findall(piece))
        if b't="e"' in piece:
            self.valueless.update(each.decode() for each in _FAULTY.findall(piece))

    def reach(self, column: int, row: int) -> None:
        """Take a cell that stands at a column and a row, counted from one."""
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if max(self.cells, self.rows * self.columns) > CELLS:
            raise BeyondBounds

    def _count(self, content: bytes) -> None:
        cut = content.rfind(b">") + 1
        whole, self._open = content[:cut], content[cut:]
        if len(self._open) > _OPEN_BYTES:
            begun = self._open.rfind(b"<")
            self._open = self._open[begun:] if begun >= 0 else b""
            if len(self._open) > _OPEN_BYTES:
                self.is_odd, self._open = True, b""
        references = _REFERENCE.findall(whole)
        cells = len(_CELL.findall(whole))
        self.cells += cells
        self.is_odd = self.is_odd or cells != len(references)
        if references:
            columns = {letters for letters, _ in references}
            rows = max(int(row) for _, row in references)
            self.reach(max(map(_column, columns)), rows)
        if b"hidden" in whole:
            # A row that holds nothing hides nothing.
            self.hidden += [int(row) for row, ends in _HIDDEN.findall(whole) if not ends]


class _Walk:
    """Where a reader of the sheet would be: a cell without a reference stands beside the last."""

    def __init__(self, extent: Extent) -> None:
        self._extent, self._row, self._column = extent, 0, 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                stated = attributes.get("r", "")
                self._row = int(stated[:8]) if stated.isdecimal() else self._row + 1
                self._column = 0
            case "c":
                self._extent.cells += 1
                written = _WRITTEN.fullmatch(attributes.get("r", ""))
                if written is not None:
                    self._column = _column(written[1].upper().encode())
                    self._row = int(written[2])
                else:
                    self._column += 1
                self._extent.reach(min(self._column, _COLUMNS), min(self._row, _ROWS))
            case _:
                pass


def walk(extent: Extent, pieces: Iterable[bytes]) -> None:
    """Count a sheet once more, cell by cell, in whatever way they are written.

    Raises ``BeyondBounds``, and ``ExpatError`` for what is no XML.
    """
    extent.cells = 0
    parser = expat.ParserCreate()
    parser.StartElementHandler = _Walk(extent).begin
    for piece in pieces:
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters, counted from one.

    >>> _column(b"A"), _column(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
