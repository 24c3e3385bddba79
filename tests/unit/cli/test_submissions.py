"""What is said of a file that was handed in: nothing counts before somebody has spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from creditbus.cli.results import write_results
from creditbus.cli.submissions import FileFate, summary
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.sdk.sheets.layouts import RESULT
from creditbus.wire.answers import (
    FateState,
    FileAnswer,
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
