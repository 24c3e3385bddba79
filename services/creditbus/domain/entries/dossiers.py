"""Dossiers: what the bus remembers of one subject, from which its standing follows on any day.

Besides the registers of its entries these are the acts that reach all of them: a document that has
fallen, a consent taken back, a reorganisation, the end of the subject itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec

from creditbus.domain.acts.events import EntryAct, Envelope, OwnAct, SubjectAct
from creditbus.domain.acts.kinds import KINDS, kinds_below
from creditbus.domain.acts.registrations import Registration, SubjectRegistered
from creditbus.domain.acts.revocations import (
    BasisRevoked,
    ConsentWithdrawn,
    ReorganisationRuled,
    ReorganisationStep,
)
from creditbus.domain.entries.registers import Listed, Registers, Tombstone, unearthed
from creditbus.domain.entries.transitions import entry_of, record_of, transition
from creditbus.domain.ids import EntryId, ListId, SourceId

_replace = msgspec.structs.replace


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

    ``erased`` counts the entries that left a tombstone.
    """

    entries: tuple[Registers, ...] = ()
    fallen: tuple[Fallen, ...] = ()
    unconsented: tuple[Unconsented, ...] = ()
    reorganised: tuple[Reorganised, ...] = ()
    registered: tuple[Registered, ...] = ()
    erased: int = 0

    def entry(self, source: SourceId, record_id: str) -> Registers | None:
        """Return the registers of the entry that a source's record listed, or none."""
        for registers in self.entries:
            if registers.record_id == record_id and registers.source == source:
                return registers
        return None

    def with_entry(self, registers: Registers) -> Dossier:
        """Return the dossier with these registers in the place of those with their id."""
        others = [each for each in self.entries if each.entry_id != registers.entry_id]
        entries = tuple(sorted([*others, registers], key=_entry_id)) if others else (registers,)
        return _replace(self, entries=entries)

    def without(self, erased: set[EntryId]) -> Dossier:
        """Return the dossier without the entries whose time to be remembered is over."""
        kept = tuple(each for each in self.entries if each.entry_id not in erased)
        return _replace(self, entries=kept, erased=self.erased + len(erased))

    def fell(self, listing: Listed, source: SourceId) -> date | None:
        """Return the day on which the decision, or what it rests on, has fallen.

        山东省社会信用条例 第四十条: what rests on it ends at once. Of a document beneath the
        decision the keeper says so, or a body that stands above the document's issuer: a listing
        names no issuers, so that somebody calls the document its own proves nothing.
        """
        for each in self.fallen:
            is_keepers = each.issuer == source
            is_own = each.document == listing.document_number and is_keepers
            is_above = each.source != each.issuer
            rests = each.document in listing.underlying and (is_keepers or is_above)
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
) -> tuple[Registers, Registers]:
    """Return the registers of the act's entry before and after it.

    ``tombstone_of`` is asked for an entry that the dossier does not hold.
    """
    known = dossier.entry(*record_of(act))
    if known is None:
        entry_id, source, record_id = entry_of(act)
        tombstone = tombstone_of(entry_id) if dossier.erased else None
        known = unearthed(entry_id, source, record_id, tombstone)
    return known, transition(known, act)


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
