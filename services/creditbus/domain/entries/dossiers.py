"""Dossiers: what the bus remembers of one subject, from which its standing follows on any day.

Besides the registers of its entries these are the acts that reach all of them: a document that has
fallen, a consent taken back, a reorganisation, the end of the subject itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final

import msgspec

from creditbus.domain.acts.events import (
    EntryAct,
    EntryListed,
    Envelope,
    OwnAct,
    RemovalCause,
    SubjectAct,
)
from creditbus.domain.acts.kinds import KINDS, kinds_below
from creditbus.domain.acts.listings import EntryNoticed
from creditbus.domain.acts.references import one_form
from creditbus.domain.acts.registrations import Registration, SubjectRegistered
from creditbus.domain.acts.revocations import (
    BasisRevoked,
    ConsentWithdrawn,
    ReorganisationRuled,
    ReorganisationStep,
)
from creditbus.domain.entries.joints import (
    Joint,
    is_stated,
    joined,
    read_together,
    removals_of,
    states_of,
)
from creditbus.domain.entries.registers import (
    Listed,
    Registers,
    Tombstone,
    buried,
    decision_of,
    unearthed,
)
from creditbus.domain.entries.transitions import entry_of, record_of, transition
from creditbus.domain.ids import EntryId, ListId, SourceId, SubjectId, derive

_replace = msgspec.structs.replace


def _never(_grave: str) -> None:
    """No decision was erased."""


class SubjectSaid(msgspec.Struct, frozen=True, array_like=True):
    """What every act about a subject says of itself."""

    source: SourceId
    record_id: str
    revision: int
    decided_on: date


class Fallen(SubjectSaid, frozen=True, array_like=True):
    """A document that has fallen, and whose it was; ``reinstated``: it stands again."""

    document: str
    issuer: SourceId
    reinstated: bool


class Unconsented(SubjectSaid, frozen=True, array_like=True):
    """A consent that was taken back, for one list or for all."""

    withdrawn_on: date
    list_id: ListId | None


class Reorganised(SubjectSaid, frozen=True, array_like=True):
    """How far a reorganisation has come."""

    step: ReorganisationStep


class Registered(SubjectSaid, frozen=True, array_like=True):
    """Whether the subject exists."""

    registration: Registration


class Dossier(msgspec.Struct, frozen=True, array_like=True):
    """The registers of a subject's entries, and the acts that reach them all; each newest wins.

    ``erased`` counts the entries that left a tombstone. ``joints`` are the decisions that more than
    one record states. ``turns`` are the coming days on which time alone moves one of the entries,
    as ordinals and in their order; a day that is no longer one may be among them. Whoever has
    reckoned none leaves None there.
    """

    entries: tuple[Registers, ...] = ()
    fallen: tuple[Fallen, ...] = ()
    unconsented: tuple[Unconsented, ...] = ()
    reorganised: tuple[Reorganised, ...] = ()
    registered: tuple[Registered, ...] = ()
    erased: int = 0
    joints: tuple[Joint, ...] = ()
    turns: tuple[int, ...] | None = None

    @property
    def shown(self) -> Iterable[Registers]:
        """Return the registers of each entry: one decision is one, whoever states it."""
        return read_together(self.entries, self.joints) if self.joints else self.entries

    def stating(self, entry_id: EntryId) -> list[Registers]:
        """Return the registers of the records that an entry is the join of."""
        return states_of(self.entries, self.joints, entry_id)

    def entry(self, source: SourceId, record_id: str) -> Registers | None:
        """Return the registers of the entry that a source's record listed, or None."""
        for registers in self.entries:
            if registers.record_id == record_id and registers.source == source:
                return registers
        return None

    def with_entry(self, registers: Registers) -> Dossier:
        """Return the dossier with these registers in the place of those with their id."""
        others = [each for each in self.entries if each.entry_id != registers.entry_id]
        if not others:
            return _replace(self, entries=(registers,))
        before = next((each for each in self.entries if each.entry_id == registers.entry_id), None)
        entries = tuple(sorted([*others, registers], key=_entry_id))
        joints = joined(self.joints, others, before, registers)
        return _replace(self, entries=entries, joints=joints)

    def without(self, erased: set[EntryId]) -> Dossier:
        """Return the dossier without the records whose time to be remembered is over."""
        kept = tuple(each for each in self.entries if each.entry_id not in erased)
        joints = self.joints
        if joints:
            joints = tuple(
                each for each in joints if any(is_stated(own, each.decision) for own in kept)
            )
        return _replace(self, entries=kept, erased=self.erased + len(erased), joints=joints)

    def knows(self, days: Iterable[date]) -> bool:
        """Return whether these days are among its turns."""
        turns = self.turns
        return turns is not None and all(each.toordinal() in turns for each in days)

    def turning_on(self, days: Iterable[date], today: date | None) -> Dossier:
        """Return the dossier with these coming days too, without those that have come."""
        turns = {each.toordinal() for each in days}.union(self.turns or ())
        past = today.toordinal() if today is not None else 0
        return _replace(self, turns=tuple(sorted([turn for turn in turns if turn > past])))

    def fell(self, listing: Listed, entry_id: EntryId) -> date | None:
        """Return the day on which the decision, or what it rests on, has fallen.

        山东省社会信用条例 第四十条: what rests on it ends at once. Of a document beneath the
        decision a keeper says so, or a body that stands above the document's issuer: a listing
        names no issuers, so that somebody calls the document its own proves nothing. The keepers
        are all whose records state the decision.
        """
        keepers = {each.source for each in self.stating(entry_id)}
        own, beneath = one_form(listing.document_number), set(map(one_form, listing.underlying))
        for each in self.fallen:
            document, is_keepers = one_form(each.document), each.issuer in keepers
            is_own = document == own and is_keepers
            is_above = each.source != each.issuer
            rests = document in beneath and (is_keepers or is_above)
            if not each.reinstated and (is_own or rests):
                return each.decided_on
        return None

    def unasked(self, listing: Listed) -> date | None:
        """Return the day since which the person's consent is missing (个人信息保护法 第十五条)."""
        for each in self.unconsented:
            is_meant = each.list_id is None or each.list_id == listing.list_id
            if is_meant and (listing.consent_on or listing.decided_on) <= each.withdrawn_on:
                return each.withdrawn_on
        return None

    def reorganisation(self, listing: Listed, step: ReorganisationStep) -> date | None:
        """Return the day of a ruling of this step that came no earlier than the listing."""
        for each in self.reorganised:
            if each.step is step and each.decided_on >= listing.decided_on:
                return each.decided_on
        return None

    @property
    def struck_off_on(self) -> date | None:
        """Return the day on which the subject ceased to exist, by what its registry said last."""
        if not self.registered:
            return None
        last = max(self.registered, key=lambda each: (each.decided_on, each.revision, each.source))
        is_gone = last.registration is Registration.DEREGISTERED
        return last.decided_on if is_gone else None


