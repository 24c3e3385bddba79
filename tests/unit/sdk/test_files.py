"""Every trait of the files that offices send, each made here as a small file with its answer."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest

from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided
from creditbus.domain.acts.events import EntryListed
from creditbus.domain.ids import SourceId
from creditbus.domain.subjects import SubjectKind
from creditbus.sdk.sheets.archives import TooLarge
from creditbus.sdk.sheets.cells import LOST_DIGITS
from creditbus.sdk.sheets.files import FileAct, OfficeFile, read_file
from creditbus.sdk.sheets.parties import MAYBE_ROUNDED
from creditbus.sdk.sheets.rows import RowFault
from tests.property.domain.test_persons import FIELD, a_passing_number

COURT: Final = SourceId("court")
CODE: Final = "91370200000088022Y"
HEADERS: Final = (
    *("执行案号", "失信被执行人姓名／名称", "身份证号码／组织机构代码", "执行依据文号"),
    *("失信被执行人具体情形", "发布时间", "执行通知书送达时间", "已告知权利"),
)
LISTED: Final[dict[str, object]] = {
    "case": "（2026）鲁02执1号",
    "name": "（测）青岛示例有限公司",
    "code": CODE,
    "document": "（2025）鲁02民初1号",
    "conduct": "违反财产报告制度",
    "published": "2026-03-13",
    "notice": "2026-03-10",
    "rights": "是",
}
Rows = Sequence[Sequence[Any]]


def listed(**cells: object) -> list[Any]:
    return list((LISTED | cells).values())


def workbook(folder: Path, *sheets: Rows, name: str = "list.xlsx", **states: str) -> Path:
    """Write a workbook with these sheets; ``states`` are the visible ones' opposites by number."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"表{number}")
        sheet.sheet_state = states.get(f"of{number}", "visible")
        for row in rows:
            sheet.append(list(row))
    path = folder / name
    book.save(path)
    return path


def text(folder: Path, rows: Rows, *, encoding: str = "utf-8", separator: str = ",") -> Path:
    path = folder / "list.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    return path


def read(path: Path) -> list[FileAct | RowFault]:
    return list(read_file(path, COURT))


def one(path: Path) -> EntryListed:
    (found,) = read(path)
    assert isinstance(found, EntryListed), found
    return found


def fault(path: Path) -> RowFault:
    (found,) = read(path)
    assert isinstance(found, RowFault), found
    return found


def test_the_code_as_a_number_is_refused_and_never_another_firm(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADERS, listed(code=913702000074639991)])
    assert fault(path).detail == LOST_DIGITS


@pytest.mark.parametrize("code", ["9.137E+17", "9.13702E+17", "9.13702000074E17"])
def test_a_code_in_powers_of_ten_is_refused(tmp_path: Path, code: str) -> None:
    found = fault(text(tmp_path, [HEADERS, listed(code=code)]))
    assert (found.row, found.column, found.detail) == (2, HEADERS[2], LOST_DIGITS)


@pytest.mark.parametrize(
    "code", [f"'{CODE}", f'="{CODE}"', f"‘{CODE}", f" {CODE}\u200b", "０".join(CODE.split("0"))]
)
def test_a_protected_code_is_read(tmp_path: Path, code: str) -> None:
    rows = [HEADERS, listed(code=code)]
    assert one(text(tmp_path, rows)).envelope.subject_id == f"uscc:{CODE}"


@pytest.mark.parametrize("code", ["913702000074640000", "９１３７０２００００７４６４００００"])
@pytest.mark.parametrize("as_file", [text, workbook])
def test_a_code_that_was_rounded_before_it_became_text_is_refused(
    tmp_path: Path, as_file: Any, code: str
) -> None:
    rows = [HEADERS, listed(code=code)]
    path = as_file(tmp_path, rows)
    assert fault(path).detail == MAYBE_ROUNDED


