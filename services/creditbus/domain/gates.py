"""Gates: what a listing must pass before an entry can start, each naming its article.

A removal passes no gate (law 7): a problem of the original must never hold the way out. The gates
are a mapping in the order of ``Reason``, asserted at import; the first that fails is the refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from creditbus.domain.articles import LISTS
from creditbus.domain.calendar import years_after
from creditbus.domain.catalogue import Catalogue, ListDefinition
from creditbus.domain.events import EntryListed
from creditbus.domain.refusals import Fault, Reason

_LAST_YEAR: Final = 2098
"""Agencies' systems write 2999-12-31 or 2099-12-31 for "not known".

No term of the law runs so long.
"""

_PENALTY_LAW: Final = "行政处罚法 第三十四条、第四十四条"


class Listing(msgspec.Struct, frozen=True):
    """A listing with the rules it falls under."""

    event: EntryListed
    definition: ListDefinition
    catalogue: Catalogue

    @property
    def years_max(self) -> int | None:
        """Return the longest term in years that the provisions allow, none where none is fixed."""
        if self.definition.years_max is not None:
            return self.definition.years_max
        years = [self.definition.provisions.get(name, 0) for name in self.event.provisions]
        return max(years) if years and all(years) else None


class Gate(msgspec.Struct, frozen=True):
    """A condition: its field, its article, what to do, and whether a listing fails it."""

    field: str
    article: str
    advice: str
    fails: Callable[[Listing], bool]


def _basis_not_in_force(listing: Listing) -> bool:
    bases, decided_on = listing.catalogue.bases, listing.event.envelope.decided_on
    return not all(
        bases[basis].is_in_force(decided_on) and bases[basis].enabled
        for basis in listing.event.envelope.bases
    )


def _provision_unknown(listing: Listing) -> bool:
    known = listing.definition.provisions
    named = listing.event.provisions
    return (bool(known) and not named) or any(name not in known for name in named)


def _term_missing(listing: Listing) -> bool:
    event = listing.event
    if event.ends_on is not None:
        return event.until_performed
    # A provision that fixes a number of years never runs until performed, whatever its list allows.
    open_ended = listing.definition.until_performed and listing.years_max is None
    return not (event.until_performed and open_ended)


def _term_before_decision(listing: Listing) -> bool:
    envelope = listing.event.envelope
    begins_on = max(envelope.decided_on, envelope.effective_on or envelope.decided_on)
    return listing.event.ends_on is not None and listing.event.ends_on < begins_on


def _term_too_long(listing: Listing) -> bool:
    if listing.event.ends_on is None:
        return False
    if listing.event.ends_on.year > _LAST_YEAR or listing.years_max is None:
        return listing.event.ends_on.year > _LAST_YEAR
    start = listing.event.envelope.effective_on or listing.event.envelope.decided_on
    return listing.event.ends_on > years_after(start, listing.years_max)


GATES: Final[dict[Reason, Gate]] = {
    Reason.BASIS_MISSING: Gate(
        "bases",
        LISTS,
        "name the provision that the decision rests on",
        lambda listing: not listing.event.envelope.bases,
    ),
    Reason.BASIS_UNKNOWN: Gate(
        "bases",
        LISTS,
        "name bases of the catalogue, or have the basis registered first",
        lambda listing: any(
            basis not in listing.catalogue.bases for basis in listing.event.envelope.bases
        ),
    ),
    Reason.BASIS_NOT_OF_LIST: Gate(
        "bases",
        LISTS,
        "at least one basis must be one that the list stands on",
        lambda listing: not set(listing.event.envelope.bases) & set(listing.definition.bases),
    ),
    Reason.BASIS_NOT_IN_FORCE: Gate(
        "bases",
        "立法法 第一百零四条",
        "every basis must be in force on the day of the decision",
        _basis_not_in_force,
    ),
    Reason.DOCUMENT_MISSING: Gate(
        "document_number",
        LISTS,
        "give the number of the decision",
        lambda listing: not listing.event.envelope.document_number.strip(),
    ),
    Reason.PROVISION_UNKNOWN: Gate(
        "provisions",
        LISTS,
        "name the article, behaviour or item as the list's rule numbers it",
        _provision_unknown,
    ),
    Reason.NOTICE_MISSING: Gate(
        "notice_served_on",
        _PENALTY_LAW,
        "serve the notice first and give its day",
        lambda listing: (
            listing.definition.notice_required
            and (
                listing.event.notice_served_on is None
                or listing.event.notice_served_on > listing.event.envelope.decided_on
            )
        ),
    ),
    Reason.RIGHTS_NOT_STATED: Gate(
        "rights_stated",
        _PENALTY_LAW,
        "the notice must state the subject's rights",
        lambda listing: listing.definition.notice_required and not listing.event.rights_stated,
    ),
    Reason.TERM_MISSING: Gate(
        "ends_on",
        LISTS,
        "give the last day of the term, or until_performed where the list allows it, not both",
        _term_missing,
    ),
    Reason.TERM_BEFORE_DECISION: Gate(
        "ends_on",
        LISTS,
        "the term must not end before the decision or its first day of effect",
        _term_before_decision,
    ),
    Reason.TERM_TOO_LONG: Gate(
        "ends_on",
        "山东省社会信用条例 第三十八条",
        "the term must not pass what the provision allows",
        _term_too_long,
    ),
}

assert list(GATES) == [reason for reason in Reason if reason in GATES], "gates keep Reason's order"


def first_fault(listing: Listing) -> Fault | None:
    """Return the first gate that the listing fails, as a fault, or none."""
    for reason, gate in GATES.items():
        if gate.fails(listing):
            return Fault(reason, gate.field, gate.article, gate.advice)
    return None
