"""Gates: what an act that burdens must pass before an entry can start, each naming its article.

A removal passes no gate (law 7): a problem of the original must never hold the way out. The gates
are a mapping in the order of ``Reason``, asserted at import; the first that fails names the refusal
and every other is told beside it. So each gate asks its own question of any act, whatever the
others found.
Who may speak about whom is asked first, in ``doors``; what is no listing is asked there alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, Generic, TypeVar

import msgspec

from creditbus.domain.acts.days import MADE_UP, made_up
from creditbus.domain.acts.events import Burden, EntryListed
from creditbus.domain.acts.kinds import BURDENS
from creditbus.domain.acts.listings import EntryExtended, EntryNoticed, EntryVaried
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.calendar import DAY, months_after, years_after
from creditbus.domain.law.articles import CONSENT, LISTS
from creditbus.domain.law.catalogue import Catalogue, Level, ListDefinition, Polarity
from creditbus.domain.subjects import is_person, kind_of
from creditbus.domain.terms.spans import (
    counted_from,
    last_first_day,
    months_allowed,
    months_required,
)

_PENALTY_LAW: Final = "行政处罚法 第三十四条、第四十四条"

_DECISIONS: Final = (EntryListed, EntryExtended, EntryVaried)

_NOTHING: Final[tuple[Fault, ...]] = ()

B_co = TypeVar("B_co", bound=Burden, covariant=True)


class Listing(msgspec.Struct, Generic[B_co], frozen=True):
    """An act that burdens, with the rules it falls under."""

    event: B_co
    definition: ListDefinition
    catalogue: Catalogue


class Gate(msgspec.Struct, frozen=True):
    """A condition: its field, its article, what to do, whether an act fails it, and of which."""

    field: str
    article: str
    advice: str
    fails: Callable[[Listing[Any]], bool]
    of: tuple[type, ...] = (EntryListed,)


def _basis_unknown(listing: Listing[Burden]) -> bool:
    return not set(listing.event.envelope.bases) <= listing.catalogue.bases.keys()


def _basis_not_of_list(listing: Listing[Burden]) -> bool:
    named = listing.event.envelope.bases
    return bool(named) and set(named).isdisjoint(listing.definition.bases)


def _basis_not_in_force(listing: Listing[Burden]) -> bool:
    envelope, rows = listing.event.envelope, listing.catalogue.bases
    for name in envelope.bases:
        basis = rows.get(name)
        if basis is None:
            continue
        if not (basis.enabled and basis.is_in_force(envelope.decided_on)):
            return True
    return False


def _basis_too_low(listing: Listing[Burden]) -> bool:
    rows, own = listing.catalogue.bases, listing.definition.bases
    is_named = False
    for basis in listing.event.envelope.bases:
        if basis in own:
            if rows[basis].level is not Level.MEMORANDUM:
                return False
            is_named = True
    return is_named


def _provision_unknown(listing: Listing[EntryListed | EntryNoticed | EntryVaried]) -> bool:
    known, named = listing.definition.provisions, listing.event.provisions
    if not named:
        return bool(known) and type(listing.event) is not EntryNoticed
    return not set(named) <= known.keys()


def _measure_unpublished(listing: Listing[EntryListed | EntryNoticed]) -> bool:
    known, list_id = listing.catalogue.measures, listing.definition.id
    for name in listing.event.measures:
        measure = known.get(name)
        if measure is None or not measure.enabled:
            return True
        if all(trigger.list_id != list_id for trigger in measure.triggers):
            return True
    return False


def _notice_missing(listing: Listing[EntryListed]) -> bool:
    event = listing.event
    served_on = event.notice_served_on
    return listing.definition.notice_required and (
        served_on is None or served_on > event.envelope.decided_on
    )


def _rights_not_stated(listing: Listing[EntryListed | EntryNoticed]) -> bool:
    return listing.definition.notice_required and not listing.event.rights_stated


def _consent_missing(listing: Listing[EntryListed]) -> bool:
    event, definition = listing.event, listing.definition
    is_asked = definition.consent_required or definition.polarity is Polarity.RED
    if not is_asked or not is_person(kind_of(event.envelope.subject_id)):
        return False
    return event.consent_on is None or event.consent_on > event.envelope.decided_on


def _first_day(event: Burden) -> date:
    return event.envelope.effective_on or event.envelope.decided_on


def _effect_before_decision(listing: Listing[Burden]) -> bool:
    return _first_day(listing.event) < listing.event.envelope.decided_on


def _grace_too_long(listing: Listing[Burden]) -> bool:
    envelope = listing.event.envelope
    effective_on = envelope.effective_on
    if effective_on is None or effective_on <= envelope.decided_on:
        return False
    return effective_on > last_first_day(listing.definition, envelope.decided_on)


def _term_missing(listing: Listing[EntryListed]) -> bool:
    event, definition = listing.event, listing.definition
    if event.ends_on is not None:
        return event.until_performed
    if not (event.until_performed and definition.until_performed):
        return True
    # A provision that fixes a term never runs until performed, whatever its list allows.
    return months_allowed(definition, event.provisions, event.tier) is not None


def _term_before_decision(listing: Listing[EntryListed | EntryExtended]) -> bool:
    event = listing.event
    if isinstance(event, EntryListed):
        return event.ends_on is not None and event.ends_on < _first_day(event)
    return event.ends_on <= event.extended_from


def _term_too_short(listing: Listing[EntryListed]) -> bool:
    event, definition = listing.event, listing.definition
    if event.ends_on is None or _term_before_decision(listing):
        return False
    months = months_required(definition, event.provisions)
    # A decision may count its own day into the term.
    return (
        bool(months)
        and event.ends_on < months_after(_counted_from(definition, event), months) - DAY
    )


def _term_too_long(listing: Listing[EntryListed | EntryExtended]) -> bool:
    event, definition, ends_on = listing.event, listing.definition, listing.event.ends_on
    if ends_on is None:
        return False
    if not isinstance(event, EntryListed):
        return ends_on > years_after(event.extended_from, definition.extension_years)
    months = months_allowed(definition, event.provisions, event.tier)
    if months is None:
        return False
    return ends_on > months_after(_counted_from(definition, event), months)


def _counted_from(definition: ListDefinition, event: EntryListed) -> date:
    return counted_from(
        definition,
        event.envelope.decided_on,
        _first_day(event),
        noticed_on=event.notice_served_on,
        act_ended_on=event.act_ended_on,
    )


GATES: Final[dict[Reason, Gate]] = {
    Reason.DATE_MADE_UP: Gate(
        "decided_on",
        LISTS,
        MADE_UP,
        lambda listing: made_up(listing.event) is not None,
        BURDENS,
    ),
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
        _basis_unknown,
        BURDENS,
    ),
    Reason.BASIS_NOT_OF_LIST: Gate(
        "bases",
        LISTS,
        "at least one basis must be one that the list stands on",
        _basis_not_of_list,
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
    Reason.EFFECT_BEFORE_DECISION: Gate(
        "effective_on",
        LISTS,
        "no decision takes effect before it is made: leave the day out, or give a later one",
        _effect_before_decision,
        BURDENS,
    ),
    Reason.GRACE_TOO_LONG: Gate(
        "effective_on",
        "法发〔2019〕35号 宽限期；行政处罚法 第六十一条",
        "give a first day within the list's grace, or within the days to serve or publish",
        _grace_too_long,
        BURDENS,
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
    Reason.TERM_TOO_SHORT: Gate(
        "ends_on",
        LISTS,
        "the term must not be shorter than the provision says: give the last day of the decision",
        _term_too_short,
    ),
    Reason.TERM_TOO_LONG: Gate(
        "ends_on",
        "山东省社会信用条例 第三十八条",
        "the term must not pass what the provision allows",
        _term_too_long,
        (EntryListed, EntryExtended),
    ),
}

assert list(GATES) == [reason for reason in Reason if reason in GATES], "gates keep Reason's order"


_OF: Final = {
    kind: tuple((reason, gate) for reason, gate in GATES.items() if kind in gate.of)
    for kind in BURDENS
}


def results(listing: Listing[Burden]) -> tuple[tuple[Reason, Gate, bool], ...]:
    """Return each gate that is asked of the act, in their order, and whether the act passes it."""
    return tuple(
        (reason, gate, not gate.fails(listing)) for reason, gate in _OF[type(listing.event)]
    )


def gate_faults(listing: Listing[Burden]) -> tuple[Fault, ...]:
    """Return every gate that the act fails, as faults in the order of the gates."""
    found = _NOTHING
    for reason, gate in _OF[type(listing.event)]:
        if gate.fails(listing):
            found = (*found, Fault(reason, gate.field, gate.article, gate.advice))
    return found


def first_fault(listing: Listing[Burden]) -> Fault | None:
    """Return the first gate that the act fails, as a fault, or None."""
    return next(iter(gate_faults(listing)), None)