@pytest.mark.parametrize("empty", ['=""', "'", "——", "／", "n/a", "(空)", "\x00", "暂无"])
def test_whatever_offices_write_for_nothing_is_nothing(tmp_path: Path, empty: str) -> None:
    assert one(text(tmp_path, [HEADERS, listed(notice=empty)])).notice_served_on is None
    assert "18 characters" in fault(text(tmp_path, [HEADERS, listed(code=empty)])).detail


@pytest.mark.parametrize(
    ("headers", "cells"),
    [
        (("年龄",), ("45",)),
        (("sexy", "age"), ("男", "")),
        (("partyTypeName",), ("自然人",)),
        (("partyTypeName",), (0,)),
    ],
)
def test_what_says_that_it_is_a_person_is_not_read(
    tmp_path: Path, headers: tuple[str, ...], cells: tuple[object, ...]
) -> None:
    told = fault(workbook(tmp_path, [[*HEADERS, *headers], [*listed(), *cells]]))
    assert "natural person's row" in told.detail


def test_a_firms_row_may_have_the_columns_of_persons(tmp_path: Path) -> None:
    rows = [[*HEADERS, "sexy", "age", "partyTypeName"], [*listed(), "", 0, 1]]
    assert one(workbook(tmp_path, rows)).envelope.subject_id == f"uscc:{CODE}"


@pytest.mark.parametrize("code", [FIELD, a_passing_number(), "370299199001010000"])
def test_a_persons_number_is_no_firm_and_nowhere_said_again(tmp_path: Path, code: str) -> None:
    found = fault(text(tmp_path, [HEADERS, listed(code=code, name="某人")]))
    assert "natural person" in found.detail
    assert code not in repr(found)


@pytest.mark.parametrize(
    "rights", [True, "y", "Ｙ", "TRUE", "是", "yes", "√", 1, "已告知", "是的", "☑", "1.0"]
)
def test_yes_is_yes_however_it_is_written(tmp_path: Path, rights: object) -> None:
    assert one(workbook(tmp_path, [HEADERS, listed(rights=rights)])).rights_stated


@pytest.mark.parametrize("rights", [False, "n", "否", "", None, "0", "/", "没有", "✗", "——"])
def test_no_is_no(tmp_path: Path, rights: object) -> None:
    assert not one(workbook(tmp_path, [HEADERS, listed(rights=rights)])).rights_stated


def test_a_word_that_is_neither_is_told(tmp_path: Path) -> None:
    assert "是 or 否" in fault(workbook(tmp_path, [HEADERS, listed(rights="也许")])).detail


@pytest.mark.parametrize(
    "day",
    [
        *(46094, 46094.0, "46094", "２０２６年３月１３日", "2026-3-13", "2026/03/13", "2026.3.13"),
        *("二〇二六年三月十三日", "二零二六年三月十三号", "46094.375", "2026-03-13T00:00:00+08:00"),
        *("20260313", 20260313, "２０２６０３１３", "2026年3月13日", "2026 年 3 月 13 日"),
        *("2026-03-13 00:00:00", date(2026, 3, 13), datetime(2026, 3, 13, 9, 30)),  # noqa: DTZ001 - as a workbook has it
    ],
)
def test_a_day_is_read_in_every_form(tmp_path: Path, day: object) -> None:
    listing = one(workbook(tmp_path, [HEADERS, listed(published=day)]))
    assert listing.envelope.decided_on == date(2026, 3, 13)


