"""Limits: the last day of an entry's term, as it was extended and as the cap cuts it."""

from __future__ import annotations

from datetime import date

from creditbus.domain.calendar import years_after
from creditbus.domain.entries.registers import Extended, Listed
from creditbus.domain.law.catalogue import ListDefinition, Polarity
from creditbus.domain.terms.spans import CAP_YEARS, years_allowed


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
