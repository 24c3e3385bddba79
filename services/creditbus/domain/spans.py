"""Spans: how long an entry, or a window in it, may last."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from creditbus.domain.calendar import DAY, years_after
from creditbus.domain.catalogue import ListDefinition, Polarity
from creditbus.domain.registers import Extended, Listed

LAST_DAY: Final = date(9999, 12, 30)
"""No span ends later: sources write absurd years, and counting from one must not fail."""

CAP_YEARS: Final = 5
"""The longest disclosure where the list is unknown (山东省社会信用条例 第三十八条)."""


def days_later(day: date, days: int) -> date:
    """Return the day some days later, as far as a calendar goes."""
    return day + timedelta(days=min(days, (LAST_DAY - day).days)) if day < LAST_DAY else LAST_DAY


def month_later(day: date) -> date:
    """Return the corresponding day of the next month, or its last (民法典 第二百零二条).

    >>> month_later(date(2026, 1, 31))
    datetime.date(2026, 2, 28)
    """
    if (day.year, day.month) >= (LAST_DAY.year, LAST_DAY.month):
        return LAST_DAY
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def years_allowed(definition: ListDefinition, provisions: Iterable[str]) -> int | None:
    """Return the longest term in years that the provisions allow, none where none is fixed."""
    if definition.years_max is not None:
        return definition.years_max
    years = [definition.provisions.get(name, 0) for name in provisions]
    return max(years) if years and all(years) else None


def last_day(
    listing: Listed, extension: Extended | None, definition: ListDefinition | None
) -> date | None:
    """Return the last day of a term, as it was extended and as the cap on disclosure cuts it.

    法释〔2017〕7号 第二条 for the extension; for the cap 山东省社会信用条例 第三十八条: five years
    from the end of the act, whatever the list says. Where nobody stated that end, the first day of
    effect stands for it, unless the conduct goes on until performed.
    """
    ends_on = listing.ends_on
    if ends_on is not None and extension is not None:
        ends_on = max(ends_on, extension.ends_on)
    capped_on = _cap(listing, definition)
    if ends_on is None or capped_on is None:
        return ends_on or capped_on
    return min(ends_on, capped_on)


def last_of_window(from_on: date, last_on: date) -> date:
    """Return the last day of a lift: one month at most (法发〔2019〕35号 item 17)."""
    return min(last_on, month_later(from_on) - DAY)


def _cap(listing: Listed, definition: ListDefinition | None) -> date | None:
    if definition is not None and definition.polarity is Polarity.RED:
        return None
    years = definition.disclosure_cap_years if definition is not None else CAP_YEARS
    ended_on = listing.act_ended_on
    if ended_on is None:
        goes_on = definition is not None and definition.until_performed
        if listing.until_performed or (
            goes_on and years_allowed(definition, listing.provisions) is None  # type: ignore[arg-type]
        ):
            return None
        ended_on = listing.starts_on
    if ended_on.year + years > LAST_DAY.year:
        return LAST_DAY
    return years_after(ended_on, years)