def test_days_may_count_from_1904(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADERS, listed(published=46094 - 1462)])
    edited = _edited(path, "xl/workbook.xml", b"<workbookPr", b'<workbookPr date1904="1"')
    assert one(edited).envelope.decided_on == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("conduct", "items"),
    [
        ("违反限制高消费令", ("5",)),
        ("违反限制消费令", ("5",)),
        ("以暴力、威胁方法妨碍、抗拒执行", ("2",)),
        ("以暴力,威胁方法妨碍,抗拒执行", ("2",)),
        ("以伪造证据、暴力、威胁等方法妨碍、抗拒执行的", ("2",)),
        ("有履行能力而拒不履行生效法律文书确定义务的", ("1",)),
        ("有履行能力而不履行", ("1",)),
        ("以虚假诉讼、虚假仲裁或者以隐匿、转移财产等方法规避执行", ("3",)),
        ("违反财产报告制度,违反限制高消费令", ("4", "5")),
        ("被执行人无正当理由拒不履行执行和解协议", ("6",)),
        ("无正当理由拒不履行 执行和解协议", ("6",)),
        ("有能力履行而拒不履行", ("1",)),
        ("拒绝报告财产", ("4",)),
        ("其他规避执行", ("3",)),
        ("妨碍、抗拒执行", ("2",)),
        ("第一条第（五）项", ("5",)),
    ],
)
def test_conduct_gives_the_item(tmp_path: Path, conduct: str, items: tuple[str, ...]) -> None:
    assert one(text(tmp_path, [HEADERS, listed(conduct=conduct)])).provisions == items


@pytest.mark.parametrize("conduct", ["没有违反财产报告制度", "未隐匿财产", "无", "第七项"])
def test_who_did_nothing_of_article_1_is_not_listed(tmp_path: Path, conduct: str) -> None:
    assert "none of article 1" in fault(text(tmp_path, [HEADERS, listed(conduct=conduct)])).detail


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32"]
)
def test_a_text_is_read_in_every_encoding_and_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = text(tmp_path, [HEADERS, listed()], encoding=encoding, separator=separator)
    assert one(path).envelope.subject_id == f"uscc:{CODE}"


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_first_line_may_name_the_separator(tmp_path: Path, separator: str) -> None:
    path = text(tmp_path, [HEADERS, listed()], separator=separator)
    path.write_text(f"sep={separator}\r\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert one(path).envelope.subject_id == f"uscc:{CODE}"


def test_a_hidden_first_sheet_and_a_cover_are_passed_by(tmp_path: Path) -> None:
    hidden: Rows = [HEADERS, listed(case="old")]
    cover = [["失信被执行人名单"], ["填表单位", "法院"]]
    path = workbook(tmp_path, hidden, cover, [HEADERS, listed()], of0="hidden")
    file = OfficeFile(path, COURT)
    (listing,) = file.rows()
    assert isinstance(listing, EntryListed)
    assert listing.envelope.record_id == LISTED["case"]
    assert file.notices == ["the sheet 表0 is hidden and was not read"]


def test_a_table_that_is_hidden_alone_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["cover"]], [HEADERS, listed()], of1="hidden")
    with pytest.raises(ValueError, match="表1 holds the table and is hidden: show it"):
        read(path)


def test_headers_are_found_below_titles_and_totals_are_passed_by(tmp_path: Path) -> None:
    rows: Rows = [
        ["失信被执行人名单（2026年3月）"],
        [],
        ["填报单位：青岛市中级人民法院", None, None, "单位：件"],
        HEADERS,
        listed(),
        HEADERS,
        [],
        ["合 计", None, 1],
        ["填表人：某", None, "审核人：某"],
    ]
    file = OfficeFile(workbook(tmp_path, rows), COURT)
    (listing,) = file.rows()
    assert isinstance(listing, EntryListed)
    assert file.numbers == [5]


@pytest.mark.parametrize("name", ["说明书印刷有限公司", "联系科技有限公司", "合计通有限公司"])
def test_a_firm_whose_name_begins_like_a_total_is_read(tmp_path: Path, name: str) -> None:
    headers = ["行政相对人名称", "统一社会信用代码", "行政处罚决定书文号", "处罚决定日期"]
    rows = [headers, [name, CODE, "青罚〔2026〕1号", "2026-03-02"], ["合计", "", "", ""]]
    (penalty,) = read(workbook(tmp_path, [*rows, ["共1条"], ["以下空白"], ["第1页"]]))
    assert isinstance(penalty, PenaltyDecided), penalty


