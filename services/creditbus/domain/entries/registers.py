"""Registers: what each kind of act last said about one entry.

An entry is the join of its registers. Acts of the list's keeper in the entry's own record are
ordered by that record's revisions, and a removal voids what is no newer (decision 0003). Acts that
are records of their own lie beside each other under the record's name, the newest revision of each.
So any order and any repeats of the same acts give the same registers.

The registers keep no text that nobody needs: neither grounds nor proofs.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Final

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import one_form
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.acts.suspensions import Stay
from creditbus.domain.calendar import days_after
from creditbus.domain.ids import BasisId, EntryId, EventId, ListId, SourceId, derive
from creditbus.domain.law.catalogue import Tier


class Noticed(msgspec.Struct, frozen=True, array_like=True):
    """The notice of a listing that was not decided yet."""

    revision: int
    event_id: EventId
    list_id: ListId
    decided_on: date
    document_number: str
    provisions: tuple[str, ...]
    lapses_on: date | None


class Hearing(msgspec.Struct, frozen=True, array_like=True):
    """How far the subject was heard before the listing, as the newest notice stated it.

    ``answer_by`` is the last day for it to answer, none once it has answered. The notice goes with
    the listing, and this stays.
    """

    revision: int
    answer_by: date | None


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """The decision that listed, as it was last stated."""

    revision: int
    event_id: EventId
    list_id: ListId
    decided_on: date
    starts_on: date
    document_number: str
    subject_name: str | None
    bases: tuple[BasisId, ...]
    provisions: tuple[str, ...]
    ends_on: date | None
    until_performed: bool
    tier: Tier | None
    underlying: tuple[str, ...]
    consent_on: date | None
    act_ended_on: date | None


class Extended(msgspec.Struct, frozen=True, array_like=True):
    """A longer term than that of the listing, and the day from which its decision counts it.

    Registers that an earlier program wrote do not hold that day.
    """

    revision: int
    event_id: EventId
    ends_on: date
    extended_from: date | None = None


class Varied(msgspec.Struct, frozen=True, array_like=True):
    """Other provisions than those of the listing."""

    revision: int
    event_id: EventId
    provisions: tuple[str, ...]


class Removed(msgspec.Struct, frozen=True, array_like=True):
    """The removal by the keeper: it voids everything of the record that is no newer.

    ``last_decided_on`` is the latest day of decision of all removals of the record, none where it
    is that of this one.
    """

    revision: int
    event_id: EventId
    list_id: ListId
    decided_on: date
    removed_on: date
    cause: RemovalCause
    document_number: str
    last_decided_on: date | None = None

    @property
    def bars_before(self) -> date:
        """Return the day before which no decision brings the entry back, whatever its revision."""
        return self.last_decided_on or self.decided_on


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What every act in a record of its own says of itself."""

    source: SourceId
    record_id: str
    revision: int
    list_id: ListId
    decided_on: date


class Stayed(Said, frozen=True, array_like=True):
    """A review or lawsuit, and whether it stays the entry."""

    stay: Stay
    from_on: date | None
    until_on: date | None


class Lifted(Said, frozen=True, array_like=True):
    """A window in which provisions do not hold: all, where none is named."""

    from_on: date
    last_on: date
    provisions: tuple[str, ...]
    withdrawn: bool


class Performed(Said, frozen=True, array_like=True):
    """That the subject did what the decision asks."""


class Filed(Said, frozen=True, array_like=True):
    """That an objection or an application came in on a day, or was taken back."""

    filed_on: date
    withdrawn: bool


class ObjectionRuled(Said, frozen=True, array_like=True):
    """How an objection was decided."""

    result: ObjectionResult


class RepairRuled(Said, frozen=True, array_like=True):
    """What the authority said to an application for repair."""

    step: RepairStep


class Told(Said, frozen=True, array_like=True):
    """That a place was told of a repair."""

    place: RepairPlace
    told_on: date


class Objection(msgspec.Struct, frozen=True, array_like=True):
    """One objection by its record: its filing and its decisions, whichever came in first."""

    source: SourceId
    record_id: str
    filed: Filed | None = None
    rulings: tuple[ObjectionRuled, ...] = ()


class Repair(msgspec.Struct, frozen=True, array_like=True):
    """One application for repair by its record, what was said to it, and who was told."""

    source: SourceId
    record_id: str
    filed: Filed | None = None
    rulings: tuple[RepairRuled, ...] = ()
    places: tuple[Told, ...] = ()


def record_key(each: Said | Objection | Repair) -> tuple[str, str]:
    """Return which record said this, in an order that stays."""
    return each.source, each.record_id


class OnList(msgspec.Struct, frozen=True, array_like=True):
    """The list that the newest listing or notice of the record named, even one that came late."""

    revision: int
    list_id: ListId


class Former(msgspec.Struct, frozen=True, array_like=True):
    """A decision that the record stated once and states no longer, at its highest revision."""

    decision: bytes
    revision: int


_BEFORE_IT_WAS_KEPT: Final = OnList(0, ListId(""))
"""In registers that an earlier program wrote: then whatever was removed had been listed."""


