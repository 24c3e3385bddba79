"""Deeds: a subject's acts as an account cites them, and which of them began or ended an entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, Final

import msgspec

from creditbus.domain.accounts.account import Deed, named
from creditbus.domain.acts.events import EntryAct, EntryRemoved, OwnAct, RemovalCause, SubjectAct
from creditbus.domain.acts.objections import ObjectionDecided, ObjectionResult
from creditbus.domain.acts.registrations import Registration, SubjectRegistered
from creditbus.domain.acts.repairs import RepairDecided, RepairStep
from creditbus.domain.acts.revocations import (
    BasisRevoked,
    ConsentWithdrawn,
    ReorganisationRuled,
    ReorganisationStep,
)
from creditbus.domain.acts.suspensions import DutyPerformed
from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.transitions import entry_of
from creditbus.domain.ids import BasisId, EntryId, EventId
from creditbus.domain.law.catalogue import Basis, Catalogue
from creditbus.domain.law.editions import Editions

Moving = OwnAct | EntryAct | SubjectAct
"""An act that moves an entry, or all of a subject's."""

_STEPS: Final = ("result", "step", "stay", "registration", "cause", "place")


class Deeds:
    """The acts that moved a subject's entries, to be asked for by entry and by event."""

    def __init__(
        self, acts: Iterable[Moving], law: Editions, dossier: Dossier | None = None
    ) -> None:
        """Keep the acts; by the dossier one about any record of a decision is about its entry."""
        self._acts = tuple(acts)
        self._law = law
        self._dossier = dossier if dossier is not None else Dossier()

    def event(self, event_id: EventId) -> Moving | None:
        """Return the act with this id, None when it is not among them."""
        return next((act for act in self._acts if act.envelope.event_id == event_id), None)

    def about(self, entry_id: EntryId) -> list[Deed]:
        """Return the acts about an entry, the earliest decision first."""
        return sorted((self.deed(act) for act in self._of(entry_id)), key=_order)

    def ending(self, entry_id: EntryId, cause: RemovalCause, day: date) -> Deed | None:
        """Return the act that ended an entry on a day; None where its term did."""
        of_subject = [act for act in self._acts if isinstance(act, SubjectAct)]
        found = [
            self.deed(act)
            for act in (*self._of(entry_id), *of_subject)
            if _ends(act, cause) and _day_of(act) == day
        ]
        return max(found, key=lambda deed: deed.record_revision, default=None)

    def deed(self, act: Moving) -> Deed:
        """Return what an act says of itself, with its bases as they read on its day."""
        envelope = act.envelope
        catalogue = self._law.on(envelope.decided_on)
        return Deed(
            record=str(type(act).__struct_config__.tag),
            step=_step(act),
            event_id=envelope.event_id,
            source=named(envelope.source, catalogue.sources.get(envelope.source)),
            record_id=envelope.record_id,
            record_revision=envelope.record_revision,
            decided_on=envelope.decided_on,
            document_number=envelope.document_number,
            bases=bases_of(envelope.bases, catalogue, self._law.latest),
        )

    def _of(self, entry_id: EntryId) -> Iterator[OwnAct | EntryAct]:
        records = {each.entry_id for each in self._dossier.stating(entry_id)} | {entry_id}
        for act in self._acts:
            if not isinstance(act, SubjectAct) and entry_of(act)[0] in records:
                yield act


def bases_of(ids: Iterable[BasisId], catalogue: Catalogue, latest: Catalogue) -> tuple[Basis, ...]:
    """Return bases as they read in an edition, or else in the latest; unknown ones are left out."""
    found = (catalogue.bases.get(each) or latest.bases.get(each) for each in ids)
    return tuple(each for each in found if each is not None)


def _step(act: Moving) -> str:
    if getattr(act, "withdrawn", False):
        return "WITHDRAWN"
    if getattr(act, "reinstated", False):
        return "REINSTATED"
    said: Any = next((getattr(act, name) for name in _STEPS if hasattr(act, name)), "")
    return str(said)


def _day_of(act: Moving) -> date:
    match act:
        case EntryRemoved(envelope=envelope):
            return envelope.effective_on or envelope.decided_on
        case ConsentWithdrawn(withdrawn_on=day):
            return day
        case _:
            return act.envelope.decided_on


def _ends(act: Moving, cause: RemovalCause) -> bool:
    if isinstance(act, EntryRemoved):
        # What a keeper calls expired counts as withdrawn: to let a term end is the bus's own.
        is_expired = act.cause is RemovalCause.EXPIRED
        return (RemovalCause.WITHDRAWN if is_expired else act.cause) is cause
    ending = _ENDING.get(cause)
    return ending is not None and isinstance(act, ending.kind) and ending.says(act)


class _Ending(msgspec.Struct, frozen=True):
    kind: type
    says: Callable[[Any], bool]


_ENDING: Final = {
    RemovalCause.REVOKED: _Ending(BasisRevoked, lambda act: not act.reinstated),
    RemovalCause.CORRECTED: _Ending(
        ObjectionDecided, lambda act: act.result is ObjectionResult.REMOVED
    ),
    RemovalCause.REPAIRED: _Ending(RepairDecided, lambda act: act.step is RepairStep.GRANTED),
    RemovalCause.CONSENT_WITHDRAWN: _Ending(ConsentWithdrawn, lambda _act: True),
    RemovalCause.REORGANISED: _Ending(
        ReorganisationRuled, lambda act: act.step is ReorganisationStep.COMPLETED
    ),
    RemovalCause.DEREGISTERED: _Ending(
        SubjectRegistered, lambda act: act.registration is Registration.DEREGISTERED
    ),
    RemovalCause.PERFORMED: _Ending(DutyPerformed, lambda _act: True),
}
"""Which kind of act ends an entry for a cause, beside the keeper's own removal."""


def _order(deed: Deed) -> tuple[date, int, str]:
    return deed.decided_on, deed.record_revision, deed.record_id
