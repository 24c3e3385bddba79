"""Transitions: how one act moves the registers of its entry.

Each kind of act has one register, and in it the newest revision of its record wins. An act that
does not outrank what is there changes nothing: the registers that come back are the same object.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, TypeVar

import msgspec

from creditbus.domain.acts.events import (
    EntryAct,
    EntryListed,
    EntryRemoved,
    Envelope,
    OwnAct,
    RemovalCause,
)
from creditbus.domain.acts.kinds import kinds_below
from creditbus.domain.acts.listings import EntryExtended, EntryNoticed, EntryVaried, NoticeStep
from creditbus.domain.acts.objections import ObjectionDecided, ObjectionFiled
from creditbus.domain.acts.records import ID_CHARACTERS, TEXT_CHARACTERS
from creditbus.domain.acts.repairs import RepairApplied, RepairDecided, RepairPropagated
from creditbus.domain.acts.suspensions import DutyPerformed, EntrySuspended, RestrictionLifted
from creditbus.domain.entries.registers import (
    Extended,
    Filed,
    Former,
    Hearing,
    Lifted,
    Listed,
    Noticed,
    Objection,
    ObjectionRuled,
    OnList,
    Performed,
    Registers,
    Removed,
    Repair,
    RepairRuled,
    Said,
    Stayed,
    Told,
    Varied,
    decision_of,
    record_key,
)
from creditbus.domain.ids import EntryId, EventId, ListId, SourceId, derive_entry_id

S = TypeVar("S", bound=Said)
C = TypeVar("C", Objection, Repair)

Origin = tuple[SourceId, str, int, ListId, Any]

_replace = msgspec.structs.replace


def record_of(act: OwnAct | EntryAct) -> tuple[SourceId, str]:
    """Return the record that listed the entry that an act is about: whose it is, and its id."""
    named = act.envelope if isinstance(act, OwnAct) else act.entry
    return named.source, named.record_id


def entry_of(act: OwnAct | EntryAct) -> tuple[EntryId, SourceId, str]:
    """Return the id of the entry that an act is about, and the record that listed it."""
    source, record_id = record_of(act)
    return derive_entry_id(act.envelope.subject_id, source, record_id), source, record_id


def transition(registers: Registers, act: OwnAct | EntryAct) -> Registers:
    """Return the registers after an act about their entry."""
    return _MOVES[type(act)](registers, act)


def is_overtaken(registers: Registers, act: OwnAct | EntryAct) -> bool:
    """Return whether an act of the keeper says nothing that a newer act has not overtaken."""
    revision, decided_on = act.envelope.record_revision, act.envelope.decided_on
    removal = registers.removal
    if isinstance(act, EntryRemoved):
        listing = registers.listing
        if listing is not None and listing.revision > revision:
            # It ends what was decided before it, whatever the listing's revision.
            return listing.decided_on >= decided_on
        return removal is not None and removal.revision >= revision
    if not isinstance(act, EntryListed | EntryNoticed):
        return False
    is_older = removal is not None and decided_on < removal.bars_before
    return is_older or _is_void(registers, revision)


def _event_id(envelope: Envelope) -> EventId:
    # A listing with a longer id is refused; a removal passes, and only its words are cut.
    return EventId(envelope.event_id[:ID_CHARACTERS])


def _is_void(registers: Registers, revision: int) -> bool:
    """Return whether the keeper's removal, or a later statement of the listing, is no older."""
    removal, listing = registers.removal, registers.listing
    return (removal is not None and removal.revision >= revision) or (
        listing is not None and listing.revision >= revision
    )


def _on(registers: Registers, revision: int, list_id: ListId) -> OnList:
    """Return the list of the newest listing or notice, after one of this revision."""
    known = registers.on
    if known is not None and known.revision >= revision:
        return known
    return OnList(revision, list_id)


def _too_late(registers: Registers, on: OnList) -> Registers:
    """Return the registers after a listing or a notice that is void: which list it was, no more."""
    return registers if on is registers.on else _replace(registers, on=on)


def _notice(registers: Registers, act: EntryNoticed) -> Registers:
    envelope = act.envelope
    revision = envelope.record_revision
    registers = _heard(registers, act)
    known = registers.notice
    on = _on(registers, revision, act.list_id)
    if _is_void(registers, revision) or (known is not None and known.revision >= revision):
        return _too_late(registers, on)
    notice = Noticed(
        revision,
        _event_id(envelope),
        act.list_id,
        envelope.decided_on,
        envelope.document_number,
        tuple(sorted(act.provisions)),
        act.lapses_on,
    )
    return _replace(registers, notice=notice, on=on)