def about_entry(
    dossier: Dossier,
    act: OwnAct | EntryAct,
    tombstone_of: Callable[[EntryId], Tombstone | None],
    buried_on: Callable[[str], date | None] = _never,
) -> tuple[Registers, Registers]:
    """Return the registers of the act's entry before and after it.

    ``tombstone_of`` is asked for an entry that the dossier does not hold, ``buried_on`` for the day
    that an erased decision came to, by its ``grave_of``.
    """
    known = dossier.entry(*record_of(act))
    if known is None:
        entry_id, source, record_id = entry_of(act)
        tombstone = tombstone_of(entry_id) if dossier.erased else None
        known = unearthed(entry_id, source, record_id, tombstone)
    if dossier.erased and isinstance(act, EntryListed):
        barred = buried_on(_grave(act))
        if barred is not None and act.envelope.decided_on <= barred:
            return known, known
    return known, transition(known, act)


def barred_on(
    dossier: Dossier,
    act: OwnAct | EntryAct,
    buried_on: Callable[[str], date | None] = _never,
) -> date | None:
    """Return the day of the removal that an act comes too late for, None where there is none.

    A decision that is older than the removal of what it decided brings nothing back: in the same
    record whatever its revision, and under another record's id neither. There the removal wins a
    tie of days, because no counter says which came first.
    """
    if not isinstance(act, EntryListed | EntryNoticed):
        return None
    decided_on, found = act.envelope.decided_on, []
    own = dossier.entry(*record_of(act))
    if own is not None and own.removal is not None and decided_on < own.removal.bars_before:
        found.append(own.removal.bars_before)
    if isinstance(act, EntryListed) and (len(dossier.entries) > 1 or own is None):
        own_id, _, _ = entry_of(act)
        for by, removal in removals_of(dossier.entries, _decision(act)):
            if by != own_id and decided_on <= removal.bars_before:
                found.append(removal.bars_before)
    if isinstance(act, EntryListed) and dossier.erased:
        barred = buried_on(_grave(act))
        if barred is not None and decided_on <= barred:
            found.append(barred)
    return max(found, default=None)


