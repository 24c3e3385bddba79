"""Days and instants of the law: terms run on civil days of Asia/Shanghai, some on working days.

Which weekdays are free and which weekend days are worked is announced for each year by the State
Council, so it is data (``deploy/catalogue/calendar``), never a rule. In a year that is not
announced yet Monday to Friday stand for the working days, and what was counted there is
provisional: ask `Calendar.is_settled`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cached_property, lru_cache
from typing import Final

import msgspec

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time without summer time since 1992, so a fixed offset is exact."""

DAY: Final = timedelta(days=1)

LAST_DAY: Final = date(9999, 12, 30)
"""No term ends later: sources write absurd years, and counting from one must not fail."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SATURDAY: Final = 5
_FREE_IN_ANY_YEAR: Final = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})
"""全国年节及纪念日放假办法, in each of its texts since 1999; other holidays follow the moon."""

_NEW_YEAR_BREAK: Final = (12, 29)
"""The earliest day of December that the notice of the next year has ever moved (in 2018)."""


def millis_of(instant: datetime) -> int:
    """Return an instant in milliseconds since 1970, as Kafka and Redis keep it.

    >>> millis_of(datetime(2026, 11, 30, 0, 0, 0, 1_999, tzinfo=UTC))
    1795996800001
    """
    return (instant - _EPOCH) // _MILLISECOND


def instant_of(millis: float) -> datetime:
    """Return the instant of so many milliseconds since 1970."""
    return datetime.fromtimestamp(millis / 1000, UTC)


@lru_cache(maxsize=4096)
def day_of(instant: datetime) -> date:
    """Return the civil day of an instant."""
    return instant.astimezone(SHANGHAI).date()


@lru_cache(maxsize=4096)  # few days, asked for with every entry
def end_of_day(last_day: date) -> datetime:
    """Return the instant (UTC) at which a term with this last day is over: 00:00 of the next."""
    return datetime.combine(last_day + DAY, time.min, SHANGHAI).astimezone(UTC)


@lru_cache(maxsize=4096)
def days_after(day: date, days: int) -> date:
    """Return the day some days later; the day itself is not counted (Civil Code, article 201)."""
    return date.fromordinal(min(day.toordinal() + days, LAST_DAY.toordinal()))


@lru_cache(maxsize=4096)
def months_after(day: date, months: int) -> date:
    """Return the corresponding day some months later, or the last of a month that has none.

    Civil Code, article 202.

    >>> months_after(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > LAST_DAY.year:
        return LAST_DAY
    last = monthrange(year, month + 1)[1]
    return min(date(year, month + 1, min(day.day, last)), LAST_DAY)


@lru_cache(maxsize=4096)
def years_after(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 28 February.

    >>> years_after(date(2024, 2, 29), 2)
    datetime.date(2026, 2, 28)
    """
    return months_after(day, 12 * years)


class Holiday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One paragraph of a notice: the days off, and the weekend days worked in exchange."""

    name_zh: str
    name_en: str
    first: date
    last: date
    make_up: tuple[date, ...] = ()


class Year(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A year as its notices announce it; a later notice may have changed an earlier one.

    A year may begin in December: the days off around New Year's Day are announced together.
    """

    year: int
    announced_on: date
    notices: tuple[str, ...]
    note: str = ""
    holidays: tuple[Holiday, ...]

    def problems(self) -> list[str]:
        """Return a sentence for each thing that no notice can mean."""
        found = [] if self.notices else ["it names no notice; give the number of the document"]
        free = [day for each in self.holidays for day in _days(each.first, each.last)]
        worked = [day for each in self.holidays for day in each.make_up]
        if len(set(free)) < len(free) or len(set(worked)) < len(worked) or set(free) & set(worked):
            found.append("a day is named twice; a day is either off or worked")
        found += [
            f"{each.name_zh} ends before it begins"
            for each in self.holidays
            if each.last < each.first
        ]
        found += [
            f"{day} is no weekend day; only those are worked in exchange"
            for day in worked
            if day.weekday() < _SATURDAY
        ]
        begins = date(self.year - 1, *_NEW_YEAR_BREAK)
        found += [
            f"{day} does not belong to {self.year}"
            for day in [*free, *worked]
            if not begins <= day <= date(self.year, 12, 31)
        ]
        return found


class Calendar(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The announced years; ``edition`` names their content."""

    edition: str = ""
    years: dict[int, Year] = {}

    def is_settled(self, day: date) -> bool:
        """Return whether it is announced that the day is worked or free.

        The last days of December wait for the notice of the next year as well.
        """
        if day.year not in self.years:
            return False
        return (day.month, day.day) < _NEW_YEAR_BREAK or day.year + 1 in self.years

    def is_working(self, day: date) -> bool:
        """Return whether authorities work on the day; the best guess where nothing is announced."""
        if day in self._worked:
            return True
        if day.year not in self.years and (day.month, day.day) in _FREE_IN_ANY_YEAR:
            return False
        return day.weekday() < _SATURDAY and day not in self._free

    def next_working(self, day: date) -> date:
        """Return the day itself, or the first working day after it."""
        while not self.is_working(day) and day < LAST_DAY:
            day += DAY
        return day

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday that frees the day, or for which it is worked in exchange."""
        return self._free.get(day) or self._worked.get(day)

    @cached_property
    def _free(self) -> dict[date, Holiday]:
        return {
            day: each
            for year in self.years.values()
            for each in year.holidays
            for day in _days(each.first, each.last)
        }

    @cached_property
    def _worked(self) -> dict[date, Holiday]:
        return {
            day: each
            for year in self.years.values()
            for each in year.holidays
            for day in each.make_up
        }


def _days(first: date, last: date) -> Iterator[date]:
    return (first + DAY * number for number in range((last - first).days + 1))