def _heard(registers: Registers, act: EntryNoticed) -> Registers:
    """Return the registers after what a notice says of the hearing, the listing's before it too.

    A removal ends it with the entry: what is listed anew is heard anew.
    """
    revision, known, removal = act.envelope.record_revision, registers.hearing, registers.removal
    if known is not None and known.revision >= revision:
        return registers
    if removal is not None and removal.revision >= revision:
        return registers
    answer_by = act.answer_by if act.step is NoticeStep.SERVED else None
    return _replace(registers, hearing=Hearing(revision, answer_by))


def _list(registers: Registers, act: EntryListed) -> Registers:
    envelope = act.envelope
    revision = envelope.record_revision
    on = _on(registers, revision, act.list_id)
    if _is_void(registers, revision):
        decision = decision_of(act.list_id, envelope.document_number)
        return _stated_once(_too_late(registers, on), decision, revision)
    listing = Listed(
        revision,
        _event_id(envelope),
        act.list_id,
        envelope.decided_on,
        envelope.effective_on or envelope.decided_on,
        envelope.document_number,
        act.subject_name,
        tuple(sorted(envelope.bases)),
        tuple(sorted(act.provisions)),
        act.ends_on,
        act.until_performed,
        act.tier,
        act.underlying,
        act.consent_on,
        act.act_ended_on,
    )
    listed = _without_older(_replace(registers, listing=listing, on=on), revision)
    return _instead_of(registers, listed)


def _instead_of(before: Registers, after: Registers) -> Registers:
    """Return the registers with the decision that a new listing or a removal takes the place of.

    Whoever reports that decision later under another record must find that it is stated no longer.
    """
    known = before.listing
    if after.former and after.listing is not None:
        decision = after.decision
        kept = tuple(each for each in after.former if each.decision != decision)
        after = after if len(kept) == len(after.former) else _replace(after, former=kept)
    if known is None or known is after.listing:
        return after
    return _stated_once(after, decision_of(known.list_id, known.document_number), known.revision)


def _stated_once(registers: Registers, decision: bytes, revision: int) -> Registers:
    listing = registers.listing
    if listing is not None and decision_of(listing.list_id, listing.document_number) == decision:
        return registers
    others = [each for each in registers.former if each.decision != decision]
    known = [each.revision for each in registers.former if each.decision == decision]
    if known and known[0] >= revision:
        return registers
    former = tuple(sorted([*others, Former(decision, revision)], key=lambda each: each.decision))
    return _replace(registers, former=former)


def _extend(registers: Registers, act: EntryExtended) -> Registers:
    revision, known = act.envelope.record_revision, registers.extension
    if _is_void(registers, revision) or (known is not None and known.revision >= revision):
        return registers
    extension = Extended(revision, _event_id(act.envelope), act.ends_on, act.extended_from)
    return _replace(registers, extension=extension)


def _vary(registers: Registers, act: EntryVaried) -> Registers:
    revision, known = act.envelope.record_revision, registers.variation
    if _is_void(registers, revision) or (known is not None and known.revision >= revision):
        return registers
    variation = Varied(revision, _event_id(act.envelope), tuple(sorted(act.provisions)))
    return _replace(registers, variation=variation)


def _remove(registers: Registers, act: EntryRemoved) -> Registers:
    envelope = act.envelope
    revision, known = envelope.record_revision, registers.removal
    barred = envelope.decided_on
    if known is not None:
        barred = max(barred, known.bars_before)
        if known.revision >= revision:
            return _barred(registers, known, barred)
    # Expiry is the bus's own finding and ranks below any act; what a source states is an act.
    cause = act.cause if act.cause is not RemovalCause.EXPIRED else RemovalCause.WITHDRAWN
    removal = Removed(
        revision,
        _event_id(envelope),
        ListId(act.list_id[:ID_CHARACTERS]),
        envelope.decided_on,
        envelope.effective_on or envelope.decided_on,
        cause,
        envelope.document_number[:TEXT_CHARACTERS],
        barred if barred != envelope.decided_on else None,
    )
    listing = registers.listing
    stands = listing is not None and listing.revision > revision
    # A removal that a newer listing has overtaken still parts that listing from an earlier life.
    hearing = registers.hearing
    if hearing is not None and hearing.revision <= revision:
        hearing = None
    moved = _replace(
        registers, listing=listing if stands else None, removal=removal, hearing=hearing
    )
    return _instead_of(registers, _without_older(moved, revision))


def _barred(registers: Registers, removal: Removed, barred: date) -> Registers:
    """Return the registers after an older statement of the removal: its day still counts."""
    if barred == removal.bars_before:
        return registers
    last = barred if barred != removal.decided_on else None
    return _replace(registers, removal=_replace(removal, last_decided_on=last))


