"""Entries: one subject's presence on one list, as everybody sees it.

How acts move one is in ``transitions``, what follows from them on a day in ``stages``. A removed
entry keeps no facts: only its id, list, cause, day and document.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.ids import BasisId, EntryId, EventId, ListId, SourceId
from creditbus.domain.law.catalogue import Tier

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
        """Tell whether the entry has ended, whatever the cause."""
        return self.stage in _ENDED

    def is_active(self, at: datetime) -> bool:
        """Tell whether the entry has effect at an instant.

        An ended term ends it without any timer.
        """
        return self.stage is Stage.ACTIVE and (self.ends_at is None or at < self.ends_at)
