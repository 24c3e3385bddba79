"""Limits: the last day of an entry's term, as it was extended and as the cap cuts it."""

from __future__ import annotations

from datetime import date

from creditbus.domain.calendar import years_after
from creditbus.domain.entries.registers import Extended, Listed
from creditbus.domain.law.catalogue import ListDefinition
from creditbus.domain.terms.spans import cap_of, extended_to


def last_day(
    listing: Listed, extension: Extended | None, definition: ListDefinition | None
) -> date | None:
    """Return the last day of a term, as it was extended and as the cap on disclosure cuts it.

    法释〔2017〕7号 第二条 for the extension, which begins when the first term is over; for the cap
    山东省社会信用条例 第三十八条: five years from the end of the act, whatever the list says. Where
    nobody stated that end, the decision stands for it, unless the conduct goes on until performed.
    """
    ends_on = extended_on(listing, extension, definition)
    cap = cap_of(definition, listing)
    capped_on = years_after(*cap) if cap is not None else None
    if ends_on is None or capped_on is None:
        return ends_on or capped_on
    return min(ends_on, capped_on)


def extended_on(
    listing: Listed, extension: Extended | None, definition: ListDefinition | None
) -> date | None:
    """Return the last day that listing and extension give, before any cap; None without a term."""
    ends_on = listing.ends_on
    if ends_on is None or extension is None:
        return ends_on
    years = definition.extension_years if definition is not None else 0
    return extended_to(ends_on, extension.extended_from, extension.ends_on, years)
