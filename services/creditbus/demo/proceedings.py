"""Proceedings: what may follow a listing in the demonstration city, each told in order and once.

An objection, a stay, a repair with its two documents and three places, a document that falls; for a
person's restriction order a journey that the court allows. All of it is lawful, so all is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final

import msgspec

from creditbus.domain.acts.commitments import CommitmentChanged, CommitmentKind, CommitmentStep
from creditbus.domain.acts.events import Act, EntryListed, Envelope
from creditbus.domain.acts.objections import ObjectionDecided, ObjectionFiled, ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.repairs import (
    RepairApplied,
    RepairDecided,
    RepairDocument,
    RepairPlace,
    RepairPropagated,
    RepairStep,
)
from creditbus.domain.acts.revocations import BasisRevoked, RevocationKind
from creditbus.domain.acts.suspensions import (
    EntrySuspended,
    LiftGround,
    Proceeding,
    RestrictionLifted,
    Stay,
)
from creditbus.domain.ids import EventId, SourceId, derive

OFFICE: Final = SourceId("development")
"""The credit office: objections and applications for repair come in through it."""

PERMITS: Final = SourceId("permits")
_WEEK: Final = timedelta(days=7)


class Aftermath:
    """What follows one listing; ``today`` is the last day on which anything is decided."""

    def __init__(self, listing: EntryListed, today: date) -> None:
        envelope = listing.envelope
        self.listing = listing
        self.entry = RecordReference(source=envelope.source, record_id=envelope.record_id)
        self._today = today
        self._numbers = count(1)

    def envelope(self, source: SourceId, *, weeks: int) -> Envelope:
        """Return the envelope of a new record, decided some weeks after the listing."""
        listed = self.listing.envelope
        record_id = f"{listed.record_id}-{next(self._numbers)}"
        return msgspec.structs.replace(
            listed,
            event_id=EventId(derive("event", source, record_id, 1)),
            source=source,
            record_id=record_id,
            decided_on=min(self._today, listed.decided_on + _WEEK * weeks),
            effective_on=None,
            bases=(),
        )

    def reference(self, act: Act) -> RecordReference:
        """Return how a later act names this one."""
        return RecordReference(source=act.envelope.source, record_id=act.envelope.record_id)


def of_organisation(listing: EntryListed, random: Random, today: date) -> Iterator[Act]:
    """Yield what follows the listing of an organisation: mostly nothing."""
    if random.random() < 0.75:
        return
    yield from random.choice(_KINDS)(Aftermath(listing, today))


def of_order(listing: EntryListed, random: Random, today: date) -> Iterator[Act]:
    """Yield what follows a restriction order against a person: sometimes leave for a journey."""
    if random.random() < 0.8:
        return
    case = Aftermath(listing, today)
    yield RestrictionLifted(
        envelope=case.envelope(listing.envelope.source, weeks=2),
        list_id=listing.list_id,
        entry=case.entry,
        ground=LiftGround.FUNERAL,
        from_on=today,
        last_on=today + _WEEK,
        provisions=("1", "9"),
    )


def _objection(case: Aftermath, result: ObjectionResult) -> Iterator[Act]:
    listing = case.listing
    envelope = case.envelope(OFFICE, weeks=1)
    filed = ObjectionFiled(
        envelope=envelope,
        list_id=listing.list_id,
        entry=case.entry,
        filed_on=envelope.decided_on,
    )
    yield filed
    yield ObjectionDecided(
        envelope=case.envelope(listing.envelope.source, weeks=2),
        list_id=listing.list_id,
        entry=case.entry,
        objection=case.reference(filed),
        result=result,
    )


def _stay(case: Aftermath) -> Iterator[Act]:
    listing = case.listing
    stayed = EntrySuspended(
        envelope=case.envelope(listing.envelope.source, weeks=1),
        list_id=listing.list_id,
        entry=case.entry,
        proceeding=Proceeding.LAWSUIT,
        stay=Stay.STAYED,
    )
    yield stayed
    again = msgspec.structs.replace(
        stayed.envelope,
        event_id=EventId(derive("event", stayed.envelope.event_id, 2)),
        record_revision=2,
    )
    yield msgspec.structs.replace(stayed, envelope=again, stay=Stay.ENDED)


def _repair(case: Aftermath) -> Iterator[Act]:
    listing = case.listing
    envelope = case.envelope(OFFICE, weeks=2)
    applied = RepairApplied(
        envelope=envelope,
        list_id=listing.list_id,
        entry=case.entry,
        applied_on=envelope.decided_on,
        documents=tuple(RepairDocument),
    )
    yield applied
    application = case.reference(applied)
    for step in (RepairStep.ACCEPTED, RepairStep.GRANTED):
        yield RepairDecided(
            envelope=case.envelope(listing.envelope.source, weeks=2),
            list_id=listing.list_id,
            entry=case.entry,
            application=application,
            step=step,
        )
    for place in RepairPlace:
        told = case.envelope(OFFICE, weeks=2)
        yield RepairPropagated(
            envelope=told,
            list_id=listing.list_id,
            entry=case.entry,
            application=application,
            place=place,
            told_on=told.decided_on,
        )


def _revocation(case: Aftermath) -> Iterator[Act]:
    listing = case.listing
    yield BasisRevoked(
        envelope=case.envelope(listing.envelope.source, weeks=2),
        revoked_document=listing.envelope.document_number,
        issuer=listing.envelope.source,
        kind=RevocationKind.REVOKED,
    )


def _commitment(case: Aftermath) -> Iterator[Act]:
    yield CommitmentChanged(
        envelope=case.envelope(PERMITS, weeks=1),
        kind=CommitmentKind.INFORMED,
        step=CommitmentStep.SIGNED,
        item="（测）经营许可",
        content_hash=derive("commitment", case.entry.record_id),
    )


_KINDS: Final[tuple[Callable[[Aftermath], Iterator[Act]], ...]] = (
    lambda case: _objection(case, ObjectionResult.DISMISSED),
    lambda case: _objection(case, ObjectionResult.REMOVED),
    _stay,
    _repair,
    _revocation,
    _commitment,
)