def buried_with(
    subject: SubjectId,
    dossier: Dossier,
    registers: Registers,
    removed_on: date,
    cause: RemovalCause,
) -> tuple[dict[EntryId, Tombstone], dict[str, date]]:
    """Return what is left of an entry: a tombstone for each record, a day for each decision.

    Up to that day nothing that any record states of the decision lists the subject again.
    """
    barred = buried(registers, removed_on, cause).bars_before
    tombstones: dict[EntryId, Tombstone] = {}
    days: dict[str, date] = {}
    for record in dossier.stating(registers.entry_id):
        tombstone = buried(record.in_force, removed_on, cause)
        last = max(barred, tombstone.bars_before)
        tombstones[record.entry_id] = _replace(tombstone, decided_on=last)
        days.update({grave_of(subject, decision): last for decision in record.decisions})
    return tombstones, days


def grave_of(subject: SubjectId, decision: bytes) -> str:
    """Return what an erased decision about a subject is remembered by; it names neither."""
    return derive("decided", subject, decision.hex())


def _grave(act: EntryListed) -> str:
    return grave_of(act.envelope.subject_id, _decision(act))


def _decision(act: EntryListed) -> bytes:
    return decision_of(act.list_id, act.envelope.document_number)


def about_subject(dossier: Dossier, act: SubjectAct) -> Dossier:
    """Return the dossier after an act about the whole subject; the same when it is no newer."""
    kind = type(act)
    name, ground = KINDS[kind].moves, _GROUNDS[kind](act)
    known: tuple[SubjectSaid, ...] = getattr(dossier, name)
    for each in known:
        if (each.source, each.record_id) == (ground.source, ground.record_id):
            if each.revision >= ground.revision:
                return dossier
            known = tuple(other for other in known if other is not each)
    return _replace(dossier, **{name: tuple(sorted((*known, ground), key=_record))})


def _origin(envelope: Envelope) -> tuple[SourceId, str, int, date]:
    return envelope.source, envelope.record_id, envelope.record_revision, envelope.decided_on


def _fallen(act: BasisRevoked) -> SubjectSaid:
    return Fallen(*_origin(act.envelope), act.revoked_document, act.issuer, act.reinstated)


def _unconsented(act: ConsentWithdrawn) -> SubjectSaid:
    return Unconsented(*_origin(act.envelope), act.withdrawn_on, act.list_id)


def _reorganised(act: ReorganisationRuled) -> SubjectSaid:
    return Reorganised(*_origin(act.envelope), act.step)


def _registered(act: SubjectRegistered) -> SubjectSaid:
    return Registered(*_origin(act.envelope), act.registration)


def _entry_id(registers: Registers) -> EntryId:
    return registers.entry_id


def _record(ground: SubjectSaid) -> tuple[str, str]:
    return ground.source, ground.record_id


_GROUNDS: Final[dict[type, Callable[[Any], SubjectSaid]]] = {
    BasisRevoked: _fallen,
    ConsentWithdrawn: _unconsented,
    ReorganisationRuled: _reorganised,
    SubjectRegistered: _registered,
}

assert set(_GROUNDS) == set(kinds_below(SubjectAct)), "every act about a subject"
