"""Laws of counting days, for any clause, start and set of announced years."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creditbus.domain.calendar import LAST_DAY, Calendar
from creditbus.domain.terms.reckonings import (
    Bound,
    Clause,
    Length,
    Reckoning,
    StepKind,
    Unit,
    capped,
    reckon,
)
from tests.examples import a_calendar

DAY: Final = timedelta(days=1)
STARTS: Final = st.dates(date(2016, 11, 1), date(2028, 3, 1))
COUNTS: Final = st.integers(1, 45)
CALENDARS: Final = st.sets(st.sampled_from(sorted(a_calendar().years))).map(
    lambda years: Calendar(years={year: a_calendar().years[year] for year in years})
)


def a_clause(count: int, unit: Unit, *, moves: bool = False) -> Clause:
    return Clause(
        id="ANY",
        name_zh="期限",
        name_en="Term",
        length=Length(count=count, unit=unit),
        moves=moves,
        document="",
        article="",
        in_force_from=date.min,
    )


CLAUSES: Final = st.builds(a_clause, COUNTS, st.sampled_from(Unit), moves=st.booleans())
FIXED: Final = [Unit.DAY, Unit.WORKING_DAY]


def between(after: date, until: date) -> list[date]:
    return [after + DAY * number for number in range(1, (until - after).days + 1)]


@given(CLAUSES, STARTS, STARTS, CALENDARS)
def test_later_start_never_ends_earlier(
    clause: Clause, one: date, other: date, calendar: Calendar
) -> None:
    early, late = sorted([one, other])
    assert reckon(clause, early, calendar).end <= reckon(clause, late, calendar).end


@given(CLAUSES, STARTS, CALENDARS)
def test_end_is_after_the_start(clause: Clause, start: date, calendar: Calendar) -> None:
    assert reckon(clause, start, calendar).end > start


@given(COUNTS, COUNTS, st.sampled_from(FIXED), STARTS, CALENDARS)
def test_days_and_working_days_add_up(
    first: int, second: int, unit: Unit, start: date, calendar: Calendar
) -> None:
    halfway = reckon(a_clause(first, unit), start, calendar)
    apart = reckon(a_clause(second, unit), halfway.end, calendar)
    together = reckon(a_clause(first + second, unit), start, calendar)
    assert apart.end == together.end
    assert (apart.provisional or halfway.provisional) == together.provisional


@given(COUNTS, COUNTS, st.sampled_from([Unit.MONTH, Unit.YEAR]), STARTS)
def test_months_counted_in_two_goes_lose_the_end_of_month_at_most(
    first: int, second: int, unit: Unit, start: date
) -> None:
    calendar = Calendar()
    halfway = reckon(a_clause(first, unit), start, calendar)
    apart = reckon(a_clause(second, unit), halfway.end, calendar)
    together = reckon(a_clause(first + second, unit), start, calendar)
    assert timedelta(0) <= together.end - apart.end <= timedelta(days=3)


@given(COUNTS, STARTS, CALENDARS)
def test_working_days_are_counted_one_by_one(count: int, start: date, calendar: Calendar) -> None:
    end = reckon(a_clause(count, Unit.WORKING_DAY), start, calendar).end
    assert calendar.is_working(end)
    assert sum(calendar.is_working(day) for day in between(start, end)) == count


@given(CLAUSES, STARTS, CALENDARS)
def test_moved_end_is_the_first_working_day(
    clause: Clause, start: date, calendar: Calendar
) -> None:
    resting = reckon(a_clause(clause.length.count, clause.length.unit), start, calendar).end
    end = reckon(clause, start, calendar).end
    if not clause.moves:
        assert end == resting
        return
    assert calendar.is_working(end)
    assert not any(calendar.is_working(day) for day in between(resting - DAY, end - DAY))


def _path(reckoning: Reckoning, calendar: Calendar) -> list[date]:
    """Return the days whose kind decided the end."""
    clause, start = reckoning.clause, reckoning.start
    if clause.length.unit is Unit.WORKING_DAY:
        return between(start, reckoning.end)
    resting = reckon(a_clause(clause.length.count, clause.length.unit), start, calendar).end
    return between(resting - DAY, reckoning.end) if clause.moves else []


@given(CLAUSES, STARTS, CALENDARS)
def test_provisional_exactly_when_an_unsettled_day_was_looked_at(
    clause: Clause, start: date, calendar: Calendar
) -> None:
    reckoning = reckon(clause, start, calendar)
    unsettled = [day for day in _path(reckoning, calendar) if not calendar.is_settled(day)]
    assert reckoning.provisional == bool(unsettled)
    assumed = [step for step in reckoning.steps if step.kind is StepKind.ASSUMED]
    found = [(step.first, step.last, step.count) for step in assumed]
    assert found == ([(unsettled[0], unsettled[-1], len(unsettled))] if unsettled else [])


UNTIL_2018: Final = Calendar(years={each: a_calendar().years[each] for each in (2017, 2018)})


@given(CLAUSES, STARTS, CALENDARS)
@example(a_clause(2, Unit.WORKING_DAY), date(2018, 12, 27), UNTIL_2018)  # 2019 moved its last days
@example(a_clause(4, Unit.DAY, moves=True), date(2018, 12, 27), UNTIL_2018)
def test_what_is_not_provisional_stays_when_years_are_loaded(
    clause: Clause, start: date, calendar: Calendar
) -> None:
    before = reckon(clause, start, calendar)
    after = reckon(before.clause, before.start, a_calendar())
    if not before.provisional:
        assert after == before


@given(COUNTS, STARTS, CALENDARS)
def test_steps_account_for_every_day(count: int, start: date, calendar: Calendar) -> None:
    reckoning = reckon(a_clause(count, Unit.WORKING_DAY), start, calendar)
    passed = {StepKind.DAY_OFF, StepKind.REST}
    free = sum(step.count for step in reckoning.steps if step.kind in passed)
    fixed = [day for day in between(start, reckoning.end) if _is_guessed_free(day, calendar)]
    assert count + free == len(between(start, reckoning.end))
    assert len(fixed) <= free
    for step in reckoning.steps:
        if step.kind in {*passed, StepKind.MAKE_UP}:
            assert step.count == (step.last - step.first).days + 1


def _is_guessed_free(day: date, calendar: Calendar) -> bool:
    return day.year not in calendar.years and not calendar.is_working(day) and day.weekday() < 5


@given(CLAUSES, CLAUSES, STARTS, STARTS)
def test_cap_ends_what_is_later_and_leaves_the_rest(
    clause: Clause, cap: Clause, start: date, capped_from: date
) -> None:
    term = reckon(clause, start, a_calendar())
    limit = reckon(cap, capped_from, a_calendar())
    result = capped(term, limit)
    assert result.end == min(term.end, limit.end)
    if term.end <= limit.end:
        assert result == term
    else:
        assert result.steps[-1].kind is StepKind.CAPPED
        assert result.clause is term.clause


@given(CLAUSES, st.dates())
@example(a_clause(1, Unit.DAY), date.max)
@example(a_clause(1, Unit.WORKING_DAY, moves=True), date.max)
@example(a_clause(45, Unit.YEAR), date(9980, 2, 29))
def test_any_day_can_be_counted_from(clause: Clause, start: date) -> None:
    reckoning = reckon(clause, start, a_calendar())
    assert reckoning.end <= LAST_DAY
    assert reckoning.ends_at.tzinfo is not None


@pytest.mark.parametrize("bound", Bound)
def test_the_instant_is_midnight_after_the_last_day(bound: Bound) -> None:
    clause = Clause(
        id="X",
        name_zh="",
        name_en="",
        length=Length(count=3, unit=Unit.MONTH),
        bound=bound,
        document="",
        article="",
        in_force_from=date.min,
    )
    reckoning = reckon(clause, date(2026, 1, 15), a_calendar())
    assert reckoning.end == date(2026, 4, 15)
    assert reckoning.ends_at.isoformat() == "2026-04-15T16:00:00+00:00"