class Registers(msgspec.Struct, frozen=True, array_like=True):
    """Everything that moves one entry; ``source`` and ``record_id`` name the record that listed.

    ``on`` is None while nobody has listed the subject or told it so: a removal waits meanwhile.
    """

    entry_id: EntryId
    source: SourceId
    record_id: str
    notice: Noticed | None = None
    listing: Listed | None = None
    extension: Extended | None = None
    variation: Varied | None = None
    removal: Removed | None = None
    stays: tuple[Stayed, ...] = ()
    lifts: tuple[Lifted, ...] = ()
    performances: tuple[Performed, ...] = ()
    objections: tuple[Objection, ...] = ()
    repairs: tuple[Repair, ...] = ()
    on: OnList | None = _BEFORE_IT_WAS_KEPT
    hearing: Hearing | None = None
    former: tuple[Former, ...] = ()

    @property
    def decision(self) -> bytes | None:
        """Return which decision the record states, or stated before it was removed; or None."""
        listing = self.listing
        if listing is not None:
            return decision_of(listing.list_id, listing.document_number)
        return max(self.former, key=_revision).decision if self.former else None

    @property
    def decisions(self) -> set[bytes]:
        """Return every decision that the record states or ever stated."""
        now = self.decision
        return {each.decision for each in self.former} | ({now} if now is not None else set())

    @property
    def in_force(self) -> Registers:
        """Return the registers without what was decided before the entry was removed.

        A decision that is older than the removal brings nothing back, whatever its revision.
        """
        removal = self.removal
        if removal is None:
            return self
        listing, notice, barred = self.listing, self.notice, removal.bars_before
        if listing is not None and listing.decided_on < barred:
            listing = None
        if notice is not None and notice.decided_on < barred:
            notice = None
        if listing is self.listing and notice is self.notice:
            return self
        extension = self.extension if listing is not None else None
        variation = self.variation if listing is not None else None
        return msgspec.structs.replace(
            self, listing=listing, notice=notice, extension=extension, variation=variation
        )

    @property
    def list_id(self) -> ListId:
        """Return the list of the entry, empty while only others have spoken.

        It is that of the listing or the notice: a removal takes off a list and never names another.
        """
        own = self.listing or self.notice
        if own is not None:
            return own.list_id
        if self.on is not None and self.on.revision:
            return self.on.list_id
        return self.removal.list_id if self.removal is not None else ListId("")

    @property
    def is_known(self) -> bool:
        """Return whether the keeper has listed the subject, or told it that it will, or once did.

        A removal alone is no entry: it waits for the listing that it will void.
        """
        removed = self.removal is not None and self.on is not None
        return removed or self.listing is not None or self.notice is not None

    @property
    def revision(self) -> int:
        """Return the highest revision of the entry's own record that holds, 0 without one."""
        highest: int | None = None
        for own in (self.notice, self.listing, self.extension, self.variation, self.removal):
            if own is not None and (highest is None or own.revision > highest):
                highest = own.revision
        return highest or 0

    @property
    def starts_on(self) -> date:
        """Return the first day of effect of the listing, which there must be.

        It is not before the subject's time to answer the notice is over, or the subject has
        answered: what was decided earlier waits for that (行政处罚法 第四十四条、第四十五条).
        """
        hearing, listing = self.hearing, self.listing
        assert listing is not None
        if hearing is None or hearing.answer_by is None or hearing.revision > listing.revision:
            return listing.starts_on
        return max(listing.starts_on, days_after(hearing.answer_by, 1))

    @property
    def is_keepers_alone(self) -> bool:
        """Return whether nobody but the keeper has spoken about the entry, in its own record."""
        said = self.stays or self.lifts or self.performances
        return not (said or self.objections or self.repairs)

    def counts(self, said: Said) -> bool:
        """Return whether an act in a record of its own reaches this entry.

        Who keeps another list does not speak about this one; and what was said before the entry
        was removed and listed anew was about its earlier life.
        """
        own_list = said.list_id == self.list_id or said.source == self.source
        return own_list and (self.removal is None or said.decided_on >= self.removal.decided_on)


class Tombstone(msgspec.Struct, frozen=True, array_like=True):
    """What is left of an erased entry: no subject, no document, and what its removal voids.

    ``decided_on`` is the day before which no decision brings it back, that of its end where none
    is kept.
    """

    list_id: ListId
    revision: int
    removed_on: date
    cause: RemovalCause
    decided_on: date | None = None

    @property
    def bars_before(self) -> date:
        """Return the day before which no decision brings the entry back, whatever its revision."""
        return self.decided_on or self.removed_on


NOBODY: Final = EventId("")


@lru_cache(maxsize=4096)
def decision_of(list_id: ListId, document_number: str) -> bytes:
    """Return what one decision is known by, whoever reports it: the list, and its document."""
    return bytes.fromhex(derive("decision", list_id, one_form(document_number)))


_revision: Final = attrgetter("revision")


def buried(registers: Registers, removed_on: date, cause: RemovalCause) -> Tombstone:
    """Return what is kept of an entry for ever, so that no late act brings it back.

    What was decided before its removal never does; where it ended otherwise, before its end.
    """
    removal = registers.removal
    is_removed = removal is not None and removal.removed_on == removed_on
    decided_on = removal.bars_before if removal is not None and is_removed else None
    return Tombstone(registers.list_id, registers.revision, removed_on, cause, decided_on)


def unearthed(
    entry_id: EntryId, source: SourceId, record_id: str, tombstone: Tombstone | None
) -> Registers:
    """Return the registers of an entry that the subject's dossier does not hold.

    Of an erased one they hold its removal alone, of any other nothing.
    """
    if tombstone is None:
        return Registers(entry_id, source, record_id, on=None)
    removal = Removed(
        tombstone.revision,
        NOBODY,
        tombstone.list_id,
        tombstone.removed_on,
        tombstone.removed_on,
        tombstone.cause,
        "",
        tombstone.decided_on,
    )
    on = OnList(tombstone.revision, tombstone.list_id)
    return Registers(entry_id, source, record_id, removal=removal, on=on)
