"""Siblings of the traits of office files: what looks like one thing and is another is told."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest

from creditbus.domain.acts.decisions import PenaltyDecided
from creditbus.domain.acts.events import EntryListed
from creditbus.sdk.sheets.archives import TooLarge
from creditbus.sdk.sheets.cells import LOST_DIGITS, NO_VALUE
from creditbus.sdk.sheets.files import OfficeFile
from creditbus.sdk.sheets.parties import MAYBE_PASSPORT
from creditbus.sdk.sheets.rows import RowFault
from creditbus.sdk.sheets.sentences import NoSheet
from tests.unit.sdk.test_files import CODE, COURT, HEADERS, fault, listed, one, read, text, workbook

SHEET: Final = "xl/worksheets/sheet1.xml"
FAR: Final = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def sheet_with(folder: Path, old: bytes, new: bytes, part: str = SHEET) -> Path:
    """Return a workbook of one listing whose sheet has something else in place of ``old``."""
    path = workbook(folder, [HEADERS, listed()])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts.pop(SHEET)
    assert old in sheet
    parts[part] = sheet.replace(old, new, 1)
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = parts[relations].replace(SHEET.encode(), part.encode())
    edited = folder / "edited.xlsx"
    with zipfile.ZipFile(edited, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return edited


def with_code_cell(folder: Path, cell: bytes) -> Path:
    whole = f'<c r="C2" t="inlineStr"><is><t>{CODE}</t></is></c>'.encode()
    path = workbook(folder, [HEADERS, listed()])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read(SHEET)
    begin = sheet.index(b'<c r="C2"')
    found = sheet[begin : sheet.index(b"</c>", begin) + len(b"</c>")]
    return sheet_with(folder, found, cell or whole)


# Days.


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-05T17:00:00Z", date(2026, 3, 6)),
        ("2026-03-05T15:59:59+00:00", date(2026, 3, 5)),
        ("2026-03-05 23:30:00-1200", date(2026, 3, 6)),
        ("2026-03-05T00:30:00+14:00", date(2026, 3, 4)),
        ("2026-03-05T24:00:00+08:00", date(2026, 3, 5)),
        ("2026-03-05T23:59:60+08:00", date(2026, 3, 5)),
        ("2026-03-05 24:00", date(2026, 3, 5)),
        ("2026–03–05", date(2026, 3, 5)),
        ("二〇二六年三月廿五日", date(2026, 3, 25)),
        ("贰零贰陆年叁月拾伍日", date(2026, 3, 15)),
        ("2026年3月5号", date(2026, 3, 5)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_a_day_is_the_county_s_however_it_is_written(
    tmp_path: Path, written: str, day: date
) -> None:
    listing = one(text(tmp_path, [HEADERS, listed(published=written)]))
    assert listing.envelope.decided_on == day


@pytest.mark.parametrize(
    "written",
    [
        *("2026-03-05 2026-03-09", "2026-03-05 至 2027-03-05", "2026-03-05 20260309"),
        *("2026-03-05 10:00 至 2026-03-09 10:00", "2026-03-05\n2026-03-09", "26/3/5", "3/5/2026"),
        *("2025-02-29", "1900-02-29", "民国115年3月5日", "1772668800", "正月初五"),
        *("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-01:00", "2026-03-05T25:00:00+08:00"),
    ],
)
def test_two_days_or_half_a_day_are_none(tmp_path: Path, written: str) -> None:
    told = fault(text(tmp_path, [HEADERS, listed(published=written)]))
    assert "is no day" in told.detail
    assert "不是日期" in told.detail_zh


# Cells.


@pytest.mark.parametrize("code", ["９.1E+17", "9.1E＋17", "9,137E+17"])
def test_powers_of_ten_in_any_spelling_have_lost_digits(tmp_path: Path, code: str) -> None:
    found = fault(workbook(tmp_path, [HEADERS, listed(code=code)]))
    assert (found.detail, found.detail_zh) == (LOST_DIGITS, LOST_DIGITS.zh)


@pytest.mark.parametrize(
    "shown", ["#GETTING_DATA", "#BLOCKED!", "#FIELD!", "Err:502", "########", "#名称？", "#n/a"]
)
def test_what_a_failed_formula_shows_is_no_text(tmp_path: Path, shown: str) -> None:
    assert f"gives {shown[0]}" in fault(text(tmp_path, [HEADERS, listed(name=shown)])).detail


@pytest.mark.parametrize("value", [b"1e999", b"NaN", b"-inf"])
def test_a_number_that_is_none_is_told(tmp_path: Path, value: bytes) -> None:
    path = with_code_cell(tmp_path, b'<c r="C2"><v>' + value + b"</v></c>")
    assert fault(path).detail == NO_VALUE


@pytest.mark.parametrize("number", ["G12345678", "H12345678", "E12345678", "EA1234567"])
def test_a_passport_is_no_organisation_whatever_its_check(tmp_path: Path, number: str) -> None:
    told = fault(text(tmp_path, [HEADERS, listed(code=number, name="某人")]))
    assert told.detail == MAYBE_PASSPORT
    assert number not in repr(told)


def test_a_formula_in_another_sheet_says_nothing_of_this_one(tmp_path: Path) -> None:
    cover = [["封面"], ["=A9"] * 8]
    assert one(workbook(tmp_path, cover, [HEADERS, listed(notice=None)])).notice_served_on is None


# Headers.


@pytest.mark.parametrize(
    "written",
    [
        *("执行案号（必填，文本）", "执行案号【必填】", "执行案号[选填]", "执行案号<必填>"),
        *("执行案号（示例：（2026）鲁02执1号）", "①执行案号", "一、执行案号", "A.执行案号"),
        *("执行案号；", "执行案号。", "执行案号（*）", "“执行案号”", "执行案号（不超过50字）"),
    ],
)
def test_what_a_template_says_beside_a_header_is_no_part_of_it(
    tmp_path: Path, written: str
) -> None:
    headers = [written, *HEADERS[1:]]
    assert one(workbook(tmp_path, [headers, listed()])).envelope.subject_id == f"uscc:{CODE}"


def test_another_unit_is_another_column(tmp_path: Path) -> None:
    headers = ["行政处罚决定书文号", "行政相对人名称", "统一社会信用代码", "处罚决定日期"]
    row = ["青罚〔2026〕1号", "（测）示例", CODE, "2026-03-02", "15000"]
    file = OfficeFile(text(tmp_path, [[*headers, "罚款金额（元）"], row]), COURT)
    (penalty,) = file.rows()
    assert isinstance(penalty, PenaltyDecided), penalty
    assert penalty.fine_fen is None
    assert "罚款金额" in file.notices[0]
    assert file.notices[0].zh.endswith("未读取")


def test_headers_may_stand_in_two_rows(tmp_path: Path) -> None:
    upper = ["行政处罚决定书文号", "行政相对人名称", "行政相对人代码", None, None, "处罚决定日期"]
    lower = [None, None, "统一社会信用代码", "组织机构代码", "工商登记码", None]
    row = ["青罚〔2026〕1号", "（测）示例", CODE, "", "", "2026-03-02"]
    file = OfficeFile(
        workbook(tmp_path, [["行政处罚信息"], upper, lower, row, upper, lower]), COURT
    )
    (penalty,) = file.rows()
    assert isinstance(penalty, PenaltyDecided), penalty
    assert penalty.envelope.subject_id == f"uscc:{CODE}"
    assert (file.numbers, file.table is not None and file.table.row) == ([4], 2)


def test_values_without_a_header_are_told(tmp_path: Path) -> None:
    headers, row = [*HEADERS], listed()
    headers.insert(3, "")
    row.insert(3, "stray")
    file = OfficeFile(workbook(tmp_path, [headers, row]), COURT)
    assert len(list(file.rows())) == 1
    assert "column D has values and no header" in file.notices[0]


# Rows.


@pytest.mark.parametrize(
    "closing",
    [
        *("Total", "END", "（以下空白）", "——以下空白——", "—结束—", "注1：不含", "备注", "盖章"),
        *("年  月  日", "（公章）", "Grand Total", "本页小计"),
    ],
)
def test_what_closes_a_table_is_no_row(tmp_path: Path, closing: str) -> None:
    assert one(workbook(tmp_path, [HEADERS, listed(), [closing]])).subject_name is not None


@pytest.mark.parametrize("name", ["Endress贸易有限公司", "Total石油有限公司", "备注文化有限公司"])
def test_a_firm_whose_name_begins_like_an_end_is_read(tmp_path: Path, name: str) -> None:
    headers = ["行政相对人名称", "统一社会信用代码", "行政处罚决定书文号", "处罚决定日期"]
    (penalty,) = read(workbook(tmp_path, [headers, [name, CODE, "青罚1号", "2026-03-02"]]))
    assert isinstance(penalty, PenaltyDecided), penalty


def test_rows_that_a_filter_hides_are_read_and_told(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADERS, *(listed(case=case) for case in "abc")])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].auto_filter.ref = "A1:H4"
    book.worksheets[0].row_dimensions[3].hidden = True
    book.save(path)
    file = OfficeFile(path, COURT)
    assert [type(each) for each in file.rows()] == [EntryListed] * 3
    assert "1 rows are hidden in the sheet and were read as well: 3" in file.notices[0]
    assert "被隐藏" in file.notices[0].zh


# Files.


@pytest.mark.parametrize(
    "far",
    [
        FAR,
        FAR.replace(b'"', b"'"),
        FAR.replace(b"r=", b"r = "),
        FAR.replace(b"XFD", b"xfd"),
        FAR.replace(b"<c ", b'<c s="0" '),
        FAR.replace(b"<c ", b"<c x=' r=\"A1\"' "),
        b'<row r="2"><c r="XFD2"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>',
    ],
)
@pytest.mark.parametrize("part", [SHEET, "xl/elsewhere/sheet.bin"])
def test_a_cell_far_off_is_seen_however_it_is_written(
    tmp_path: Path, far: bytes, part: str
) -> None:
    path = sheet_with(tmp_path, b"</sheetData>", far + b"</sheetData>", part)
    with pytest.raises(TooLarge, match="row 1048576, column 16384"):
        read(path)


def test_cells_without_references_are_read_where_they_stand(tmp_path: Path) -> None:
    path = with_code_cell(tmp_path, b"")
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read(SHEET).replace(b' r="C2"', b"")
    assert one(sheet_with(tmp_path, _sheet_of(path), sheet)).envelope.subject_id == f"uscc:{CODE}"


def _sheet_of(path: Path) -> bytes:
    plain = workbook(path.parent, [HEADERS, listed()])
    with zipfile.ZipFile(plain) as archive:
        return archive.read(SHEET)


def packed(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packed("mimetype", "content.xml"), "OpenDocument"),
        (packed("xl/workbook.bin"), "binary workbook"),
        (packed("word/document.xml"), "text document"),
        (packed("list.csv"), "packed file"),
        (packed(), "packed file"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        ("<html><table>".encode("utf-16"), "web page"),
        (b"<!--[if gte mso 9]><xml>", "web page"),
        (b"\xef\xbb\xbf%PDF-1.7", "PDF"),
        (b"{\\rtf1 x}", "text document"),
        (b'{"type": "entry_listed"}\n', "ndjson"),
        (b"MZ\x90\x00" + bytes(300), "no workbook and no text"),
        (b"a,b\n1,\xff\xff\n", "in line 2 at the latest"),
    ],
)
def test_what_is_no_sheet_says_what_it_is_in_both_languages(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)
    with pytest.raises(NoSheet, match=why) as caught:
        read(path)
    assert "请" in caught.value.said.zh


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-be"])
def test_an_encoding_without_a_mark_is_found(tmp_path: Path, encoding: str) -> None:
    path = text(tmp_path, [HEADERS, listed(), listed(case="b")], encoding=encoding)
    assert [type(each) for each in read(path)] == [EntryListed] * 2


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_end_in_any_way(tmp_path: Path, end: str) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator=end).writerows([HEADERS, listed()])
    assert one(path).envelope.subject_id == f"uscc:{CODE}"


WRONG: Final[dict[str, Any]] = {
    "case": "",
    "code": f"{CODE[:-1]}X",
    "conduct": "其他",
    "published": "明天",
    "notice": "昨天",
    "rights": "也许",
}


def test_every_cell_is_told_in_both_languages_and_no_person_in_either(tmp_path: Path) -> None:
    rows = [HEADERS, listed(**WRONG), listed(published="370299199001012298")]
    first, second = read(text(tmp_path, rows))
    assert isinstance(first, RowFault)
    told = (first, *first.others)
    assert len(told) == len(WRONG)
    assert all(re.match("[“一-鿿]", each.detail_zh) for each in told), told
    assert isinstance(second, RowFault)
    assert "1990" not in repr(second)


@pytest.mark.parametrize(
    "header",
    [
        "组织机构代码/统一社会信用代码",
        "统一社会信用代码或组织机构代码",
        "统一社会信用代码／组织机构代码／身份证号码",
        "身份证号码或者统一社会信用代码",
    ],
)
def test_a_header_may_name_its_alternatives_in_any_order(tmp_path: Path, header: str) -> None:
    headers = [header if each == HEADERS[2] else each for each in HEADERS]
    assert one(text(tmp_path, [headers, listed()])).envelope.subject_id == f"uscc:{CODE}"
