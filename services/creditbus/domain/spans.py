"""Spans: how long an entry, or a window in it, may last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from creditbus.domain.calendar import DAY, months_after, years_after
from creditbus.domain.catalogue import ListDefinition, Polarity
from creditbus.domain.registers import Extended, Listed

CAP_YEARS: Final = 5
"""The longest disclosure where the list is unknown (山东省社会信用条例 第三十八条)."""


def years_allowed(definition: ListDefinition, provisions: Iterable[str]) -> int | None:
    """Return the longest term in years that the provisions allow, none where none is fixed."""
    if definition.years_max is not None:
        return definition.years_max
    longest = None
    for name in provisions:
        years = definition.provisions.get(name, 0)
        if not years:
            return None
        longest = max(longest or years, years)
    return longest


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
    cap = cap_of(listing, definition)
    capped_on = years_after(*cap) if cap is not None else None
    if ends_on is None or capped_on is None:
        return ends_on or capped_on
    return min(ends_on, capped_on)


def last_of_window(from_on: date, last_on: date) -> date:
    """Return the last day of a lift: one month at most (法发〔2019〕35号 item 17)."""
    return min(last_on, months_after(from_on, 1) - DAY)


def cap_of(listing: Listed, definition: ListDefinition | None) -> tuple[date, int] | None:
    """Return from which day the cap on disclosure counts, and its years; none where none holds."""
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
    return ended_on, years
