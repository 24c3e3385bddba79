"""Headers: one form for what offices write in many ways, and the row in which they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

import msgspec

from creditbus.sdk.sheets.layouts import LAYOUTS, SheetLayout

LOOKED_AT: Final = 40
"""Rows in which the headers are looked for: titles, notes and the unit's name stand above them."""

_NUMBERED: Final = re.compile(r"行政相对人代码[_\-]?\d*\((?P<inner>.+)\)")
_NOTE: Final = re.compile(
    r"\((?:必填|选填|必填项|选填项|非必填|是/否|是或否|文本|文本格式|格式.*|yyyy.*)\)$",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"^(?:\d{1,2}[.、]|\(\d{1,2}\))")
_AROUND: Final = str.maketrans("", "", "*:【】「」[]")


@lru_cache(4096)
def normal(header: str) -> str:
    """Return a header as it is compared: half-width, without blanks, stars and closing colons.

    Of a numbered code the words in brackets count alone: the numbers were changed over in 2018. A
    field's name in Latin letters is one however its words are joined.

    >>> normal("行政相对人代码＿3 （工商登记码）："), normal("罚款金额（万元）")
    ('工商登记码', '罚款金额(万元)')
    >>> normal("caseCode") == normal("CASE_CODE"), normal("1.【案号】")
    (True, '案号')
    """
    folded = "".join(unicodedata.normalize("NFKC", header).translate(_AROUND).split())
    folded = _NOTE.sub("", _NUMBER.sub("", folded))
    if folded.isascii():
        return folded.replace("_", "").replace("-", "").lower()
    numbered = _NUMBERED.fullmatch(folded)
    return numbered["inner"] if numbered else folded


class SheetTable(msgspec.Struct, frozen=True):
    """The table that a sheet holds: its layout, the row of its headers, and where each field is."""

    layout: SheetLayout
    row: int
    places: Mapping[str, int]
    width: int
    unknown: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


def known_headers() -> frozenset[str]:
    """Return every header that some layout knows, in its one form."""
    return frozenset(
        normal(name) for layout in LAYOUTS for names in layout.fields.values() for name in names
    )


def table_in(
    rows: Sequence[Sequence[str]], layouts: Iterable[SheetLayout] = LAYOUTS
) -> SheetTable | None:
    """Return the table whose headers stand in one of these rows, None when there is no such row.

    Raises ``ValueError`` where two columns have one meaning.
    """
    best: tuple[int, SheetLayout, int] | None = None
    for layout in layouts:
        names = layout_names(layout)
        for number, row in enumerate(rows):
            headers = {normal(cell) for cell in row if cell}
            if any(headers.isdisjoint(names[field]) for field in layout.required):
                continue
            count = sum(not headers.isdisjoint(each) for each in names.values())
            if best is None or count > best[0]:
                best = (count, layout, number)
    return None if best is None else _table(best[1], best[2], rows[best[2]])


def nearest(rows: Sequence[Sequence[str]]) -> tuple[SheetLayout, list[str]] | None:
    """Return the layout that the headers come nearest to, and the columns that it lacks."""
    best: tuple[int, SheetLayout, list[str]] | None = None
    for layout in LAYOUTS:
        names = layout_names(layout)
        for row in rows:
            headers = {normal(cell) for cell in row if cell}
            count = sum(not headers.isdisjoint(each) for each in names.values())
            lacking = [
                layout.fields[field][0]
                for field in layout.required
                if headers.isdisjoint(names[field])
            ]
            if count and (best is None or count > best[0]):
                best = (count, layout, lacking)
    return None if best is None else best[1:]


@cache
def _names(fields: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, frozenset[str]]:
    return {field: frozenset(map(normal, names)) for field, names in fields}


def layout_names(layout: SheetLayout) -> dict[str, frozenset[str]]:
    """Return the headers of each field of a layout, in their one form."""
    return _names(tuple(layout.fields.items()))


def _table(layout: SheetLayout, number: int, row: Sequence[str]) -> SheetTable:
    names, places, unknown = layout_names(layout), dict[str, int](), []
    ignored = frozenset(map(normal, layout.ignored))
    width = max((place + 1 for place, cell in enumerate(row) if cell), default=0)
    for place, cell in enumerate(row[:width]):
        header = normal(cell)
        field = next((field for field, known in names.items() if header in known), None)
        if field is None:
            if header and header not in ignored:
                unknown.append(cell)
        elif field in places:
            raise ValueError(
                f"two columns mean {layout.fields[field][0]}: {row[places[field]]} and {cell}; "
                "leave one of them"
            )
        else:
            places[field] = place
    return SheetTable(layout, number, places, width, tuple(unknown), tuple(row[:width]))
