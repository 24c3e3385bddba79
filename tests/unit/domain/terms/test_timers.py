"""The clocks of the law: what ships, and until when they run."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final

import pytest

from creditbus.domain.calendar import Calendar
from creditbus.domain.terms.timers import Actor, Timer, deadline
from creditbus.runtime.law.calendars import load_timers
from tests.examples import CATALOGUE_FOLDER, a_calendar

SHIPPED: Final = """
timer                  | start      | end        | why
PUBLISH-DECISION       | 2026-04-30 | 2026-05-13 | five days of Labour Day, Saturday 9 May worked
PUBLISH-SAMR           | 2026-09-15 | 2026-10-19 | 20 September and 10 October worked
FORWARD-SAMR           | 2026-03-02 | 2026-03-16 |
PUBLISH-SAMR-FORWARDED | 2026-03-16 | 2026-03-30 |
WITHDRAW-PENALTY       | 2026-09-30 | 2026-10-10 |
REPORT-REVOKED         | 2026-02-13 | 2026-02-25 | Saturday 14 February worked, nine days off
OBJECTION-OWN          | 2026-09-30 | 2026-10-10 |
OBJECTION-OTHERS       | 2026-09-30 | 2026-10-15 |
OBJECTION-MARK         | 2026-09-18 | 2026-09-20 |
COURT-REVIEW           | 2026-09-20 | 2026-10-08 | 5 October is a day off
COURT-CORRECT          | 2026-10-08 | 2026-10-12 | Saturday 10 October worked
COURT-RECONSIDER-FILE  | 2026-06-10 | 2026-06-22 | 20 June is a Saturday of Dragon Boat
COURT-RECONSIDER-DECIDE| 2026-06-22 | 2026-07-07 |
COURT-DELETE           | 2026-04-30 | 2026-05-08 |
TAX-STOP               | 2026-06-15 | 2026-06-30 |
COURT-GRACE-MIN        | 2026-01-31 | 2026-02-28 |
COURT-GRACE-MAX        | 2026-01-31 | 2026-04-30 |
COURT-TRAVEL-LIFT      | 2026-05-31 | 2026-06-30 |
REPAIR-RESULT          | 2026-06-15 | 2026-06-30 | Friday 19 June is Dragon Boat
REPAIR-AUTHORITY       | 2026-06-15 | 2026-06-18 |
STOP-AFTER-REMOVAL     | 2026-03-31 | 2026-04-03 |
HEARING-REQUEST        | 2026-04-03 | 2026-04-13 | Monday 6 April is off
HEARING-NOTICE         | 2026-04-28 | 2026-05-11 |
KEEP-QUERY-LOG         | 2024-02-29 | 2029-02-28 |
"""


@cache
def the_timers() -> dict[str, Timer]:
    return load_timers(CATALOGUE_FOLDER)


def rows() -> list[tuple[str, str, str]]:
    cells = [[cell.strip() for cell in line.split("|")] for line in SHIPPED.strip().splitlines()]
    return [(timer, start, end) for timer, start, end, _ in cells[1:]]


def test_every_shipped_timer_is_in_the_table() -> None:
    assert [timer for timer, _, _ in rows()] == list(the_timers())


@pytest.mark.parametrize(("timer", "start", "end"), rows())
def test_shipped_timer_ends(timer: str, start: str, end: str) -> None:
    due = deadline(the_timers()[timer], date.fromisoformat(start), a_calendar())
    assert str(due.end) == end
    assert not due.provisional


def test_every_timer_names_its_law() -> None:
    for timer in the_timers().values():
        assert timer.document
        assert timer.article
        assert timer.name_zh != timer.name_en


def test_deadline_is_right_again_when_the_year_is_loaded() -> None:
    timer, start = the_timers()["OBJECTION-OWN"], date(2026, 9, 30)
    years = {year: each for year, each in a_calendar().years.items() if year < 2026}
    guess = deadline(timer, start, Calendar(years=years))
    assert (str(guess.end), guess.provisional) == ("2026-10-07", True)
    loaded = deadline(timer, guess.start, a_calendar())
    assert (str(loaded.end), loaded.provisional) == ("2026-10-10", False)


def test_actors_are_all_used() -> None:
    assert {timer.actor for timer in the_timers().values()} == set(Actor)
