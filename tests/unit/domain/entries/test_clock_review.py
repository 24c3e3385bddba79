"""A timer that the bus cannot count as its row says is told, with what to correct."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from creditbus.domain.entries.clock_review import problems
from creditbus.domain.entries.deadlines import BEGINS
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.terms.timers import Begin
from tests.examples import COURT_LIST, a_catalogue, some_clocks


def with_timer(name: str) -> Catalogue:
    catalogue = a_catalogue()
    row = msgspec.structs.replace(catalogue.lists[COURT_LIST], performance_timer=name)
    return msgspec.structs.replace(catalogue, lists={**catalogue.lists, COURT_LIST: row})


def test_the_timers_that_ship_are_counted_as_they_say() -> None:
    assert problems(some_clocks().timers, a_catalogue()) == []


@pytest.mark.parametrize("timer_id", list(BEGINS))
def test_a_timer_that_is_gone_or_begins_otherwise_is_told(timer_id: str) -> None:
    timers = dict(some_clocks().timers)
    otherwise: Any = Begin.RECORD
    timers[timer_id] = msgspec.structs.replace(timers[timer_id], begins=otherwise)
    told = problems(timers, a_catalogue())
    assert f"timers.toml, row {timer_id}: begins with record" in told[0]
    del timers[timer_id]
    assert f"timers.toml: no row {timer_id}" in problems(timers, a_catalogue())[0]


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("NONE", "performance_timer names NONE, no row of timers.toml"),
        ("COURT-REVIEW", "performance_timer names COURT-REVIEW, which begins with receipt"),
    ],
)
def test_performance_starts_a_clock_that_there_is(named: str, problem: str) -> None:
    (told,) = problems(some_clocks().timers, with_timer(named))
    assert problem in told
