"""The board: what needs a person comes first, and nobody's name becomes markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from creditbus.console import fragments
from creditbus.console.decide import Board, Counts, board_of
from creditbus.console.login import carried, page
from creditbus.console.visit import Visit
from creditbus.console.words import REASONS, TEXTS, language_of
from creditbus.domain.acts.refusals import Reason
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import BodyId, ListId, SourceId
from creditbus.domain.terms.words import Language
from tests.examples import a_catalogue

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


def counts(**changes: Any) -> Counts:
    stated: dict[str, Any] = {
        "at": AT,
        "subjects": 3,
        "exposures": 1,
        "streams": {"received": 10},
        "entries": {ListId("BL-COURT-SX"): {Stage.ACTIVE: 2, Stage.GRACE: 1, Stage.NOTICED: 1}},
        "sources": {SourceId("court"): (10, 1, 0, 0), SourceId("tax"): (5, 0, 2, 1)},
        "reasons": {Reason.BASIS_MISSING: 1, Reason.NOTICE_MISSING: 5},
        "owed": {},
    }
    return Counts(**(stated | changes))


def a_board(before: Counts | None = None, **changes: Any) -> Board:
    return board_of(counts(**changes), before, a_catalogue())


def test_overdue_lifts_come_first_then_other_lifts_then_applications() -> None:
    owed = {
        BodyId("airline"): (0, 900, None),
        BodyId("railway"): (1, 0, AT - timedelta(seconds=5)),
        BodyId("tender-platform"): (2, 3, AT - timedelta(seconds=61)),
    }
    bodies = a_board(owed=owed).bodies[: len(owed)]

    assert [line.name.id for line in bodies] == ["tender-platform", "railway", "airline"]
    assert [line.is_overdue for line in bodies] == [True, False, False]


def test_a_body_that_owes_nothing_is_shown_too() -> None:
    assert {line.name.id for line in a_board().bodies} == set(a_catalogue().bodies)


def test_sources_in_trouble_come_first_and_reasons_by_number() -> None:
    board = a_board()
    assert [line.name.id for line in board.sources] == ["tax", "court"]
    assert [reason for reason, _ in board.reasons] == [
        Reason.NOTICE_MISSING,
        Reason.BASIS_MISSING,
    ]
    assert board.dead == 1


def test_entries_are_summed_by_what_they_mean() -> None:
    first = a_board().lists[0]
    assert (first.name.id, first.active, first.waiting, first.removed) == ("BL-COURT-SX", 2, 2, 0)


@pytest.mark.parametrize(("later", "rate"), [(30, 10.0), (10, 0.0), (0, 0.0)])
def test_rates_are_taken_against_what_was_before(later: int, rate: float) -> None:
    board = a_board(before=counts(), at=AT + timedelta(seconds=2), streams={"received": later})
    assert board.flows[0].per_second == rate
    assert a_board().flows[0].per_second == 0.0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_speaks_the_language_and_escapes_names(language: Language) -> None:
    board = a_board(sources={SourceId("<script>"): (1, 0, 0, 0)})
    visit = Visit("/", language)
    parts = [
        fragments.figures(board, 1, visit),
        fragments.flow(board, visit),
        fragments.owed(board, visit),
        fragments.lists(board, visit),
        fragments.reasons(board, visit),
        fragments.sources(board, visit),
        fragments.state(board, None, language),
        fragments.warning(board, "redis <b>", language),
    ]
    shown = "".join(parts)
    assert "<script>" not in shown
    assert "redis <b>" not in shown
    has_chinese = re.search("[一-鿿]", shown) is not None
    assert has_chinese == (language == "zh")


def test_what_is_away_is_said_and_nothing_otherwise() -> None:
    assert fragments.warning(a_board(), None, "zh") == ""
    assert "数据暂不可用" in fragments.state(None, "redis", "zh")
    assert "12:00:00" in fragments.state(a_board(), None, "zh")


def test_an_empty_bus_says_so() -> None:
    board = a_board(sources={}, reasons={})
    assert "nothing was refused" in fragments.reasons(board, Visit("/", "en"))
    assert "nothing was received" in fragments.sources(board, Visit("/", "en"))


def test_every_reason_and_text_has_both_languages() -> None:
    assert set(REASONS) == set(Reason)
    assert all(zh and en for zh, en in (*TEXTS.values(), *REASONS.values()))
    assert [language_of(each) for each in ("en", "zh", None, "fr")] == ["en", "zh", "zh", "zh"]


def test_the_login_carries_no_token_and_no_markup() -> None:
    stated = {"token": "secret", "lang": '"><script>', "theme": "dark"}
    assert "token" not in carried(stated)
    shown = page("zh", stated, note="token_wrong")
    assert "secret" not in shown
    assert "<script>" not in shown
    assert "令牌无效" in shown


def test_numbers_that_are_behind_say_of_when_they_are() -> None:
    board = a_board()
    old = msgspec.structs.replace(board, as_of=board.at - timedelta(seconds=42), is_current=False)
    shown = fragments.state(old, None, "en")
    assert "chip behind" in shown
    assert "11:59:18 (42 s)" in shown
    assert "catching up" in fragments.warning(old, None, "en")
