"""``creditbus deadline``: the table, one deadline in two languages, JSON, and what it is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from creditbus.cli.faults import FAILED, MISUSED
from creditbus.cli.main import app
from tests.examples import CATALOGUE_FOLDER, a_calendar

SETTINGS: Final = {"CREDITBUS_CATALOGUE": str(CATALOGUE_FOLDER)}


def said(*words: str) -> Result:
    return CliRunner().invoke(app, ["deadline", *words], env=SETTINGS)


def test_deadline_is_told_with_its_arithmetic() -> None:
    result = said("OBJECTION-OWN", "2026-09-30")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Decide an objection about one's own information (3 working days)",
        "山东省社会信用条例 第三十九条",
        "  begins on 2026-09-30 (Wed), which is not counted",
        "  2026-10-01 (Thu) to 2026-10-07 (Wed): National Day, 7 off",
        "  2026-10-10 (Sat): worked in exchange for National Day",
        "  counted 3 working days, to 2026-10-10 (Sat)",
        "  last day 2026-10-10 (Sat), over at 00:00 of the next (Beijing time)",
    ]


def test_it_is_told_in_chinese() -> None:
    result = said("COURT-REVIEW", "2026-02-01", "--zh")
    assert result.stdout.splitlines()[2:] == [
        "  2026-02-01（周日）起算，当日不计入",
        "  计满 15 日：2026-02-16（周一）",
        "  最后一日2026-02-16（周一）为休息日，顺延至2026-02-24（周二）",
        "  最后一日为2026-02-24（周二），次日零时（北京时间）届满",
    ]


def test_machines_get_the_steps() -> None:
    stated = json.loads(said("REPAIR-RESULT", "2026-12-22", "--json").stdout)
    assert (stated["end"], stated["provisional"]) == ("2027-01-06", True)
    assert stated["ends_at"] == "2027-01-06T16:00:00Z"
    assert stated["calendar"] == a_calendar().edition
    assert stated["clause"]["document"] == "国办发〔2025〕22号"
    assert [step["kind"] for step in stated["steps"]] == [
        "not_counted",
        "rest",
        "rest",
        "counted",
        "assumed",
    ]
    assert set(stated["explained"]) == {"zh", "en"}


def test_law_that_does_not_bind_that_day_is_said_to() -> None:
    assert "binds nothing" in said("STOP-AFTER-REMOVAL", "2026-04-01").stdout
    assert "binds nothing" not in said("STOP-AFTER-REMOVAL", "2026-03-31").stdout
    assert "当日不适用" in said("REPAIR-AUTHORITY", "2026-03-31", "--zh").stdout


def test_a_list_tells_first_day_waiting_longest_and_cap() -> None:
    words = ("BL-SAMR-YZ", "2026-04-07", "--effective", "2026-04-20", "--provision", "food")
    text = said(*words).stdout
    assert "in effect by 2026-05-17 at the latest" in text
    assert "not before 2027-04-21 (Wed), 00:00" in text
    assert "last day 2029-04-20 (Fri), over at" in text
    assert "last day 2031-04-07 (Mon), over at" in text
    stated = json.loads(said(*words, "--json").stdout)
    assert (stated["last_first_day"], stated["asks_from"]) == ("2026-05-17", "2027-04-21")
    assert stated["term"]["cap"]["end"] == "2031-04-07"
    endless = said("RG-COURT-XX", "2026-04-07", "--zh").stdout
    assert "最迟自2026-04-27起生效" in endless
    assert "最长期限" not in endless


def test_without_a_timer_all_are_listed() -> None:
    table = said().stdout
    listed = json.loads(said("--json").stdout)
    assert {"OBJECTION-OWN", "TIER-SERIOUS-MAX", "CAP-DISCLOSURE"} <= set(listed)
    assert [clause_id for clause_id in listed if clause_id not in table] == []
    assert table.count("(off)") == sum(not row["enabled"] for row in listed.values()) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("NONE", "2026-01-01"), "there is no timer, term or list NONE"),
        (("COURT-DELETE",), "on which day does COURT-DELETE begin?"),
        (("COURT-DELETE", "1 March"), "1 March is no day; write it as 2026-09-30"),
    ],
)
def test_misuse_is_told(words: tuple[str, ...], told: str) -> None:
    result = said(*words)
    assert (result.exit_code, result.stdout) == (MISUSED, "")
    assert told in result.stderr


def test_broken_calendar_is_told_instead_of_guessed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CATALOGUE_FOLDER, tmp_path / "catalogue"))
    (folder / "calendar" / "2026.toml").write_text("notices = [", encoding="utf-8")
    settings = {"CREDITBUS_CATALOGUE": str(folder)}
    result = CliRunner().invoke(app, ["deadline", "COURT-DELETE", "2026-01-05"], env=settings)
    assert (result.exit_code, result.stdout) == (FAILED, "")
    assert "calendar/2026.toml: no readable TOML" in result.stderr
