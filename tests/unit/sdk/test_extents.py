"""Extents: no cell is missed that makes a sheet reach far, in whatever way it is written or cut."""

from __future__ import annotations

import io
import zipfile
from typing import Final

import pytest

from creditbus.sdk.sheets import archives, extents
from creditbus.sdk.sheets.archives import TooLarge, look_into
from creditbus.sdk.sheets.extents import BeyondBounds, Extent, walk
from creditbus.sdk.sheets.sentences import NoSheet

LONG: Final = 2**16 + 1
WORKBOOK: Final = (
    '<workbook xmlns:r="r"><workbookPr{props}/><sheets>'
    '<sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS: Final = '<Relationships><Relationship Id="rId1" Target="{target}"/></Relationships>'


def extent_of(*pieces: bytes) -> Extent:
    extent = Extent()
    for piece in pieces:
        extent.take(piece, piece)
    return extent


def walked(content: bytes) -> Extent:
    extent = Extent()
    walk(extent, [content[:9], content[9:]])
    return extent


def a_book(
    sheet: bytes,
    *,
    target: str = "worksheets/sheet1.xml",
    props: str = "",
    part: str = "xl/worksheets/sheet1.xml",
    others: dict[str, bytes] | None = None,
) -> io.BytesIO:
    """Return a workbook of one sheet as its parts are in the archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", WORKBOOK.format(props=props))
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(target=target))
        archive.writestr(part, sheet)
        for name, other in (others or {}).items():
            archive.writestr(name, other)
    content.seek(0)
    return content


# By patterns.


def test_a_tag_that_is_cut_is_counted_once() -> None:
    whole = b'<row r="1"><c r="A1"/><c r="C7"/></row>'
    for cut in range(len(whole) + 1):
        extent = extent_of(whole[:cut], whole[cut:])
        assert (extent.rows, extent.columns, extent.cells) == (7, 3, 2), cut
        assert not extent.is_odd


def test_a_sheet_stays_odd_once_it_was() -> None:
    assert extent_of(b"<c><v>1</v></c>", b'<c r="A2"/>').is_odd


def test_as_many_cells_as_in_no_table_are_beyond_bounds_wherever_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extents, "CELLS", 3)
    assert extent_of(b'<c r="A1"/>' * 3).cells == 3
    with pytest.raises(BeyondBounds):
        extent_of(b'<c r="A1"/>' * 4)
    with pytest.raises(BeyondBounds):
        extent_of(b'<c r="B2"/>')
    with pytest.raises(BeyondBounds):
        walked(b'<s><c r="A1"/><c r="A1"/><c r="A1"/><c r="A1"/></s>')


def test_a_text_longer_than_any_tag_hides_no_cell_behind_it() -> None:
    text = b"x" * (LONG)
    extent = extent_of(b"<t>" + text, text + b"</t>", b'<c r="D9"/>')
    assert (extent.columns, extent.is_odd) == (4, False)
    cut = extent_of(b"<t>" + text + b'<c r="', b'D9"/>')
    assert (cut.columns, cut.is_odd) == (4, False)


def test_a_tag_longer_than_any_makes_a_sheet_odd() -> None:
    assert extent_of(b"<c " + b" " * (LONG), b'r="D9"/>').is_odd


@pytest.mark.parametrize(
    ("row", "hidden"),
    [
        (b'<row r="3" hidden="1"><c r="A3"/></row>', [3]),
        (b'<x:row hidden="true" spans="1:2" r="3"><x:c r="A3"/></x:row>', [3]),
        (b'<row r="3" hidden="1"/>', []),
        (b'<row r="3" hidden="0"><c r="A3"/></row>', []),
        (b'<col min="1" hidden="1"/><row r="3"><c r="A3"/></row>', []),
    ],
)
def test_a_hidden_row_is_told_that_holds_something(row: bytes, hidden: list[int]) -> None:
    assert extent_of(row).hidden == hidden


@pytest.mark.parametrize(
    ("cell", "is_valueless"),
    [
        (b'<c r="B2"><f>A1</f></c>', True),
        (b'<c r="B2"><f>A1</f><v></v></c>', True),
        (b'<x:c r="B2"><x:f>A1</x:f></x:c>', True),
        (b'<x:c r="B2"><x:f t="shared" si="0"/></x:c>', True),
        (b'<c r="B2"><f t="shared" si="0"/><v/></c>', True),
        (b'<c r="B2" t="e"><v>#REF!</v></c>', True),
        (b'<c r="B2"><f>A1</f><v>1</v></c>', False),
        (b'<c r="B2"><v>1</v></c>', False),
    ],
)
def test_a_formula_that_gives_nothing_is_known(cell: bytes, is_valueless: bool) -> None:  # noqa: FBT001
    assert extent_of(cell).valueless == ({"B2"} if is_valueless else set())


# By a parser.


@pytest.mark.parametrize(
    ("content", "rows", "columns"),
    [
        (b"<s><row><c/><c/><c/></row><row><c/></row></s>", 2, 3),
        (b"<s><row r='5'><c/></row><row><c/></row></s>", 6, 1),
        (b"<s><row><c r='C4'/><c/></row></s>", 4, 4),
        (b"<s><row><c r='c4'/></row><row r='x'><c/></row></s>", 5, 3),
        (b"<x:s xmlns:x='x'><x:row r='7'><x:c r='B7'/></x:row></x:s>", 7, 2),
    ],
)
def test_a_cell_without_reference_stands_beside_the_last(
    content: bytes, rows: int, columns: int
) -> None:
    extent = walked(content)
    assert (extent.rows, extent.columns) == (rows, columns)


def test_a_sheet_that_is_walked_counts_its_cells_anew() -> None:
    content = b"<s><row><c/><c/></row></s>"
    extent = extent_of(content)
    walk(extent, [content])
    assert extent.cells == 2


def test_half_a_sheet_is_no_workbook() -> None:
    with pytest.raises(NoSheet, match="cannot be unpacked"):
        look_into(a_book(b"<s><row><c/></row>"), "list.xlsx")


# Archives.


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("..\\xl\\worksheets\\sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("Worksheets/Sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("worksheets/sheet1.xml", "xl/Worksheets/Sheet1.XML"),
        ("../elsewhere/sheet.bin", "elsewhere/sheet.bin"),
    ],
)
def test_a_sheet_is_found_wherever_its_workbook_names_it(target: str, part: str) -> None:
    book = a_book(b"<s><row><c r='B3'/></row></s>", target=target, part=part)
    found = look_into(book, "list.xlsx").sheets
    assert {name: (each.rows, each.columns) for name, each in found.items()} == {"表": (3, 2)}


@pytest.mark.parametrize(
    ("props", "is_from_1904"),
    [(' date1904="1"', True), (' date1904="true"', True), ("", False), (' date1904="0"', False)],
)
def test_days_count_from_what_the_workbook_says(props: str, is_from_1904: bool) -> None:  # noqa: FBT001
    assert look_into(a_book(b"<s/>", props=props), "list.xlsx").from_1904 is is_from_1904


def test_all_parts_together_unpack_to_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "UNPACKED_BYTES", 5_000)
    others = {"xl/media/1.xml": b" " * 3_000}
    look_into(a_book(b"<s/>", others=others), "list.xlsx")
    with pytest.raises(TooLarge, match="unpacks to more"):
        look_into(a_book(b"<s/>", others={**others, "xl/media/2.xml": b" " * 3_000}), "list.xlsx")


def test_an_archive_has_so_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "PARTS", 3)
    look_into(a_book(b"<s/>"), "list.xlsx")
    with pytest.raises(TooLarge, match="4 parts"):
        look_into(a_book(b"<s/>", others={"xl/more.xml": b""}), "list.xlsx")


def test_what_says_which_sheets_there_are_is_kept_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "_KEPT_BYTES", 100)
    with pytest.raises(TooLarge):
        look_into(a_book(b"<s/>"), "list.xlsx")


def test_a_text_that_cells_name_is_counted_though_it_comes_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "TEXT_BYTES", 5_000)
    sheet = b'<s><row r="1">' + b'<c r="A1" t="s"><v>0</v></c>' * 10 + b"</row></s>"
    strings = {"xl/sharedStrings.xml": b"<sst><si><t>" + b"x" * 1_000 + b"</t></si></sst>"}
    with pytest.raises(TooLarge, match="of text in its cells"):
        look_into(a_book(sheet, others=strings), "list.xlsx")


def test_a_cell_that_lies_between_two_pieces_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = b'<s><row r="1"><c r="B2"><f>A1</f></c></row></s>'
    for size in range(1, len(sheet)):
        monkeypatch.setattr(archives, "_PIECE", size)
        extent = look_into(a_book(sheet), "list.xlsx").sheets["表"]
        assert (extent.cells, extent.valueless) == (1, {"B2"}), size


def test_a_part_that_the_workbook_does_not_name_is_walked_as_well() -> None:
    others = {"xl/worksheets/stray.xml": b"<s><row r='1048576'><c r='XFD1048576'/></row></s>"}
    with pytest.raises(TooLarge, match="row 1048576, column 16384"):
        look_into(a_book(b"<s/>", others=others), "list.xlsx")


@pytest.mark.parametrize("word", ["flags", "method"])
def test_an_archive_in_another_manner_is_no_workbook(word: str) -> None:
    """One that is locked, and one that is packed in a way that nobody knows."""
    content, value = bytearray(a_book(b"<s/>").getvalue()), {"flags": 1, "method": 99}[word]
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        begin = content.find(mark)
        while begin >= 0:
            content[begin + place + (0 if word == "flags" else 2)] = value
            begin = content.find(mark, begin + 1)
    with pytest.raises(NoSheet, match="cannot be unpacked"):
        look_into(io.BytesIO(bytes(content)), "list.xlsx")
