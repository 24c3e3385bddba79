"""Lines of a file: which table it is, each row, and the end in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from creditbus.sdk.sheets import lines
from creditbus.sdk.sheets.files import FileAct, OfficeFile
from creditbus.sdk.sheets.lines import TOO_MUCH, ActLine, EndLine, TableLine, lines_of
from creditbus.sdk.sheets.rows import RowFault
from tests.unit.sdk.test_files import COURT, HEADERS, listed, text


def test_a_table_is_told_by_the_number_of_its_row_though_no_row_follows(tmp_path: Path) -> None:
    table, end = lines_of(text(tmp_path, [["名单"], HEADERS]), COURT)
    assert isinstance(table, TableLine)
    assert table.header_row == 2
    assert end == EndLine()


def test_the_end_says_in_both_languages_what_was_not_read(tmp_path: Path) -> None:
    *_, end = lines_of(text(tmp_path, [[*HEADERS, "另列"], [*listed(), "x"]]), COURT)
    assert isinstance(end, EndLine)
    assert end.notices[0].endswith("is not known and was not read")
    assert end.notices_zh[0].endswith("未读取")
    (broken,) = lines_of(text(tmp_path, [["a", "b"]]), COURT)
    assert isinstance(broken, EndLine)
    assert "found: a, b" in broken.why
    assert "表头" in broken.why_zh


def test_a_file_that_takes_too_much_memory_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Huge(OfficeFile):
        def rows(self) -> Iterator[FileAct | RowFault]:
            yield next(super().rows())
            raise MemoryError

    monkeypatch.setattr(lines, "OfficeFile", Huge)
    _, act, end = lines_of(text(tmp_path, [HEADERS, listed()]), COURT)
    assert isinstance(act, ActLine)
    assert end == EndLine.saying(TOO_MUCH)
