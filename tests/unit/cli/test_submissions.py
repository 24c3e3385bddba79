"""What is said of a file that was handed in: nothing counts before somebody has spoken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest

from creditbus.cli.results import write_results
from creditbus.cli.submissions import FileFate, hand_in, summary
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.sdk.gateway import Gateway, GatewayRefused
from creditbus.sdk.receipts import NotPublished
from creditbus.sdk.sheets.layouts import RESULT
from creditbus.wire.answers import (
    FateState,
    FileAnswer,
    FileLine,
    Problem,
    ReceiptPage,
    RecordFate,
    RowAnswer,
    RowState,
    ToldMistake,
)

SHEET = "data"


def fate(offset: int, state: FateState, **told: Any) -> RecordFate:
    return RecordFate(
        offset=offset, record_id="r", record_revision=1, event_id="e", state=state, **told
    )


def row(
    number: int, state: RowState = RowState.TAKEN, sheet: str = SHEET, **told: Any
) -> RowAnswer:
    return RowAnswer(sheet=sheet, row=number, state=state, **told)


UNREAD = (ToldMistake(reason="CELL_UNREAD", field="案号", pointer="", article="", detail="none"),)


def a_fate(*fates: RecordFate, sheet: str = SHEET) -> FileFate:
    rows = [
        row(2, offset=10, sheet=sheet),
        row(3, offset=11, sheet=sheet),
        row(4, RowState.UNREAD, mistakes=UNREAD, sheet=sheet),
    ]
    file = FileAnswer(name="f", taken=2, unread=1, header_row=1)
    return FileFate(rows, file, {(each.partition, each.offset): each for each in fates})


def test_it_says_undecided_and_never_none_refused() -> None:
    told = summary(a_fate(fate(10, FateState.APPLIED)))
    assert told.startswith("1 applied, 0 duplicates, 0 refused, 1 not read; 1 undecided: intake or")
    waiting = a_fate(fate(10, FateState.APPLIED), fate(11, FateState.WAITING, waits_for="listing"))
    assert waiting.undecided == 1
    whole = a_fate(fate(10, FateState.APPLIED), fate(11, FateState.DUPLICATE))
    assert summary(whole) == "1 applied, 1 duplicates, 0 refused, 1 not read"
    assert [whole.is_fine(each) for each in whole.rows] == [True, True, False]


def test_a_removal_that_waits_for_its_listing_is_decided_and_not_fine() -> None:
    waiting = a_fate(fate(10, FateState.WAITING, waits_for="entry"))
    assert waiting.undecided == 1
    assert not waiting.is_fine(waiting.rows[0])


def test_a_dry_run_says_what_would_be_sent() -> None:
    file = FileAnswer(name="f", is_dry_run=True, fine=3, refused=1, unread=2)
    assert summary(FileFate([], file)) == "3 would be sent, 1 refused; 2 not read"


@pytest.mark.parametrize("name", ["sheet.xlsx", "sheet.csv"])
def test_the_file_comes_back_with_the_result_beside_each_row(tmp_path: Path, name: str) -> None:
    file, result = tmp_path / name, tmp_path / "result.xlsx"
    cells = [["案号", "执行依据文号"], ["1", "x"], ["2", ""], ["3", "d"]]
    if name.endswith("xlsx"):
        book = openpyxl.Workbook()
        book.active.title = SHEET
        for each in cells:
            book.active.append(each)
        book.save(file)
    else:
        file.write_text("\n".join(map(",".join, cells)), encoding="utf-8")
    refused = fate(11, FateState.REFUSED, reasons=(Fault(Reason.BASIS_MISSING, "bases", "", "d"),))
    sheet = SHEET if name.endswith("xlsx") else name
    outcome = a_fate(fate(10, FateState.APPLIED), refused, sheet=sheet)

    write_results(file, result, outcome.rows, outcome.words, header_row=1)

    written = openpyxl.load_workbook(result).active
    told = [str(written.cell(number, 3).value) for number in range(1, 5)]
    assert told[0] == RESULT
    assert told[1].startswith("已生效 applied")
    assert told[2].startswith("退回 refused: BASIS_MISSING")
    assert told[3].startswith("未读取 not read")
    assert [str(written.cell(number, 1).value) for number in range(1, 5)] == ["案号", "1", "2", "3"]


class PaperDoor:
    """A door that takes a sheet of two rows, and then has a fault when it is asked."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def submit_file(self, path: Path, *, is_dry_run: bool = False) -> Iterator[FileLine]:
        assert not is_dry_run
        yield from a_fate(sheet=path.name).rows
        yield a_fate().file

    def fates_between(self, *_: int, **__: int) -> ReceiptPage:
        raise self._fault


def refused(status: int, detail: str) -> GatewayRefused:
    return GatewayRefused(Problem(title="", status=status, reason="SCOPE", detail=detail))


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (
            refused(403, "it may only state"),
            "this token may not ask what became of them ({}): use one that may",
        ),
        (refused(401, "it was taken away"), "nobody could be asked what became of them ({})"),
        (NotPublished("the gateway is away"), "nobody could be asked what became of them ({})"),
    ],
)
def test_whoever_may_not_ask_is_told_all_the_same_what_was_taken(
    tmp_path: Path, fault: Exception, why: str
) -> None:
    file, result = tmp_path / "sheet.csv", tmp_path / "result.xlsx"
    file.write_text("案号\n1\n2\n3\n", encoding="utf-8")

    outcome = hand_in(cast(Gateway, PaperDoor(fault)), file, is_dry_run=False)

    assert outcome.undecided == 2
    assert f"2 undecided: {why.format(fault)}. Submit the file again later" in summary(outcome)
    assert [outcome.is_fine(each) for each in outcome.rows] == [False, False, False]
    write_results(file, result, outcome.rows, outcome.words, header_row=1)
    written = openpyxl.load_workbook(result).active
    told = [str(written.cell(number, 2).value) for number in range(2, 5)]
    assert told[:2] == ["等待处理 undecided"] * 2
    assert told[2].startswith("未读取 not read")
