"""``creditbus explain``: what it is asked, what of the log it takes, and how it tells of faults."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from creditbus.cli.explanations import disagreement, stated
from creditbus.cli.faults import FAILED, MISUSED
from creditbus.cli.main import app
from creditbus.cli.replays import LoggedRecord, gathered, replay, until
from creditbus.domain.accounts.assembly import account_of
from creditbus.domain.acts.activations import edition_activated
from creditbus.domain.entries.entry import Stage
from creditbus.domain.law.editions import Edition
from tests import acts
from tests.examples import (
    CATALOGUE_FOLDER,
    FIRM,
    a_catalogue,
    a_listing,
    a_removal,
    a_standing,
    a_turn,
    some_clocks,
    some_editions,
)

DAY: Final = date(2026, 3, 20)
NUMBER: Final = "110101199003070000"


def said(home: Path, *words: str) -> Result:
    settings = {"CREDITBUS_CATALOGUE": str(CATALOGUE_FOLDER), "CREDITBUS_HOME": str(home)}
    return CliRunner().invoke(app, ["explain", *words], env=settings)


def test_without_a_bus_it_says_how_to_start_one(tmp_path: Path) -> None:
    result = said(tmp_path, FIRM)
    assert result.exit_code == FAILED
    assert "creditbus up" in result.stderr


@pytest.mark.parametrize("word", [NUMBER, f"person:{NUMBER}", f"uscc:{NUMBER}"])
def test_what_names_no_subject_is_refused_and_not_repeated(tmp_path: Path, word: str) -> None:
    result = said(tmp_path, word)
    assert result.exit_code == MISUSED
    assert "names no subject" in result.stderr
    assert NUMBER not in result.output


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    result = said(tmp_path, FIRM, "--on", "yesterday")
    assert result.exit_code == MISUSED
    assert "2026-09-30" in result.stderr


def test_records_are_those_of_the_subjects_partition() -> None:
    first, second, other = a_turn(date(2026, 3, 3)), a_turn(date(2026, 3, 4)), a_listing()
    rows = [
        LoggedRecord(0, first, is_own=False),
        LoggedRecord(1, first, is_own=False),
        LoggedRecord(1, a_listing(), is_own=True),
        LoggedRecord(1, other, is_own=False),
        LoggedRecord(0, second, is_own=False),
    ]
    assert gathered(rows) == [first, a_listing()]
    assert gathered(rows[:2]) == []


def test_replay_takes_what_listing_took() -> None:
    lawless = a_listing(record_id="SX-9", document_number="")
    records = [a_listing(), lawless, a_listing(), a_turn(DAY)]
    found = replay(FIRM, records, some_editions(), some_clocks())
    assert found.known.acts == (a_listing(),)
    assert found.today == DAY
    assert found.standing is not None
    assert [each.stage for each in found.standing.entries] == [Stage.ACTIVE]


def test_until_a_day_nothing_later_is_known() -> None:
    removal = a_removal(decided_on=DAY)
    records = [a_listing(), a_turn(date(2026, 3, 3)), removal, a_turn(DAY)]
    assert until(records, DAY) == records
    assert until(records, date(2026, 3, 19)) == records[:2]
    assert until(records, date(2026, 3, 2)) == records[:1]


def test_law_is_that_of_the_editions_that_the_log_activated() -> None:
    activated = edition_activated(Edition(catalogue=some_editions().on(date(2026, 3, 2))), 0)
    found = replay(FIRM, [activated, a_listing()], some_editions(), some_clocks())
    assert found.law.latest.edition == activated.edition != a_catalogue().edition


def test_json_holds_every_field_and_both_languages() -> None:
    found = replay(FIRM, [a_listing(), acts.an_objection()], some_editions(), some_clocks())
    content = json.loads(stated(account_of(found.known, found.law, DAY, some_clocks())))
    (entry,) = content["entries"]
    assert entry["document_number"] == a_listing().envelope.document_number
    assert entry["marks"][0]["kind"] == "disputed"
    assert set(content["explained"]) == {"zh", "en"}


def test_standing_that_is_behind_the_log_is_told() -> None:
    standing = a_standing(a_listing(), revision=2)
    assert disagreement(standing, standing) == ""
    assert disagreement(None, None) == ""
    assert "revision 0" in disagreement(None, standing)
    assert "leads to 0" in disagreement(standing, None)