@pytest.mark.parametrize(
    ("header", "written"),
    [
        ("执行案号", "CASE_CODE"),
        ("执行案号", "1.【执行案号】"),
        ("执行案号", "执行\n案号"),
        ("身份证号码／组织机构代码", "cardnum"),
        ("发布时间", "发布日期（yyyy-mm-dd）"),
        ("已告知权利", "是否告知权利(是/否)"),
    ],
)
def test_a_header_is_known_however_it_is_written(tmp_path: Path, header: str, written: str) -> None:
    headers = [written if each == header else each for each in HEADERS]
    assert one(text(tmp_path, [headers, listed()])).envelope.subject_id == f"uscc:{CODE}"


def test_the_field_names_of_the_publication_tables_are_known(tmp_path: Path) -> None:
    headers = ["CF_WSH", "CF_XDR_MC", "CF_XDR_SHXYM", "CF_JDRQ", "CF_NR_FK", "CF_FR_ZJHM"]
    row = ["青罚〔2026〕1号", "（测）示例", CODE, "2026-03-02", "1.5", FIELD]
    (penalty,) = read(text(tmp_path, [headers, row]))
    assert isinstance(penalty, PenaltyDecided), penalty
    assert (penalty.fine_fen, FIELD in repr(penalty)) == (1_500_000, False)


def test_what_was_found_for_headers_is_told_without_a_persons_number(tmp_path: Path) -> None:
    rows = [["（2026）鲁02执1号", "某人", FIELD, "x" * 99]]
    with pytest.raises(ValueError, match="no row holds the headers") as told:
        read(text(tmp_path, rows))
    assert FIELD not in str(told.value)
    assert "x" * 41 not in str(told.value)
    with pytest.raises(ValueError, match=r"found: 执行案号\^失信"):
        read(text(tmp_path, [HEADERS, listed()], separator="^"))


def test_of_many_unknown_columns_some_are_told_in_short(tmp_path: Path) -> None:
    strange = [f"{number}栏" + "长" * 3000 for number in range(300)]
    file = OfficeFile(text(tmp_path, [[*HEADERS, *strange], listed()]), COURT)
    assert len(list(file.rows())) == 1
    assert len(file.notices) == 51
    assert "250 more columns" in file.notices[-1]
    assert sum(map(len, file.notices)) < 5_000


def test_merged_titles_do_not_hide_the_headers(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["名单"], ["说明"], HEADERS, listed()])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].merge_cells("A1:H1")
    book.save(path)
    assert one(path).envelope.record_id == LISTED["case"]


@pytest.mark.parametrize("as_file", [text, workbook])
def test_a_row_with_a_cell_too_many_is_refused(tmp_path: Path, as_file: Any) -> None:
    found = fault(as_file(tmp_path, [HEADERS, [*listed(), "surplus"]]))
    assert (found.row, "1 cells more" in found.detail) == (2, True)


@pytest.mark.parametrize("cell", ["=A2&B2", "=NA()", "#REF!"])
def test_a_formula_without_a_value_is_told(tmp_path: Path, cell: str) -> None:
    found = fault(workbook(tmp_path, [HEADERS, listed(code=cell)]))
    assert "formula gives" in found.detail


def test_a_formulas_stored_value_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADERS, listed(code="=A9")])
    stored = f'<c r="C2" t="str"><f>A9</f><v>{CODE}</v></c>'.encode()
    edited = _replaced_cell(path, b"C2", stored)
    assert one(edited).envelope.subject_id == f"uscc:{CODE}"


