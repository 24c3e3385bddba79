"""Headers: one form for what offices write in many ways, and the row in which they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import zip_longest
from typing import Final

import msgspec

from creditbus.sdk.sheets.layouts import LAYOUTS, SheetLayout
from creditbus.sdk.sheets.sentences import NoSheet, Sentence

LOOKED_AT: Final = 40
"""Rows in which the headers are looked for: titles, notes and the unit's name stand above them."""

_NUMBERED: Final = re.compile(r"行政相对人代码[_\-]?\d*\((?P<inner>.+)\)")
_NOTE: Final = re.compile(
    r"[(<](?:(?:非?必|选|可|须)(?:填|录)|\*|是/否|是或否|文本|格式|yyyy|示?例|例?如|填写|下拉|可?多选|单选"
    r"|不超过|最多|至多|限|\d+[位字个]).*[)>]$|(?:说明|填写说明|提示|(?<!备)注)[:;].*$",
    re.IGNORECASE,
)
"""What a template says of a column beside its header. A unit in brackets is no note."""

_NUMBER: Final = re.compile(r"^(?:[0-9A-Za-z]{1,2}[.、]|\(\d{1,2}\)|[一二三四五六七八九十]{1,3}、)")
_CIRCLED: Final = re.compile(r"^\s*[\u2460-\u249b\u2776-\u2793]\s*")
_BRACKETS: Final = str.maketrans("【】[]〔〕「」〈〉《》", "()()()()<><>")
_AROUND: Final = str.maketrans("", "", '*:“”"')
_WHOLE: Final = re.compile(r"[(<]([^()<>]+)[)>]")
_ALTERNATIVES: Final = re.compile(r"/|或者?")
_ENDS: Final = ";,.。、_-"


@lru_cache(4096)
def normal(header: str) -> str:
    """Return a header as it is compared: half-width, without blanks, stars and closing colons.

    Of a numbered code the words in brackets count alone: the numbers were changed over in 2018. A
    field's name in Latin letters is one however its words are joined.

    >>> normal("行政相对人代码＿3 （工商登记码）："), normal("罚款金额（万元）")
    ('工商登记码', '罚款金额(万元)')
    >>> normal("caseCode") == normal("CASE_CODE"), normal("1.【案号】"), normal("*案号[必填，文本]")
    (True, '案号', '案号')
    >>> normal("统一社会信用代码／组织机构代码") == normal("组织机构代码或统一社会信用代码")
    True
    """
    written = unicodedata.normalize("NFKC", _CIRCLED.sub("", header)).translate(_BRACKETS)
    folded = _NUMBER.sub("", "".join(written.replace("*)", ")").replace("(*", "(").split()))
    folded = _NOTE.sub("", folded).replace("()", "").translate(_AROUND).strip(_ENDS)
    if (whole := _WHOLE.fullmatch(folded)) is not None:
        folded = whole[1]
    if len(alternatives := _ALTERNATIVES.split(folded)) > 1:
        folded = "/".join(sorted(alternatives))
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

    def header_of(self, field: str) -> str:
        """Return a field's header as its sheet writes it, or what it is called if it has none."""
        place = self.places.get(field)
        if place is None:
            names = self.layout.fields.get(field, (field,))
            return names[0]
        return " ".join(self.headers[place].split()).lstrip("*")

    def repeats(self, cells: Sequence[str]) -> bool:
        """Return whether a row holds the headers once more, as printed pages do."""
        told = [cell for cell in cells if cell]
        if len(told) < 2 or told[0] not in self.headers:
            return False
        known = {*map(normal, self.headers), *map(normal, self.layout.ignored)}
        return known.issuperset(map(normal, told))


@cache
def known_headers() -> frozenset[str]:
    """Return every header that some layout knows, in its one form."""
    return frozenset(
        normal(name) for layout in LAYOUTS for names in layout.fields.values() for name in names
    )


def table_in(
    rows: Sequence[Sequence[str]], layouts: Iterable[SheetLayout] = LAYOUTS
) -> SheetTable | None:
    """Return the table whose headers stand in one of these rows, None when there is no such row.

    Raises ``NoSheet`` where two columns have one meaning.
    """
    best: tuple[int, SheetLayout, int, Sequence[str]] | None = None
    for layout in layouts:
        names = layout_names(layout)
        for number, row in _header_rows(rows):
            headers = {normal(cell) for cell in row if cell}
            if any(headers.isdisjoint(names[field]) for field in layout.required):
                continue
            count = sum(not headers.isdisjoint(each) for each in names.values())
            if best is None or count > best[0]:
                best = (count, layout, number, row)
    return None if best is None else _table(*best[1:])


def _header_rows(rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield each row, and each with the one above it, of which it may say more.

    A header that stands over several columns has theirs in the row below; those beside it are
    merged over both rows, so that the lower one has nothing there.
    """
    above: Sequence[str] = ()
    for number, row in enumerate(rows):
        yield number, row
        if any(above) and sum(normal(cell) in known_headers() for cell in row if cell) > 1:
            yield number, [low or high for low, high in zip_longest(row, above, fillvalue="")]
        above = row


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
            meaning, first = layout.fields[field][0], row[places[field]]
            raise NoSheet(
                Sentence(
                    f"two columns mean {meaning}: {first} and {cell}; leave one of them",
                    f"有两列的含义都是“{meaning}”：{first}、{cell}；请只保留一列",
                )
            )
        else:
            places[field] = place
    return SheetTable(layout, number, places, width, tuple(unknown), tuple(row[:width]))
