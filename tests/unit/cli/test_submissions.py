"""What is said of a file that was sent: nothing counts as taken before listing has spoken."""

from __future__ import annotations

from creditbus.cli.submissions import FileFate, summary
from creditbus.sdk.sheets.rows import RowFault
from tests.examples import a_listing


def test_it_says_undecided_and_never_none_refused() -> None:
    sheet = FileFate(sent=[a_listing()], faults=[RowFault(3, "案号", "x")])
    told = summary(sheet, "listing paused by an operator")
    assert told.startswith("1 sent; the rest is undecided: listing paused by an operator; 1 not")
    assert "0 of them" not in told
    assert summary(sheet, "") == "1 sent, 0 of them refused; 1 not read"
