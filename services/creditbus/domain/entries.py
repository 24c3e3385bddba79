"""Entries: one subject's presence on one list, and the law of how an event moves it.

An entry is what the newest revision of its source's record says; revisions, not arrival, decide. So
any order and any repeats of the same events end in the same entry, and a late older listing never
undoes a removal. Where a source gave one revision to a listing and to a removal, the removal wins
(decision 0003). A removed entry keeps no facts: only its id, list, cause, day and document.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.calendar import DAY, day_of, end_of_day
from creditbus.domain.events import EntryListed, EntryRemoved, RemovalCause
from creditbus.domain.ids import BasisId, EntryId, EventId, ListId, SourceId, derive_entry_id

ID_CHARACTERS: Final = 200
TEXT_CHARACTERS: Final = 500
"""How long an id and a text of a record may be, so that a standing fits into a record."""


class Stage(StrEnum):
    """Where an entry is; in grace it is not yet, suspended it is not now in effect."""

    NOTICED = "NOTICED"
    GRACE = "GRACE"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REMOVED = "REMOVED"
    CLOSED = "CLOSED"
    ERASED = "ERASED"


_ENDED: Final = (Stage.REMOVED, Stage.CLOSED, Stage.ERASED)  # a tuple: no word is hashed


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as its newest record revision states it.

    ``ends_at`` is the instant its term is over.

    ``starts_on`` is the first day of effect; only an organisation has a ``subject_name``. Facts
    are empty once the entry is removed.
    """

    entry_id: EntryId
    list_id: ListId
    source: SourceId
    record_id: str
    record_revision: int
    event_id: EventId
    stage: Stage
    decided_on: date
    starts_on: date
    document_number: str
    subject_name: str | None = None
    bases: tuple[BasisId, ...] = ()
    provisions: tuple[str, ...] = ()
    ends_at: datetime | None = None
    disputed: bool = False
    repair_pending: bool = False
    removal_cause: RemovalCause | None = None
    removed_on: date | None = None

    @property
    def is_removed(self) -> bool:
        """Tell whether the entry has ended, whatever the cause."""
        return self.stage in _ENDED

    def is_active(self, at: datetime) -> bool:
        """Tell whether the entry has effect at an instant.

        An ended term ends it without any timer.
        """
        return self.stage is Stage.ACTIVE and (self.ends_at is None or at < self.ends_at)


def transition(entry: Entry | None, event: EntryListed | EntryRemoved) -> Entry:
    """Return the entry after the event.

    An event that does not outrank the entry changes nothing.
    """
    stated = _state(event)
    if entry is None or _rank(stated) > _rank(entry):
        return stated
    return entry


def on_day(entry: Entry, day: date | None) -> Entry:
    """Return the entry on a civil day: in effect from its first day, expired after its last.

    Before the first day has turned (none) nothing expires, and the day of the decision stands
    for today, so that a decision with a later first day of effect waits for it.
    """
    if entry.is_removed or entry.stage in {Stage.NOTICED, Stage.SUSPENDED}:
        return entry
    if day is not None and entry.ends_at is not None and end_of_day(day - DAY) >= entry.ends_at:
        return _ended(entry, RemovalCause.EXPIRED, day_of(entry.ends_at))
    stage = Stage.ACTIVE if entry.starts_on <= (day or entry.decided_on) else Stage.GRACE
    return entry if entry.stage is stage else msgspec.structs.replace(entry, stage=stage)


def turning_days(entry: Entry, day: date | None) -> set[date]:
    """Return the civil days after this one on which time alone moves the entry."""
    if entry.is_removed:
        return set()
    days = {entry.starts_on} if day is None or entry.starts_on > day else set()
    return days | ({day_of(entry.ends_at)} if entry.ends_at is not None else set())


def _rank(entry: Entry) -> tuple[int, bool]:
    # An expiry is no act of the source, so it never outranks one: an act may state a longer term.
    by_source = entry.is_removed and entry.removal_cause is not RemovalCause.EXPIRED
    return entry.record_revision, by_source


def _state(event: EntryListed | EntryRemoved) -> Entry:
    envelope = event.envelope
    # A listing with longer texts is refused; a removal passes, and only its words are cut.
    entry = Entry(
        entry_id=derive_entry_id(envelope.subject_id, envelope.source, envelope.record_id),
        list_id=ListId(event.list_id[:ID_CHARACTERS]),
        source=envelope.source,
        record_id=envelope.record_id,
        record_revision=envelope.record_revision,
        event_id=EventId(envelope.event_id[:ID_CHARACTERS]),
        stage=Stage.ACTIVE,
        decided_on=envelope.decided_on,
        starts_on=envelope.effective_on or envelope.decided_on,
        document_number=envelope.document_number[:TEXT_CHARACTERS],
    )
    if isinstance(event, EntryRemoved):
        # Expiry is the bus's own finding and ranks below any act; what a source states is an act.
        stated = event.cause is not RemovalCause.EXPIRED
        cause = event.cause if stated else RemovalCause.WITHDRAWN
        return _ended(entry, cause, envelope.effective_on or envelope.decided_on)
    return msgspec.structs.replace(
        entry,
        bases=tuple(sorted(envelope.bases)),
        subject_name=event.subject_name,
        provisions=tuple(sorted(event.provisions)),
        ends_at=end_of_day(event.ends_on) if event.ends_on is not None else None,
    )


def _ended(entry: Entry, cause: RemovalCause, removed_on: date) -> Entry:
    return msgspec.structs.replace(
        entry,
        stage=Stage.REMOVED,
        subject_name=None,
        bases=(),
        provisions=(),
        ends_at=None,
        disputed=False,
        repair_pending=False,
        removal_cause=cause,
        removed_on=removed_on,
    )