def _without_older(registers: Registers, revision: int) -> Registers:
    """Drop what a listing or a removal of this revision leaves without effect."""
    changes: dict[str, None] = {}
    for name in ("notice", "extension", "variation"):
        known = getattr(registers, name)
        if known is not None and known.revision <= revision:
            changes[name] = None
    return _replace(registers, **changes) if changes else registers


def _suspend(registers: Registers, act: EntrySuspended) -> Registers:
    stay = Stayed(*_origin(act), act.stay, act.from_on, act.until_on)
    return _with(registers, "stays", stay)


def _lift(registers: Registers, act: RestrictionLifted) -> Registers:
    provisions = tuple(sorted(act.provisions))
    lift = Lifted(*_origin(act), act.from_on, act.last_on, provisions, act.withdrawn)
    return _with(registers, "lifts", lift)


def _perform(registers: Registers, act: DutyPerformed) -> Registers:
    return _with(registers, "performances", Performed(*_origin(act)))


def _object(registers: Registers, act: ObjectionFiled) -> Registers:
    envelope = act.envelope
    known = _found(registers.objections, Objection(envelope.source, envelope.record_id))
    filed = _newer(known.filed, Filed(*_origin(act), act.filed_on, act.withdrawn))
    return _with_case(registers, "objections", known, filed=filed)


def _decide_objection(registers: Registers, act: ObjectionDecided) -> Registers:
    named = act.objection
    known = _found(registers.objections, Objection(named.source, named.record_id))
    rulings = _joined(known.rulings, ObjectionRuled(*_origin(act), act.result))
    return _with_case(registers, "objections", known, rulings=rulings)


def _apply(registers: Registers, act: RepairApplied) -> Registers:
    envelope = act.envelope
    known = _found(registers.repairs, Repair(envelope.source, envelope.record_id))
    filed = _newer(known.filed, Filed(*_origin(act), act.applied_on, act.withdrawn))
    return _with_case(registers, "repairs", known, filed=filed)


def _decide_repair(registers: Registers, act: RepairDecided) -> Registers:
    named = act.application
    known = _found(registers.repairs, Repair(named.source, named.record_id))
    rulings = _joined(known.rulings, RepairRuled(*_origin(act), act.step))
    return _with_case(registers, "repairs", known, rulings=rulings)


def _propagate(registers: Registers, act: RepairPropagated) -> Registers:
    named = act.application
    known = _found(registers.repairs, Repair(named.source, named.record_id))
    places = _joined(known.places, Told(*_origin(act), act.place, act.told_on))
    return _with_case(registers, "repairs", known, places=places)


def _origin(act: EntryAct) -> Origin:
    envelope = act.envelope
    return (
        envelope.source,
        envelope.record_id,
        envelope.record_revision,
        ListId(act.list_id[:ID_CHARACTERS]),
        envelope.decided_on,
    )


def _newer(known: Filed | None, said: Filed) -> Filed:
    return said if known is None or said.revision > known.revision else known


def _joined(known: tuple[S, ...], said: S) -> tuple[S, ...]:
    """Return the acts with this one in its record's place, the same tuple when it is no newer."""
    for each in known:
        if each.record_id == said.record_id and each.source == said.source:
            if each.revision >= said.revision:
                return known
            return tuple(said if other is each else other for other in known)
    return tuple(sorted((*known, said), key=record_key))


def _with(registers: Registers, name: str, said: Said) -> Registers:
    known: tuple[Said, ...] = getattr(registers, name)
    joined = _joined(known, said)
    return registers if joined is known else _replace(registers, **{name: joined})


def _found(cases: tuple[C, ...], blank: C) -> C:
    for each in cases:
        if each.record_id == blank.record_id and each.source == blank.source:
            return each
    return blank


def _with_case(
    registers: Registers, name: str, known: Objection | Repair, **said: object
) -> Registers:
    if all(getattr(known, field) is value for field, value in said.items()):
        return registers
    others = [each for each in getattr(registers, name) if each is not known]
    cases = tuple(sorted([*others, _replace(known, **said)], key=record_key))
    return _replace(registers, **{name: cases})


_MOVES: Final[dict[type, Callable[[Registers, Any], Registers]]] = {
    EntryNoticed: _notice,
    EntryListed: _list,
    EntryExtended: _extend,
    EntryVaried: _vary,
    EntryRemoved: _remove,
    EntrySuspended: _suspend,
    RestrictionLifted: _lift,
    DutyPerformed: _perform,
    ObjectionFiled: _object,
    ObjectionDecided: _decide_objection,
    RepairApplied: _apply,
    RepairDecided: _decide_repair,
    RepairPropagated: _propagate,
}
"""How each kind of act moves its register."""

assert set(_MOVES) == {*kinds_below(OwnAct), *kinds_below(EntryAct)}, "every act about an entry"
