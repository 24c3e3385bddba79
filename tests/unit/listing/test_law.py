"""Test ideas that follow from the law, carried through listing and dispatch."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest

from creditbus.dispatch.decide import build as build_dispatch
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.calendar import end_of_day
from creditbus.domain.effects.directives import Action, Directive, Lane
from creditbus.domain.entries.entry import Deadline, Stage
from creditbus.domain.entries.standings import Standing
from creditbus.engine.values import DictState, Output
from creditbus.listing.decide import build
from tests.acts import an_objection, an_objection_ruling
from tests.examples import (
    a_listing,
    a_turn,
    decided,
    some_clocks,
    some_editions,
)

DECIDE: Final = build(some_editions(), some_clocks())
DISPATCH: Final = build_dispatch(some_editions())
BEFORE_THE_HOLIDAY: Final = date(2026, 9, 30)


def standings(outputs: list[Output]) -> list[Standing]:
    return [each.value for each in outputs if isinstance(each.value, Standing)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"notice_served_on": None}, Reason.NOTICE_MISSING),
        ({"rights_stated": False}, Reason.RIGHTS_NOT_STATED),
    ],
)
def test_listing_without_notice_or_without_rights_stated_is_rejected(
    changes: dict[str, Any], reason: Reason
) -> None:
    state = DictState()
    (output,) = decided(DECIDE, state, [a_listing(**changes)])
    assert isinstance(output.value, Refusal)
    assert output.value.reason is reason
    assert output.value.article
    assert state.rows == {}


def test_objection_upheld_removes_at_every_subscriber_with_the_event_itself() -> None:
    upheld = an_objection_ruling(ObjectionResult.REMOVED, decided_on=BEFORE_THE_HOLIDAY)
    state, ledger = DictState(), DictState()
    first = decided(DECIDE, state, [a_listing(), an_objection(), a_turn(BEFORE_THE_HOLIDAY)])
    decided(DISPATCH, ledger, standings(first))
    (removed,) = standings(decided(DECIDE, state, [upheld]))
    assert [entry.stage for entry in removed.entries] == [Stage.REMOVED]
    for each in decided(DISPATCH, ledger, [removed]):
        assert isinstance(each.value, Directive)
        assert (each.value.action, each.value.lane) == (Action.LIFT, Lane.LIFT)


def test_correction_is_due_in_three_working_days_around_the_national_day_week() -> None:
    corrected = an_objection_ruling(ObjectionResult.CORRECTED, decided_on=BEFORE_THE_HOLIDAY)
    state = DictState()
    decided(DECIDE, state, [a_listing(), an_objection(), corrected])
    # 1 to 7 October are free, Saturday the 10th is worked: the 8th, the 9th, the 10th.
    for before in standings(decided(DECIDE, state, [a_turn(date(2026, 10, 10))])):
        assert before.entries[0].overdue == ()
    (late,) = standings(decided(DECIDE, state, [a_turn(date(2026, 10, 11))]))
    assert late.entries[0].overdue == (Deadline.CORRECTION,)
    assert late.entries[0].disputed


@pytest.mark.parametrize(
    ("item", "ends_on", "is_lawful"),
    [
        ("1", None, True),
        ("2", date(2030, 2, 28), True),
        ("6", date(2033, 2, 28), True),
        ("6", date(2033, 3, 1), False),
        ("2", None, False),
    ],
)
def test_item_1_has_no_term_and_the_others_end_by_the_28th_of_february(
    item: str, ends_on: date | None, *, is_lawful: bool
) -> None:
    listing = a_listing(
        decided_on=date(2028, 2, 29),
        notice_served_on=date(2028, 2, 1),
        provisions=(item,),
        ends_on=ends_on,
        until_performed=ends_on is None,
    )
    outputs = decided(DECIDE, DictState(), [listing])
    assert bool(standings(outputs)) is is_lawful
    for standing in standings(outputs):
        expected = end_of_day(ends_on) if ends_on is not None else None
        assert standing.entries[0].ends_at == expected
