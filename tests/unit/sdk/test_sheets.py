"""The court list as offices send it: any form of header, day and file; a bad row stops no other."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import openpyxl
import pytest

from creditbus.domain.acts.events import EntryListed
from creditbus.domain.acts.gates import Listing, first_fault
from creditbus.domain.ids import SourceId
from creditbus.domain.subjects import SubjectKind
from creditbus.sdk.sheets.court_lists import CONDUCTS
from creditbus.sdk.sheets.files import FileAct, read_file
from creditbus.sdk.sheets.rows import RowFault
from tests.examples import FIRM, ROOT, a_catalogue

COURT: Final = SourceId("court")
SHIPPED: Final = ROOT / "examples" / "court-list.csv"
HEADERS: Final = (
    "案号",
    "失信被执行人姓名/名称",
    "身份证号码/组织机构代码",
    "执行依据文号",
    "失信被执行人具体情形",
    "发布时间",
    "执行通知书送达时间",
    "已告知权利",
)
ROW: Final = (
    "（2026）鲁02执1号",
    "（测）青岛示例有限公司",
    FIRM.removeprefix("uscc:"),
    "（2025）鲁02民初1号",
    "违反财产报告制度",
    "2026-03-13",
    "2026-03-10",
    "是",
)

Read = list[FileAct | RowFault]


def row(**cells: object) -> tuple[object, ...]:
    """Return the row with these cells, named by the first letters of nothing but their place."""
    places = ("case", "name", "code", "document", "conduct", "published", "notice", "rights")
    return tuple(cells.get(place, cell) for place, cell in zip(places, ROW, strict=True))


def as_csv(
    folder: Path,
    *rows: Sequence[object],
    headers: Sequence[str] = HEADERS,
    encoding: str = "utf-8",
) -> Path:
    path = folder / "list.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([headers, *rows])
    return path


def as_xlsx(folder: Path, *rows: Sequence[object]) -> Path:
    book = openpyxl.Workbook()
    for cells in (HEADERS, *rows):
        book.active.append(list(cells))
    path = folder / "list.xlsx"
    book.save(path)
    return path


def read(path: Path) -> Read:
    return list(read_file(path, COURT))


def one(path: Path) -> EntryListed:
    (found,) = read(path)
    assert isinstance(found, EntryListed), found
    return found


def fault(path: Path) -> RowFault:
    (found,) = read(path)
    assert isinstance(found, RowFault), found
    return found


def test_shipped_example_has_seven_listings_and_one_fault() -> None:
    found = read(SHIPPED)
    listings = [each for each in found if isinstance(each, EntryListed)]
    assert len(listings) == 7
    (wrong,) = [each for each in found if isinstance(each, RowFault)]
    assert wrong.row == 8
    assert "check character" in wrong.detail
    assert all(listing.envelope.synthetic for listing in listings)
    assert {listing.envelope.source for listing in listings} == {COURT}


def test_row_becomes_a_lawful_listing(tmp_path: Path) -> None:
    listing = one(as_csv(tmp_path, ROW))
    assert listing.envelope.subject_id == FIRM
    assert listing.envelope.record_id == "（2026）鲁02执1号"
    assert listing.envelope.document_number == "（2025）鲁02民初1号"
    assert (listing.envelope.decided_on, listing.ends_on) == (date(2026, 3, 13), date(2028, 3, 13))
    assert (listing.provisions, listing.until_performed) == (("4",), False)
    assert (listing.notice_served_on, listing.rights_stated) == (date(2026, 3, 10), True)
    definition = a_catalogue().lists[listing.list_id]
    assert first_fault(Listing(listing, definition, a_catalogue())) is None


def test_same_row_is_the_same_event_whenever_it_is_read(tmp_path: Path) -> None:
    assert one(as_csv(tmp_path, ROW)) == one(as_xlsx(tmp_path, ROW))


@pytest.mark.parametrize(
    ("place", "header"),
    [
        (0, "执行案号"),
        (0, " 案 号 ："),
        (0, "案号:"),
        (0, "caseCode"),
        (1, "失信被执行人姓名／名称"),
        (1, "失信被执行人姓名 / 名称："),
        (1, "被执行人姓名/名称"),
        (2, "身份证号码／组织机构代码"),
        (2, "统一社会信用代码"),
        (2, "\u3000组织机构代码\u3000"),
        (5, "publishDate"),
    ],
)
def test_headers_are_known_in_every_office_s_form(tmp_path: Path, place: int, header: str) -> None:
    headers = [*HEADERS[:place], header, *HEADERS[place + 1 :]]
    assert one(as_csv(tmp_path, ROW, headers=headers)).envelope.subject_id == FIRM


def test_columns_stand_in_any_order_among_others(tmp_path: Path) -> None:
    headers = ["地域名称", *reversed(HEADERS), "执行法院"]
    cells = ["山东", *reversed(ROW), "测试法院"]
    assert one(as_csv(tmp_path, cells, headers=headers)) == one(as_xlsx(tmp_path, ROW))


@pytest.mark.parametrize("place", range(len(HEADERS)))
def test_missing_column_is_named_before_any_row_is_read(tmp_path: Path, place: int) -> None:
    headers = [*HEADERS[:place], "备注", *HEADERS[place + 1 :]]
    with pytest.raises(ValueError, match=r"list\.csv: no column .*found: .*备注"):
        read(as_csv(tmp_path, ROW, headers=headers))


@pytest.mark.parametrize("name", ["empty.csv", "list.txt", "list"])
def test_file_that_is_no_sheet_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=name):
        read(path)


def test_cell_beyond_all_bounds_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"list\.csv is no csv"):
        read(as_csv(tmp_path, row(name="x" * 200_000)))


def test_workbook_that_is_none_says_so(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"no workbook")
    with pytest.raises(ValueError, match=r"list\.xlsx"):
        read(path)


@pytest.mark.parametrize(
    "published",
    ["2026-03-13", "20260313", "2026年03月13日", "2026年3月13日", "2026/3/13", "2026-03-13 09:30"],
)
def test_day_is_read_in_every_form(tmp_path: Path, published: str) -> None:
    listing = one(as_csv(tmp_path, row(published=published)))
    assert listing.envelope.decided_on == date(2026, 3, 13)


@pytest.mark.parametrize(
    "published",
    [date(2026, 3, 13), datetime(2026, 3, 13, 9, 30), 20260313, "2026年03月13日"],  # noqa: DTZ001 - a cell of a sheet has no zone
)
def test_cell_of_a_workbook_may_be_a_day_a_number_or_text(
    tmp_path: Path, published: object
) -> None:
    listing = one(as_xlsx(tmp_path, row(published=published)))
    assert listing.envelope.decided_on == date(2026, 3, 13)


@pytest.mark.parametrize(
    "published",
    ["", "/", "无", "2026-02-30", "13.03.2026", "soon", "2026", "2026313", "2026111", "202603130"],
)
def test_day_that_is_none_is_told_and_never_guessed(tmp_path: Path, published: str) -> None:
    wrong = fault(as_csv(tmp_path, row(published=published)))
    assert (wrong.row, wrong.column) == (2, "发布时间")
    assert "2026-07-09" in wrong.detail


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_file_is_read_in_the_encodings_that_offices_write(tmp_path: Path, encoding: str) -> None:
    listing = one(as_csv(tmp_path, ROW, encoding=encoding))
    assert listing.subject_name == "（测）青岛示例有限公司"


@pytest.mark.parametrize("empty", ["", " ", "/", "无", " / "])
def test_cell_without_a_value_is_empty(tmp_path: Path, empty: str) -> None:
    listing = one(as_csv(tmp_path, row(notice=empty, document=empty, rights=empty)))
    assert listing.notice_served_on is None
    assert listing.envelope.document_number == ""
    assert listing.rights_stated is False


@pytest.mark.parametrize(
    ("cells", "column", "told"),
    [
        ({"code": "913702000000000A2G"}, "身份证号码/组织机构代码", "check character"),
        ({"code": ""}, "身份证号码/组织机构代码", "18"),
        ({"case": "/"}, "案号", "case"),
        ({"conduct": "其他"}, "失信被执行人具体情形", "article 1"),
        ({"notice": "yesterday"}, "执行通知书送达时间", "2026-07-09"),
    ],
)
def test_row_that_cannot_be_read_is_told_and_its_neighbours_go_on(
    tmp_path: Path, cells: dict[str, str], column: str, told: str
) -> None:
    before, wrong, after = read(as_csv(tmp_path, ROW, row(**cells), row(case="（2026）鲁02执3号")))
    assert isinstance(before, EntryListed)
    assert isinstance(after, EntryListed)
    assert isinstance(wrong, RowFault)
    assert (wrong.row, wrong.column) == (3, column)
    assert told in wrong.detail


def test_workbook_that_begins_below_keeps_its_row_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cells in ((None,), (None,), HEADERS, ROW, row(code="")):
        book.active.append(list(cells))
    path = tmp_path / "list.xlsx"
    book.save(path)
    listing, wrong = read(path)
    assert isinstance(listing, EntryListed)
    assert isinstance(wrong, RowFault)
    assert wrong.row == 5


def test_empty_rows_and_short_rows_are_borne(tmp_path: Path) -> None:
    path = as_csv(tmp_path, ("", " "), ROW[:-1], [""] * 8, row(code=""))
    listing, wrong = read(path)
    assert isinstance(listing, EntryListed)
    assert listing.rights_stated is False
    assert isinstance(wrong, RowFault)
    assert wrong.row == 5


@pytest.mark.parametrize(("item", "words"), CONDUCTS.items())
def test_conduct_gives_the_item_of_article_1(tmp_path: Path, item: str, words: str) -> None:
    listing = one(as_csv(tmp_path, row(conduct=f"以{words}等方法规避执行")))
    assert listing.provisions == (item,)
    assert listing.until_performed is (item == "1")
    assert (listing.ends_on is None) is (item == "1")


def test_several_conducts_keep_a_term(tmp_path: Path) -> None:
    listing = one(as_csv(tmp_path, row(conduct=f"{CONDUCTS['1']}；{CONDUCTS['4']}")))
    assert listing.provisions == ("1", "4")
    assert listing.ends_on == date(2028, 3, 13)


def test_code_is_read_in_small_letters_and_with_blanks(tmp_path: Path) -> None:
    code = f" {FIRM.removeprefix('uscc:').lower()[:8]} {FIRM.removeprefix('uscc:')[8:]} "
    assert one(as_csv(tmp_path, row(code=code))).envelope.subject_id == FIRM


def test_cell_with_a_line_break_stays_one_cell(tmp_path: Path) -> None:
    name = "（测）青岛示例\n有限公司"
    listing, wrong = read(as_csv(tmp_path, row(name=name), row(code="")))
    assert isinstance(listing, EntryListed)
    assert listing.subject_name == name
    assert isinstance(wrong, RowFault)
    assert wrong.row == 3


def test_cell_with_a_strange_separator_stays_one_cell(tmp_path: Path) -> None:
    name = "（测）青岛\u2028示例\x0b有限公司"
    assert one(as_csv(tmp_path, row(name=name))).subject_name == name


def test_an_old_code_is_left_to_intake_and_a_persons_number_is_not_read(tmp_path: Path) -> None:
    rows = [row(code="0000000A-2"), row(code="370299900101000"), row(code="370299199001010000")]
    listing, *wrong = read(as_csv(tmp_path, *rows))
    assert isinstance(listing, EntryListed)
    assert listing.envelope.subject_id == "org9:0000000A2"
    assert listing.envelope.subject_kind is SubjectKind.NONE
    for fault in wrong:
        assert isinstance(fault, RowFault)
        assert "3702" not in fault.detail
