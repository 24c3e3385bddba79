"""Civil days, and which of them are worked: as announced, else by the weekday and provisionally."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import chinese_calendar  # type: ignore[import-untyped]
import msgspec
import pytest

from creditbus.domain.calendar import (
    LAST_DAY,
    Calendar,
    Holiday,
    Year,
    day_of,
    days_after,
    end_of_day,
    months_after,
    years_after,
)
from tests.examples import a_calendar

KNOWN_ELSEWHERE: Final = range(2017, 2027)
"""The years that ship, all of which the package chinesecalendar knows too."""


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2024, 2, 29), 2, date(2026, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2026, 2, 28), 2, date(2028, 2, 28)),
        (date(2026, 11, 23), 5, date(2031, 11, 23)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(9998, 5, 1), 3, LAST_DAY),
    ],
)
def test_years_after(day: date, years: int, expected: date) -> None:
    assert years_after(day, years) == expected


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), 3, date(2026, 6, 30)),
        (date(2026, 2, 28), 1, date(2026, 3, 28)),
        (date(2026, 10, 15), 3, date(2027, 1, 15)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date.max, 1, LAST_DAY),
    ],
)
def test_months_after(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_counting_never_leaves_the_days_that_can_be_named() -> None:
    assert days_after(date(9999, 12, 25), 100) == LAST_DAY
    assert end_of_day(LAST_DAY) > datetime(9999, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_the_day_turns_at_sixteen_hours_utc(instant: datetime, day: date) -> None:
    assert day_of(instant) == day


def test_a_term_is_over_when_the_day_after_its_last_begins() -> None:
    assert end_of_day(date(2028, 2, 28)) == datetime(2028, 2, 28, 16, 0, tzinfo=UTC)
    assert day_of(end_of_day(date(2028, 2, 28))) == date(2028, 2, 29)


def test_shipped_years_are_those_that_can_be_compared() -> None:
    assert list(a_calendar().years) == list(KNOWN_ELSEWHERE)


@pytest.mark.parametrize("year", KNOWN_ELSEWHERE)
def test_every_day_is_what_another_source_says(year: int) -> None:
    start = date(year, 1, 1)
    days = [start + timedelta(days=number) for number in range(366)]
    ours = {day: a_calendar().is_working(day) for day in days if day.year == year}
    assert ours == {day: chinese_calendar.is_workday(day) for day in ours}
    assert len(ours) in {365, 366}


@pytest.mark.parametrize(
    ("day", "is_working", "what"),
    [
        (date(2026, 10, 10), True, "National Day"),  # a Saturday worked in exchange
        (date(2026, 10, 1), False, "National Day"),
        (date(2026, 10, 17), False, None),
        (date(2026, 10, 19), True, None),
        (date(2018, 12, 29), True, "New Year's Day"),  # the notice for 2019 moved days of 2018
        (date(2018, 12, 31), False, "New Year's Day"),
        (date(2020, 2, 1), False, "Spring Festival"),  # announced as worked, then freed
    ],
)
def test_days_off_and_worked_in_exchange(day: date, is_working: bool, what: str | None) -> None:  # noqa: FBT001
    calendar = a_calendar()
    assert calendar.is_working(day) is is_working
    holiday = calendar.holiday(day)
    assert (holiday.name_en if holiday else None) == what


@pytest.mark.parametrize(
    ("day", "is_settled"),
    [
        (date(2016, 12, 31), False),
        (date(2017, 1, 1), True),
        (date(2018, 12, 31), True),
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),  # 2027's notice may move it, as 2019's moved 2018's
        (date(2027, 1, 4), False),
    ],
)
def test_a_day_is_settled_once_announced(day: date, is_settled: bool) -> None:  # noqa: FBT001
    assert a_calendar().is_settled(day) is is_settled


def test_unannounced_year_has_its_weekdays() -> None:
    calendar = Calendar()
    assert calendar.is_working(date(2027, 9, 30))
    assert not calendar.is_working(date(2027, 10, 1))  # free in any year
    assert not calendar.is_working(date(2027, 10, 2))
    assert calendar.next_working(date(2027, 10, 1)) == date(2027, 10, 4)
    assert calendar.next_working(date(9999, 12, 26)) == date(9999, 12, 27)


def a_year(**changes: object) -> Year:
    holiday = Holiday(
        name_zh="国庆节",
        name_en="National Day",
        first=date(2026, 10, 1),
        last=date(2026, 10, 7),
        make_up=(date(2026, 9, 20), date(2026, 10, 10)),
    )
    lawful = {f: changes.pop(f) for f in ("first", "last", "make_up") if f in changes}
    year = Year(
        year=2026,
        announced_on=date(2025, 11, 4),
        notices=("国办发明电〔2025〕7号",),
        holidays=(msgspec.structs.replace(holiday, **lawful),),
    )
    return msgspec.structs.replace(year, **changes)


def test_lawful_year_has_no_problems() -> None:
    assert a_year().problems() == []
    assert [year.problems() for year in a_calendar().years.values()] == [[]] * len(KNOWN_ELSEWHERE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"notices": ()}, "names no notice"),
        ({"last": date(2026, 9, 30)}, "ends before it begins"),
        ({"make_up": (date(2026, 10, 9),)}, "2026-10-09 is no weekend day"),
        ({"make_up": (date(2026, 10, 3),)}, "named twice"),
        ({"make_up": (date(2027, 1, 2),)}, "does not belong to 2026"),
        ({"first": date(2025, 12, 28), "last": date(2025, 12, 29)}, "does not belong to 2026"),
    ],
)
def test_a_year_that_no_notice_can_mean_is_told(changes: dict[str, object], said: str) -> None:
    assert any(said in problem for problem in a_year(**changes).problems())
