"""Gates: what an act that burdens must pass before an entry can start, each naming its article.

A removal passes no gate (law 7): a problem of the original must never hold the way out. The gates
are a mapping in the order of ``Reason``, asserted at import; the first that fails is the refusal.
Who may speak about whom is asked first, in ``doors``; what is no listing is asked there alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.acts.listings import EntryExtended, EntryNoticed, EntryVaried
from creditbus.domain.articles import CONSENT, LISTS
from creditbus.domain.calendar import years_after
from creditbus.domain.catalogue import Catalogue, Level, ListDefinition, Polarity
from creditbus.domain.events import EntryListed
from creditbus.domain.refusals import Fault, Reason
from creditbus.domain.spans import years_allowed
from creditbus.domain.subjects import is_person, kind_of

_FIRST_YEAR: Final = 1949
_LAST_YEAR: Final = 2098
"""Agencies' systems write 2999-12-31, 2099-12-31 or 1900-01-01 for "not known".

No term of the law runs so long, and no decision is so old.
"""

_PENALTY_LAW: Final = "行政处罚法 第三十四条、第四十四条"

Burden = EntryListed | EntryNoticed | EntryExtended | EntryVaried
"""Acts that burden a subject, or announce it."""

BURDENS: Final = (EntryListed, EntryNoticed, EntryExtended, EntryVaried)
_DECISIONS: Final = (EntryListed, EntryExtended, EntryVaried)


class Listing(msgspec.Struct, frozen=True):
    """An act that burdens, with the rules it falls under."""

    event: Burden
    definition: ListDefinition
    catalogue: Catalogue

    @property
    def years_max(self) -> int | None:
        """Return the longest term in years that the provisions allow, none where none is fixed."""
        return years_allowed(self.definition, getattr(self.event, "provisions", ()))


class Gate(msgspec.Struct, frozen=True):
    """A condition: its field, its article, what to do, whether an act fails it, and of which."""

    field: str
    article: str
    advice: str
    fails: Callable[[Listing], bool]
    of: tuple[type, ...] = (EntryListed,)


def _basis_not_in_force(listing: Listing) -> bool:
    bases, decided_on = listing.catalogue.bases, listing.event.envelope.decided_on
    return not all(
        bases[basis].is_in_force(decided_on) and bases[basis].enabled
        for basis in listing.event.envelope.bases
    )


def _basis_too_low(listing: Listing) -> bool:
    rows, own = listing.catalogue.bases, set(listing.definition.bases)
    named = [rows[basis] for basis in listing.event.envelope.bases if basis in own]
    return all(basis.level is Level.MEMORANDUM for basis in named)


def _provision_unknown(listing: Listing) -> bool:
    known = listing.definition.provisions
    named: tuple[str, ...] = getattr(listing.event, "provisions", ())
    is_needed = bool(known) and not isinstance(listing.event, EntryNoticed)
    return (is_needed and not named) or any(name not in known for name in named)


def _measure_unpublished(listing: Listing) -> bool:
    known, list_id = listing.catalogue.measures, listing.definition.id
    for name in getattr(listing.event, "measures", ()):
        measure = known.get(name)
        if measure is None or not measure.enabled:
            return True
        if all(trigger.list_id != list_id for trigger in measure.triggers):
            return True
    return False


def _notice_missing(listing: Listing) -> bool:
    event = listing.event
    assert isinstance(event, EntryListed)
    served_on = event.notice_served_on
    return listing.definition.notice_required and (
        served_on is None or served_on > event.envelope.decided_on
    )


def _rights_not_stated(listing: Listing) -> bool:
    event = listing.event
    assert isinstance(event, EntryListed | EntryNoticed)
    return listing.definition.notice_required and not event.rights_stated


def _consent_missing(listing: Listing) -> bool:
    event, definition = listing.event, listing.definition
    assert isinstance(event, EntryListed)
    is_asked = definition.consent_required or definition.polarity is Polarity.RED
    if not is_asked or not is_person(kind_of(event.envelope.subject_id)):
        return False
    return event.consent_on is None or event.consent_on > event.envelope.decided_on


def _term_missing(listing: Listing) -> bool:
    event = listing.event
    assert isinstance(event, EntryListed)
    if event.ends_on is not None:
        return event.until_performed
    # A provision that fixes a number of years never runs until performed, whatever its list allows.
    open_ended = listing.definition.until_performed and listing.years_max is None
    return not (event.until_performed and open_ended)


def _term_before_decision(listing: Listing) -> bool:
    event, envelope = listing.event, listing.event.envelope
    if isinstance(event, EntryExtended):
        return event.ends_on <= event.extended_from
    assert isinstance(event, EntryListed)
    begins_on = max(envelope.decided_on, envelope.effective_on or envelope.decided_on)
    return event.ends_on is not None and event.ends_on < begins_on


def _term_too_long(listing: Listing) -> bool:
    event, envelope = listing.event, listing.event.envelope
    if isinstance(event, EntryExtended):
        years: int | None = listing.definition.extension_years
        starts_on = event.extended_from
    else:
        years, starts_on = listing.years_max, envelope.effective_on or envelope.decided_on
    ends_on: date | None = getattr(event, "ends_on", None)
    if ends_on is None:
        return False
    if ends_on.year > _LAST_YEAR or years is None:
        return ends_on.year > _LAST_YEAR
    return ends_on > years_after(starts_on, years)


def _date_made_up(listing: Listing) -> bool:
    return any(not _FIRST_YEAR <= day.year <= _LAST_YEAR for day in _days(listing.event))


def _days(event: Burden) -> Iterator[date]:
    names = (*_DAYS_OF[type(event)],)
    found = (event.envelope.decided_on, event.envelope.effective_on)
    for day in (*found, *(getattr(event, name) for name in names)):
        if day is not None:
            yield day


_DAYS_OF: Final[dict[type, tuple[str, ...]]] = {
    EntryListed: ("ends_on", "notice_served_on", "consent_on", "act_ended_on"),
    EntryNoticed: ("served_on", "answer_by", "lapses_on"),
    EntryExtended: ("extended_from", "ends_on"),
    EntryVaried: (),
}


GATES: Final[dict[Reason, Gate]] = {
    Reason.BASIS_MISSING: Gate(
        "bases",
        LISTS,
        "name the provision that the decision rests on",
        lambda listing: not listing.event.envelope.bases,
        BURDENS,
    ),
    Reason.BASIS_UNKNOWN: Gate(
        "bases",
        LISTS,
        "name bases of the catalogue, or have the basis registered first",
        lambda listing: any(
            basis not in listing.catalogue.bases for basis in listing.event.envelope.bases
        ),
        BURDENS,
    ),
    Reason.BASIS_NOT_OF_LIST: Gate(
        "bases",
        LISTS,
        "at least one basis must be one that the list stands on",
        lambda listing: not set(listing.event.envelope.bases) & set(listing.definition.bases),
        BURDENS,
    ),
    Reason.BASIS_NOT_IN_FORCE: Gate(
        "bases",
        "立法法 第一百零四条",
        "every basis must be in force on the day of the decision",
        _basis_not_in_force,
        BURDENS,
    ),
    Reason.BASIS_TOO_LOW: Gate(
        "bases",
        LISTS,
        "a memorandum alone is no basis: name the law or regulation that it rests on",
        _basis_too_low,
        BURDENS,
    ),
    Reason.DOCUMENT_MISSING: Gate(
        "document_number",
        LISTS,
        "give the number of the decision",
        lambda listing: not listing.event.envelope.document_number.strip(),
        _DECISIONS,
    ),
    Reason.PROVISION_UNKNOWN: Gate(
        "provisions",
        LISTS,
        "name the article, behaviour or item as the list's rule numbers it",
        _provision_unknown,
        (EntryListed, EntryNoticed, EntryVaried),
    ),
    Reason.MEASURE_UNPUBLISHED: Gate(
        "measures",
        "国办发〔2020〕49号 (九)",
        "only measures of the published catalogue, on this list, may follow",
        _measure_unpublished,
        (EntryListed, EntryNoticed),
    ),
    Reason.NOTICE_MISSING: Gate(
        "notice_served_on",
        _PENALTY_LAW,
        "serve the notice first and give its day",
        _notice_missing,
    ),
    Reason.RIGHTS_NOT_STATED: Gate(
        "rights_stated",
        _PENALTY_LAW,
        "the notice must state the subject's rights",
        _rights_not_stated,
        (EntryListed, EntryNoticed),
    ),
    Reason.CONSENT_MISSING: Gate(
        "consent_on",
        CONSENT,
        "a natural person is honoured on the own application alone: give the day of the consent",
        _consent_missing,
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
        (EntryListed, EntryExtended),
    ),
    Reason.TERM_TOO_LONG: Gate(
        "ends_on",
        "山东省社会信用条例 第三十八条",
        "the term must not pass what the provision allows",
        _term_too_long,
        (EntryListed, EntryExtended),
    ),
    Reason.DATE_MADE_UP: Gate(
        "decided_on",
        LISTS,
        "leave a day out that is not known: 2999-12-31 and 1900-01-01 are no days of the law",
        _date_made_up,
        BURDENS,
    ),
}

assert list(GATES) == [reason for reason in Reason if reason in GATES], "gates keep Reason's order"


_OF: Final = {
    kind: tuple((reason, gate) for reason, gate in GATES.items() if kind in gate.of)
    for kind in BURDENS
}


def results(listing: Listing) -> tuple[tuple[Reason, Gate, bool], ...]:
    """Return each gate that is asked of the act, in their order, and whether the act passes it."""
    return tuple(
        (reason, gate, not gate.fails(listing)) for reason, gate in _OF[type(listing.event)]
    )


def first_fault(listing: Listing) -> Fault | None:
    """Return the first gate that the act fails, as a fault, or none."""
    for reason, gate in _OF[type(listing.event)]:
        if gate.fails(listing):
            return Fault(reason, gate.field, gate.article, gate.advice)
    return None
