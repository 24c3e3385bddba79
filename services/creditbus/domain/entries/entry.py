"""Entries: one subject's presence on one list, as everybody sees it.

How acts move one is in ``transitions``, what follows from them on a day in ``stages``; what time
alone does to one is here, for whoever has only the entry. A removed entry keeps no facts: only its
id, list, cause, day and document.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.calendar import DAY, day_of, end_of_day
from creditbus.domain.ids import BasisId, EntryId, EventId, ListId, SourceId
from creditbus.domain.law.catalogue import ListDefinition, Polarity, Tier


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


class SuspensionCause(StrEnum):
    """Why an entry is suspended.

    A red entry is, while a serious black one of the same subject is active.
    """

    STAY = "STAY"
    REORGANISATION = "REORGANISATION"
    SERIOUS_ENTRY = "SERIOUS_ENTRY"


class Deadline(StrEnum):
    """A clock of the authority that has run out; it is shown, and the subject is no worse off."""

    OBJECTION_DECISION = "OBJECTION_DECISION"
    CORRECTION = "CORRECTION"
    REPAIR_ACCEPTANCE = "REPAIR_ACCEPTANCE"
    REPAIR_DECISION = "REPAIR_DECISION"
    REPAIR_PROPAGATION = "REPAIR_PROPAGATION"
    DELETION = "DELETION"


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Some days on which items of a restriction order do not hold: all items where none is named.

    It is open from ``starts_at`` until ``ends_at``, both instants.
    """

    starts_at: datetime
    ends_at: datetime
    provisions: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as its registers have it on a day.

    ``starts_on`` is the first day of effect, ``ends_at`` the instant its term is over; only an
    organisation has a ``subject_name``. ``lifted`` are the provisions that a window lifts on the
    day, ``windows`` all that are open or to come. ``delete_by`` is the last day on which its keeper
    must take it off since the subject has performed. Facts are empty once the entry is removed.
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
    tier: Tier | None = None
    suspended_by: SuspensionCause | None = None
    windows: tuple[Window, ...] = ()
    lifted: tuple[str, ...] = ()
    overdue: tuple[Deadline, ...] = ()
    delete_by: date | None = None

    @property
    def is_removed(self) -> bool:
        """Return whether the entry has ended, whatever the cause."""
        return self.stage in _ENDED

    def is_active(self, at: datetime) -> bool:
        """Return whether the entry has effect at an instant.

        An ended term ends it without any timer.
        """
        return self.stage is Stage.ACTIVE and (self.ends_at is None or at < self.ends_at)


def lifted_on(
    windows: Sequence[Window], provisions: tuple[str, ...], day: date | None
) -> tuple[str, ...]:
    """Return the provisions that do not hold on a day, because a window lifts them."""
    if not windows or day is None:
        return ()
    at = end_of_day(day - DAY)
    now = [each for each in windows if each.starts_at <= at < each.ends_at]
    if any(not each.provisions for each in now):
        return provisions
    named = {name for each in now for name in each.provisions}
    return tuple(name for name in provisions if name in named)


def read_on(entry: Entry, day: date) -> Entry:
    """Return a published entry as it holds on a later day, without any new act.

    A reader has no registers, so it knows what time does to the entry as it was last said, and no
    more: its term and its windows begin and end.
    """
    if entry.is_removed or entry.stage is Stage.NOTICED:
        return entry
    if entry.ends_at is not None and end_of_day(day - DAY) >= entry.ends_at:
        return _without_facts(entry, RemovalCause.EXPIRED, day_of(entry.ends_at))
    if entry.suspended_by in {SuspensionCause.STAY, SuspensionCause.REORGANISATION}:
        return entry
    stage = Stage.GRACE if is_in_grace(entry.starts_on, day) else Stage.ACTIVE
    lifted = lifted_on(entry.windows, entry.provisions, day)
    if entry.stage is stage and entry.lifted == lifted:
        return entry
    return msgspec.structs.replace(entry, stage=stage, suspended_by=None, lifted=lifted)


def is_in_grace(starts_on: date, day: date) -> bool:
    """Return whether an entry with this first day of effect has not begun on a day."""
    return starts_on > day


def is_serious(entry: Entry, definition: ListDefinition | None) -> bool:
    """Return whether an entry is one that suspends the red entries of its subject."""
    return entry.stage is Stage.ACTIVE and definition is not None and definition.serious


def beside_serious(entry: Entry, definition: ListDefinition | None) -> Entry:
    """Return an entry as it is while a serious one of the same subject is active.

    A red one is suspended, and returns by itself (山东省社会信用条例 第二十六条).
    """
    is_red = definition is not None and definition.polarity is Polarity.RED
    if entry.stage is not Stage.ACTIVE or not is_red:
        return entry
    return msgspec.structs.replace(
        entry, stage=Stage.SUSPENDED, suspended_by=SuspensionCause.SERIOUS_ENTRY
    )


def _without_facts(entry: Entry, cause: RemovalCause, ended_on: date) -> Entry:
    """Return an entry that time has ended, with nothing that only a standing one may show."""
    return Entry(
        entry_id=entry.entry_id,
        list_id=entry.list_id,
        source=entry.source,
        record_id=entry.record_id,
        record_revision=entry.record_revision,
        event_id=entry.event_id,
        stage=Stage.REMOVED,
        decided_on=entry.decided_on,
        starts_on=entry.starts_on,
        document_number=entry.document_number,
        removal_cause=cause,
        removed_on=ended_on,
        overdue=entry.overdue,
    )
