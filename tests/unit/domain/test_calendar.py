"""Terms run on the civil days of Asia/Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from creditbus.domain.calendar import day_of, end_of_day, years_after


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2024, 2, 29), 2, date(2026, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2026, 2, 28), 2, date(2028, 2, 28)),
        (date(2026, 11, 23), 5, date(2031, 11, 23)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
    ],
)
def test_years_after(day: date, years: int, expected: date) -> None:
    assert years_after(day, years) == expected


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
