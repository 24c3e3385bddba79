"""Nothing that the command line prints is cut off, however narrow the window."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from rich.table import Table
from rich.tree import Tree

from creditbus.cli.prints import (
    give,
    heard_by_a_machine,
    pass_on,
    say,
    show,
    stress,
    tell_fault,
    warn,
)

LONG = "credit.inbox.market-supervision-shandong.v1/0/" + "9" * 120


def a_table() -> Table:
    table = Table("place", "why")
    table.add_row(LONG, "it could not be read")
    return table


def test_a_program_finds_each_row_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(a_table())
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if LONG in line and "could not be read" in line]


def test_a_narrow_terminal_is_shown_all_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    show(a_table())
    told = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "…" not in told
    assert told.count("9") == LONG.count("9")
    assert all(len(line) <= 80 for line in told.splitlines())


def test_json_is_one_line(capfdbinary: Any) -> None:
    with heard_by_a_machine():
        give([{"why": "ü\n"}])
    told = capfdbinary.readouterr().out
    assert told.count(b"\n") == 1
    assert json.loads(told) == [{"why": "ü\n"}]


def test_a_machine_hears_nothing_that_is_said_to_persons(capsys: Any) -> None:
    with heard_by_a_machine():
        say("three were sent")
        stress("notice", "of this")
        pass_on("a line")
        show(a_table())
    assert capsys.readouterr().out == ""
    say("three [bold]were[/] sent")
    assert capsys.readouterr().out == "three [bold]were[/] sent\n"


def test_persons_hear_nothing_that_is_given_to_machines(capsys: Any) -> None:
    give({"sent": 3})
    assert capsys.readouterr().out == ""


def test_a_fault_is_a_sentence_or_one_line_of_json(capsys: Any) -> None:
    tell_fault("of [this]", 2)
    assert capsys.readouterr().err == "error of [this]\n"
    with heard_by_a_machine():
        tell_fault("of [this]", 2)
        warn("it is late")
    fault, notice = capsys.readouterr().err.splitlines()
    assert json.loads(fault) == {"error": "of [this]", "exit_code": 2}
    assert json.loads(notice) == {"notice": "it is late"}


def test_a_strangers_text_moves_no_cursor(capsys: Any) -> None:
    harm = "a\x1b[2J\x1b]0;t\x07b\r\x9b31mc\x7f"
    table = Table("what")
    table.add_row(harm)
    tree = Tree(harm)
    tree.add(harm)
    say(f"{harm}\n中文\t.")
    show(table)
    show(tree)
    warn(harm)
    stress("notice", harm)
    told = capsys.readouterr()
    assert not {"\x1b", "\x07", "\r", "\x9b", "\x7f"} & {*told.out, *told.err}
    assert told.out.count("a·[2J·]0;t·b··31mc·") == 5
    assert "\n中文" in told.out
