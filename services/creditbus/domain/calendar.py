"""Days and instants of the law: all terms run on the civil days of Asia/Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time without summer time since 1992, so a fixed offset is exact."""

DAY: Final = timedelta(days=1)


@lru_cache(maxsize=4096)
def day_of(instant: datetime) -> date:
    """Return the civil day of an instant."""
    return instant.astimezone(SHANGHAI).date()


@lru_cache(maxsize=4096)  # few days, asked for with every entry
def end_of_day(last_day: date) -> datetime:
    """Return the instant (UTC) at which a term with this last day is over: 00:00 of the next."""
    return datetime.combine(last_day + DAY, time.min, SHANGHAI).astimezone(UTC)


def years_after(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 28 February.

    >>> years_after(date(2024, 2, 29), 2)
    datetime.date(2026, 2, 28)
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
