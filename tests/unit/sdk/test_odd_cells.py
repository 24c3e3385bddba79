"""Cells that nearly say something: each is read as what it says, or told, and never as another."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import pytest

from creditbus.domain.acts.decisions import PenaltyDecided
from creditbus.sdk.sheets.cells import CHARACTERS
from creditbus.sdk.sheets.files import OfficeFile
from creditbus.sdk.sheets.parties import MAYBE_PASSPORT
from creditbus.sdk.sheets.rows import RowFault
from creditbus.sdk.sheets.sentences import NoSheet
from tests.unit.sdk.test_files import CODE, COURT, HEADERS, fault, listed, one, read, text

PENALTY: Final = ("行政处罚决定书文号", "行政相对人名称", "统一社会信用代码", "处罚决定日期")
PENALISED: Final = ("青罚〔2026〕1号", "（测）示例", CODE, "2026-03-02")
PERSON: Final = "370299199001012298"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-05T17:00:00.123Z", date(2026, 3, 6)),
        ("2026-03-05 17:00:00,5 +00", date(2026, 3, 6)),
        ("2026-03-05 1:30Z", date(2026, 3, 5)),
        ("二〇二六年三月卅日", date(2026, 3, 30)),
        ("二〇二六年十二月十日", date(2026, 12, 10)),
        ("二〇二六年二月二十日", date(2026, 2, 20)),
        ("青岛市局20260305", date(2026, 3, 5)),
        ("青岛市局9120260305", None),
        ("46086.5", date(2026, 3, 5)),
        ("46086", date(2026, 3, 5)),
    ],
)
def test_a_day_is_what_it_says_or_none(tmp_path: Path, written: str, day: date | None) -> None:
    (found,) = read(text(tmp_path, [HEADERS, listed(published=written)]))
    if day is None:
        assert isinstance(found, RowFault), found
    else:
        assert not isinstance(found, RowFault), found
        assert found.envelope.decided_on == day


@pytest.mark.parametrize("field", ["published", "rights", "notice"])
def test_a_persons_number_in_the_wrong_column_is_not_said_again(tmp_path: Path, field: str) -> None:
    told = fault(text(tmp_path, [HEADERS, listed(**{field: PERSON})]))
    assert PERSON[6:14] not in repr(told)


@pytest.mark.parametrize("amount", ["-1.5", "NaN", "Infinity", "1.23456789", "一万", PERSON + "x"])
def test_no_amount_is_told_and_no_person_in_it(tmp_path: Path, amount: str) -> None:
    rows = [[*PENALTY, "罚款金额（万元）"], [*PENALISED, amount]]
    told = fault(text(tmp_path, rows))
    assert "is no amount" in told.detail
    assert PERSON[6:14] not in repr(told)


@pytest.mark.parametrize(
    "number",
    [
        *("D12345678", "M12345678", "P12345678", "S12345678", "PE1234567", "PS1234567"),
        *("ｇ1234 5678", "g12345678"),
    ],
)
def test_every_passport_is_told_however_it_is_written(tmp_path: Path, number: str) -> None:
    told = fault(text(tmp_path, [HEADERS, listed(code=number, name="某人")]))
    assert told.detail == MAYBE_PASSPORT


def test_headers_once_more_are_no_row_and_a_row_of_one_of_their_words_is_one(
    tmp_path: Path,
) -> None:
    file = OfficeFile(text(tmp_path, [HEADERS, listed(), HEADERS, listed(case="b")]), COURT)
    assert [isinstance(each, RowFault) for each in file.rows()] == [False, False]
    (_, told) = read(text(tmp_path, [HEADERS, listed(), [HEADERS[0]]]))
    assert isinstance(told, RowFault)


def test_the_lower_of_two_header_rows_says_which_column_it_is(tmp_path: Path) -> None:
    upper = [*PENALTY[:2], "组织机构代码", "", PENALTY[3]]
    lower = ["", "", "统一社会信用代码", "工商登记码", ""]
    row = [*PENALISED[:3], "", PENALISED[3]]
    (penalty,) = read(text(tmp_path, [upper, lower, row]))
    assert isinstance(penalty, PenaltyDecided), penalty
    assert penalty.envelope.subject_id == f"uscc:{CODE}"


def test_a_fault_says_nothing_of_the_row_before(tmp_path: Path) -> None:
    file = OfficeFile(text(tmp_path, [HEADERS, listed(notice="x"), [*listed(), "more"]]), COURT)
    rows = file.rows()
    next(rows)
    assert file.sound is not None
    assert file.unsound == {"notice"}
    next(rows)
    assert file.sound is None


@pytest.mark.parametrize(
    ("mark", "encoding"), [(b"\xff\xfe\x00\x00", "utf-32-le"), (b"\x00\x00\xfe\xff", "utf-32-be")]
)
def test_a_marked_text_is_read(tmp_path: Path, mark: bytes, encoding: str) -> None:
    path = text(tmp_path, [HEADERS, listed()], encoding=encoding)
    path.write_bytes(mark + path.read_bytes())
    assert one(path).envelope.subject_id == f"uscc:{CODE}"


def test_a_number_of_many_digits_in_powers_of_ten_has_lost_some(tmp_path: Path) -> None:
    told = fault(text(tmp_path, [HEADERS, listed(code="9.13702000074639E+17")]))
    assert "lost digits" in told.detail


def test_every_column_that_could_not_be_read_is_known_beside_what_is_sound(tmp_path: Path) -> None:
    file = OfficeFile(text(tmp_path, [HEADERS, listed(notice="x", rights="也许")]), COURT)
    (told,) = file.rows()
    assert isinstance(told, RowFault)
    assert file.unsound == {"notice", "rights"}


def test_a_row_of_nothing_but_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    alone = ["", "", "x" * (CHARACTERS + 1)]
    (_, told) = read(text(tmp_path, [HEADERS, listed(), alone, [""] * 8]))
    assert isinstance(told, RowFault)
    assert told.row == 3


def test_a_text_with_its_mark_twice_is_read(tmp_path: Path) -> None:
    path = text(tmp_path, [HEADERS, listed()])
    path.write_bytes(b"\xef\xbb\xbf\xef\xbb\xbf" + path.read_bytes())
    assert one(path).envelope.record_id == "（2026）鲁02执1号"


def test_of_two_encodings_that_fail_the_one_that_came_further_says_the_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("案\n案号\n".encode() + b"\n\n\xff\xff\n")
    with pytest.raises(NoSheet, match="in line 5 at the latest"):
        read(path)