def test_what_a_file_is_its_content_says(tmp_path: Path) -> None:
    renamed = workbook(tmp_path, [HEADERS, listed()]).rename(tmp_path / "list.xls")
    assert one(renamed).envelope.subject_id == f"uscc:{CODE}"
    as_text = text(tmp_path, [HEADERS, listed()]).rename(tmp_path / "text.xlsx")
    assert one(as_text).envelope.subject_id == f"uscc:{CODE}"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html><table><tr><td>x</td></tr></table></html>", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04" + b"x" * 100, "cannot be unpacked"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "no workbook"),
        (b"\x81\x20\xff\xfe\xfa" * 9, "neither UTF-8"),
        (b"", "list.xlsx is empty"),
        (b"\x00" * 100, "list.xlsx"),
    ],
)
def test_what_is_no_sheet_is_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=why) as caught:
        read(path)
    assert "codec" not in str(caught.value)


def test_two_columns_of_one_meaning_are_told(tmp_path: Path) -> None:
    path = text(tmp_path, [[*HEADERS, "案号"], [*listed(), "x"]])
    with pytest.raises(ValueError, match="two columns mean 执行案号"):
        read(path)


def _edited(path: Path, part: str, old: bytes, new: bytes) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    edited = path.with_name("edited.xlsx")
    with zipfile.ZipFile(edited, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return edited


def _replaced_cell(path: Path, reference: bytes, cell: bytes) -> Path:
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    begin = sheet.index(b'<c r="' + reference)
    end = sheet.index(b"</c>", begin) + len(b"</c>")
    return _edited(path, "xl/worksheets/sheet1.xml", sheet[begin:end], cell)


def bomb(path: Path, part: str, piece: bytes, times: int) -> Path:
    """Write a workbook of which one part unpacks to the piece so many times."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(part, "w", force_zip64=True) as file,
    ):
        for _ in range(times):
            file.write(piece)
    return path


def test_what_unpacks_hugely_is_refused_before_it_is_read(tmp_path: Path) -> None:
    spaces = bomb(tmp_path / "spaces.xlsx", "xl/sharedStrings.xml", b" " * 2**20, 66)
    with pytest.raises(TooLarge, match="unpacks to more than 64 MB"):
        read(spaces)
    assert spaces.stat().st_size < 200_000


def test_a_long_text_that_many_cells_name_is_counted_before_it_is_copied(tmp_path: Path) -> None:
    rows = [[*HEADERS], *([*listed(), *["甲" * 3000] * 40] for _ in range(500))]
    path = workbook(tmp_path, rows)
    assert path.stat().st_size < 600_000
    with pytest.raises(TooLarge, match="160 MB of text in its cells"):
        read(path)


def test_a_cell_longer_than_any_is_told(tmp_path: Path) -> None:
    told = fault(text(tmp_path, [HEADERS, listed(name="甲" * 32_768)]))
    assert told.detail == "the cell has more than 32767 characters: shorten it"


def test_a_cell_in_the_last_corner_is_refused_before_room_is_kept(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADERS, listed()])
    last = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    far = _edited(path, "xl/worksheets/sheet1.xml", b"</sheetData>", last)
    with pytest.raises(TooLarge, match="row 1048576, column 16384"):
        read(far)


# The official sheets of penalties and permits.

A1: Final = (
    *("行政处罚决定书文号", "处罚名称", "处罚类别1", "处罚类别2", "处罚事由", "处罚依据"),
    *("行政相对人名称", "行政相对人代码_1(统一社会信用代码)", "行政相对人代码_2(组织机构代码)"),
    *("行政相对人代码_3(工商登记码)", "行政相对人代码_4(税务登记号)"),
    *("行政相对人代码_5(居民身份证号)", "法定代表人姓名", "处罚结果", "处罚决定日期", "处罚机关"),
    *("当前状态", "地方编码", "数据更新时间戳", "备注"),
)
A1_ROW: Final = (
    *("青市监罚〔2016〕1号", "违法经营", "罚款", "警告", "未按规定公示", "某法第一条"),
    *("（测）青岛示例有限公司", CODE, "", "", "", "", "某某", "罚款1.5万元", "2016/3/2", "市监局"),
    *(0, "370200", "2016-03-03", "无"),
)
FIRST_11: Final = (
    *("行政相对人名称", "行政相对人代码_1（统一社会信用代码）", "行政相对人代码_2（工商注册号）"),
    *("行政相对人代码_3（组织机构代码）", "行政相对人代码_4（税务登记号） "),
    *("行政相对人代码_5（事业单位证书号）", "行政相对人代码_6（社会组织登记证号）", "法定代表人"),
    *("法定代表人身份证号", "证件类型", "证件号码"),
)
B1_PENALTY: Final = (
    *FIRST_11,
    *("行政处罚决定书文号", "违法行为类型", "违法事实", "处罚依据", "处罚类别", "处罚内容"),
    *("处罚金额（万元）", "没收违法所得、没收非法财务的金额（万元）", "暂扣或吊销证照名称及编号"),
    *("处罚决定日期", "处罚有效期", "公示截止期", "处罚机关", "处罚机关统一社会信用代码"),
    *("数据来源单位", "数据来源单位统一社会信用代码", "备注", "数据导出时间"),
)
B1_ROW: Final = (
    *("（测）青岛示例有限公司", CODE, "", "", "", "", "", "某某", "", "", ""),
    *("青市监罚〔2026〕1号", "虚假宣传", "事实", "某法", "罚款;没收违法所得", "罚款一万五千元"),
    *(1.5, "0.25", "/", "2026-03-02", "2029-03-02", "2027年3月2日", "市监局", "", "", "", "", ""),
)
B1_PERMIT: Final = (
    *FIRST_11,
    *("行政许可决定文书名称", "行政许可决定文书号", "许可类别", "许可证书名称", "许可编号"),
    *("许可内容", "许可决定日期", "有效期自", "有效期至", "许可机关", "许可机关统一社会信用代码"),
    *("当前状态", "数据来源单位", "数据来源单位统一社会信用代码", "备注", "数据导出时间"),
)
PERMIT_ROW: Final = (
    *("（测）青岛示例有限公司", CODE, "", "", "", "", "", "某某", "", "", ""),
    *("准予许可决定书", "青许可〔2026〕9号", "普通", "食品经营许可证", "JY1", "食品销售"),
    *("2026-03-02", "2026-03-02", "长期", "市监局", "", 0, "", "", "", ""),
)


def test_the_penalty_sheet_of_2015_is_read(tmp_path: Path) -> None:
    (penalty,) = read(workbook(tmp_path, [["行政处罚信息"], A1, A1_ROW]))
    assert isinstance(penalty, PenaltyDecided), penalty
    assert penalty.envelope.subject_id == f"uscc:{CODE}"
    assert penalty.envelope.decided_on == date(2016, 3, 2)
    assert penalty.envelope.document_number == "青市监罚〔2016〕1号"
    assert (penalty.violation, penalty.content) == ("违法经营", "罚款1.5万元")
    assert penalty.penalties == ("罚款", "警告")


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name,
        lambda name: name.replace("（", " (").replace("）", ")"),
        lambda name: f"{name}：",
        lambda name: name.replace("_", "＿"),
        lambda name: name.replace("_", "-"),
    ],
)
def test_the_penalty_sheet_of_2019_is_read_with_its_disclosure(tmp_path: Path, change: Any) -> None:
    (penalty,) = read(text(tmp_path, [list(map(change, B1_PENALTY)), B1_ROW]))
    assert isinstance(penalty, PenaltyDecided), penalty
    assert (penalty.fine_fen, penalty.confiscated_fen) == (1_500_000, 250_000)
    assert penalty.penalties == ("罚款", "没收违法所得")
    assert penalty.published_until == date(2027, 3, 2)
    assert penalty.licences == ()


@pytest.mark.parametrize(
    ("status", "revoked"), [(0, False), ("正常", False), (1, True), ("撤销", True)]
)
def test_the_permit_sheet_is_read(tmp_path: Path, status: object, revoked: bool) -> None:  # noqa: FBT001
    row = [status if cell == 0 and type(cell) is int else cell for cell in PERMIT_ROW]
    (permit,) = read(workbook(tmp_path, [B1_PERMIT, row]))
    assert isinstance(permit, PermitDecided), permit
    assert (permit.permit, permit.content) == ("食品经营许可证", "食品销售")
    assert (permit.valid_from, permit.valid_to) == (date(2026, 3, 2), None)
    assert (permit.revoked, permit.envelope.record_revision) == (revoked, 2 if revoked else 1)


@pytest.mark.parametrize(
    ("header", "code", "subject"),
    [
        ("行政相对人代码_2(组织机构代码)", "0000000A-2", "org9:0000000A2"),
        ("行政相对人代码_3（组织机构代码）", "0000000A-2", "org9:0000000A2"),
        ("行政相对人代码_2（工商注册号）", "370200000000005", "reg15:370200000000005"),
        ("行政相对人代码_3(工商登记码)", "3702000000000", "reg13:3702000000000"),
        ("税务登记号", "3702000000000A2", "taxno:3702000000000A2"),
        ("税务登记号", CODE, f"uscc:{CODE}"),
        ("事业单位证书号", "事证第137020000001号", "inst_cert:事证第137020000001号"),
    ],
)
def test_the_words_in_brackets_say_which_code_it_is(
    tmp_path: Path, header: str, code: str, subject: str
) -> None:
    headers = ["行政处罚决定书文号", "行政相对人名称", "处罚决定日期", header]
    row = ["青罚〔2026〕1号", "（测）示例", "2026-03-02", code]
    (penalty,) = read(text(tmp_path, [headers, row]))
    assert isinstance(penalty, PenaltyDecided), penalty
    assert penalty.envelope.subject_id == subject
    is_own = subject.startswith("uscc:")
    assert (penalty.envelope.subject_kind is SubjectKind.NONE) != is_own


@pytest.mark.parametrize(
    "changes",
    [
        {"行政相对人名称": "x", "行政相对人代码_1（统一社会信用代码）": ""},
        {"行政处罚决定书文号": ""},
        {"处罚决定日期": "明天"},
        {"处罚金额（万元）": "很多"},
        {"处罚金额（万元）": "-1"},
        {"处罚内容": f"对{FIELD}罚款"},
        {"行政相对人代码_1（统一社会信用代码）": FIELD},
    ],
)
def test_a_row_that_cannot_be_read_names_its_column_as_the_sheet_does(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    *_, column = changes
    cells = dict(zip(B1_PENALTY, B1_ROW, strict=True)) | changes
    found = fault(text(tmp_path, [B1_PENALTY, list(cells.values())]))
    assert found.column == column
    assert FIELD not in repr(found)


def test_a_natural_persons_row_is_not_read(tmp_path: Path) -> None:
    headers = ["行政处罚决定书文号", "行政相对人名称", "行政相对人类别", "处罚决定日期", "证件号码"]
    rows = [headers, ["青罚〔2026〕1号", "某人", "自然人", "2026-03-02", FIELD]]
    found = fault(text(tmp_path, rows))
    assert "gateway" in found.detail
    assert FIELD not in repr(found)


def test_one_decision_about_two_parties_is_two_records(tmp_path: Path) -> None:
    other = [cell if cell != CODE else "91370200000088030R" for cell in B1_ROW]
    first, second = read(text(tmp_path, [B1_PENALTY, B1_ROW, other]))
    assert isinstance(first, PenaltyDecided)
    assert isinstance(second, PenaltyDecided)
    assert first.envelope.event_id != second.envelope.event_id


def test_a_file_of_two_kinds_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, [B1_PENALTY, B1_ROW], [B1_PERMIT, PERMIT_ROW])
    with pytest.raises(ValueError, match="行政处罚 and 行政许可: send a file for each"):
        read(path)
