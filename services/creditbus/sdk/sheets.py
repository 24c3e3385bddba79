"""Read the official spreadsheets as they come: the court list, csv or xlsx, Chinese headers.

Headers differ by bracket, blank and colon from office to office, so they are compared in one form.
A row that cannot be read is told with its number, its column and what to do; the others go on.
Organisations only: natural persons come through the gateway, which never writes their numbers down.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Final

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

from creditbus.domain.acts.events import EntryListed, Envelope
from creditbus.domain.aliases.claims import alias_of, subject_named
from creditbus.domain.calendar import years_after
from creditbus.domain.ids import BasisId, ListId, SourceId, SubjectId, derive_event_id
from creditbus.domain.subjects import SubjectKind, kind_of, why_not_subject

COURT_LIST: Final = ListId("BL-COURT-SX")

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "case": ("执行案号", "案号", "caseCode"),
    "name": ("失信被执行人姓名/名称", "失信被执行人名称", "被执行人姓名/名称", "iname"),
    "code": ("身份证号码/组织机构代码", "组织机构代码", "统一社会信用代码", "cardNum"),
    "document": ("执行依据文号", "gistId"),
    "conduct": ("失信被执行人具体情形", "失信被执行人行为具体情形", "disruptTypeName"),
    "published": ("发布时间", "publishDate"),
    "notice": ("执行通知书送达时间", "风险提示送达时间"),
    "rights": ("已告知权利",),
}
"""The fields of a court listing, each with the headers that mean it."""

CONDUCTS: Final[dict[str, str]] = {
    "1": "有履行能力而拒不履行",
    "2": "伪造证据、暴力、威胁",
    "3": "虚假诉讼、虚假仲裁",
    "4": "违反财产报告制度",
    "5": "违反限制消费令",
    "6": "拒不履行执行和解协议",
}
"""What article 1 calls each of its six items, in the words that the list's own column uses."""

TERM_YEARS: Final = 2
_BASES: Final = (BasisId("SPC-2017-7-ART1"), BasisId("SPC-2017-7-ART2"))
_EMPTY: Final = frozenset({"", "/", "无"})
_YES: Final = frozenset({"是", "Y", "true", "1"})
_DATE: Final = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[ T].*)?"
)


class RowFault(msgspec.Struct, frozen=True):
    """Why a row was not read: its number in the sheet, the column, and what to do."""

    row: int
    column: str
    detail: str


class _Unreadable(Exception):
    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column, self.detail = column, detail


def read_court_list(path: Path, source: SourceId) -> Iterator[EntryListed | RowFault]:
    """Yield a listing for each row, or why it was not read.

    Raises ``ValueError`` when the file is no sheet, or when needed columns are missing.
    """
    rows = ((number, row) for number, row in enumerate(rows_of(path), start=1) if _is_filled(row))
    _, first = next(rows, (0, []))
    headers = [_normal(cell) for cell in first]
    places = {field: _place(headers, names) for field, names in COLUMNS.items()}
    missing = [COLUMNS[field][0] for field, place in places.items() if place is None]
    if missing:
        raise ValueError(
            f"{path.name}: no column {', '.join(missing)}; the first row must hold the headers, "
            f"found: {', '.join(header for header in headers if header) or 'nothing'}"
        )
    for number, cells in rows:
        row = {field: _cell(cells, place) for field, place in places.items() if place is not None}
        try:
            yield _listing(row, source)
        except _Unreadable as finding:
            yield RowFault(number, COLUMNS[finding.column][0], finding.detail)


def _listing(row: Mapping[str, str], source: SourceId) -> EntryListed:
    subject, kind = _subject(row["code"])
    if not row["case"]:
        raise _Unreadable("case", "give the number of the enforcement case: it names the record")
    published = _day(row, "published")
    provisions = _provisions(row["conduct"])
    is_open_ended = provisions == ("1",)
    envelope = Envelope(
        event_id=derive_event_id(source, row["case"], 1, "entry_listed", subject),
        source=source,
        record_id=row["case"],
        record_revision=1,
        sequence=0,
        subject_kind=kind,
        subject_id=subject,
        occurred_at=datetime.combine(published, datetime.min.time(), UTC),
        decided_on=published,
        document_number=row["document"],
        bases=_BASES,
        synthetic=row["name"].startswith("（测）"),
    )
    return EntryListed(
        envelope=envelope,
        list_id=COURT_LIST,
        subject_name=row["name"],
        provisions=provisions,
        ends_on=None if is_open_ended else years_after(published, TERM_YEARS),
        until_performed=is_open_ended,
        notice_served_on=_day(row, "notice") if row["notice"] else None,
        rights_stated=row["rights"] in _YES,
    )


def _subject(code: str) -> tuple[SubjectId, SubjectKind]:
    """Return the subject that a cell names, and its kind; an old code is resolved by intake."""
    subject = subject_named(code)
    if alias_of(subject) is not None:
        return subject, SubjectKind.NONE
    kind = kind_of(subject)
    if why_not := why_not_subject(kind, subject):
        raise _Unreadable("code", why_not)
    return subject, kind


def _provisions(conduct: str) -> tuple[str, ...]:
    found = tuple(item for item, words in CONDUCTS.items() if words in conduct)
    if not found:
        known = "；".join(CONDUCTS.values())
        raise _Unreadable("conduct", f"the conduct is none of article 1: {known}")
    return found


def _day(row: Mapping[str, str], field: str) -> date:
    matched = _DATE.fullmatch(row[field])
    parts = [part for part in matched.groups() if part is not None] if matched else ["0"] * 3
    year, month, day = map(int, parts)
    try:
        return date(year, month, day)
    except ValueError as error:
        detail = (
            f"{row[field] or 'nothing'} is no day; write 2026-07-09, 20260709 or 2026年07月09日"
        )
        raise _Unreadable(field, detail) from error


def rows_of(path: Path) -> Iterator[list[str]]:
    """Return the rows of a sheet as texts; raises ``ValueError`` for a file that is none."""
    if path.suffix.lower() in {".xlsx", ".xls"}:
        return _workbook_rows(path)
    if path.suffix.lower() == ".csv":
        try:
            return iter(list(csv.reader(StringIO(_decoded(path), newline=""))))
        except csv.Error as error:
            raise ValueError(f"{path.name} is no csv: {error}") from error
    raise ValueError(f"{path.name} is no sheet: give a .csv, .xlsx or .xls file")


def _workbook_rows(path: Path) -> Iterator[list[str]]:
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        # Empty rows stay, so that a row's number is the one that its office sees.
        rows = sheet.to_python(skip_empty_area=False)
    except CalamineError as error:
        raise ValueError(f"{path.name} is no workbook: {error}") from error
    return ([_as_text(cell) for cell in row] for row in rows)


def _is_filled(row: Sequence[str]) -> bool:
    return any(cell.strip() for cell in row)


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Chinese office programs still write GBK unless told otherwise.
        return data.decode("gb18030")


def _as_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _cell(cells: Sequence[str], place: int) -> str:
    text = cells[place].strip() if place < len(cells) else ""
    return "" if text in _EMPTY else text


def _place(headers: Sequence[str], names: Sequence[str]) -> int | None:
    wanted = {_normal(name) for name in names}
    return next((place for place, header in enumerate(headers) if header in wanted), None)


def _normal(header: str) -> str:
    """Return a header as it is compared: half-width, without blanks and closing colons."""
    folded = unicodedata.normalize("NFKC", header)
    return re.sub(r"[\s:]", "", folded)
