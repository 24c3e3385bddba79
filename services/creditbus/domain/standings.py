"""Standings: a subject's whole present state, its entries and a revision.

The revision goes up by one whenever the standing changes and is never reset; who has seen a higher
one ignores a lower. Because a standing is whole, a reader may start at any time, skip or fall
behind, and is still right.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from creditbus.domain.catalogue import ListDefinition, Polarity
from creditbus.domain.entries import Entry, Stage, on_day, turning_days
from creditbus.domain.ids import EventId, ListId, SubjectId
from creditbus.domain.subjects import SubjectKind


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's entries, sorted by id; ``caused_by`` is the event that led to this revision."""

    subject_id: SubjectId
    subject_kind: SubjectKind
    revision: int = 0
    entries: tuple[Entry, ...] = ()
    edition: str = ""
    caused_by: EventId = EventId("")
    synthetic: bool = False

    def entry(self, entry_id: str) -> Entry | None:
        """Return the entry with this id, or none."""
        return next((entry for entry in self.entries if entry.entry_id == entry_id), None)

    def with_entry(self, entry: Entry) -> Standing:
        """Return the standing with this entry put in, or in place of the one with its id."""
        others = [other for other in self.entries if other.entry_id != entry.entry_id]
        entries = tuple(sorted([*others, entry], key=lambda each: each.entry_id))
        return msgspec.structs.replace(self, entries=entries)


def settle(
    standing: Standing, lists: Mapping[ListId, ListDefinition], day: date | None
) -> Standing:
    """Return the standing as the law has it on a civil day.

    Terms begin and end; a red entry is suspended while a serious black entry of the same subject is
    active, and returns by itself.
    """
    entries = tuple(on_day(_awake(entry), day) for entry in standing.entries)
    if any(_is_serious(entry, lists) for entry in entries):
        entries = tuple(_suspended(entry, lists) for entry in entries)
    return msgspec.structs.replace(standing, entries=entries)


def advance(before: Standing | None, after: Standing, caused_by: EventId) -> Standing | None:
    """Return the standing with its next revision, or none when nothing has changed.

    Another edition of the catalogue that leaves every entry as it was is no change.
    """
    if before is not None and after.entries == before.entries:
        return None
    revision = before.revision + 1 if before is not None else 1
    return msgspec.structs.replace(after, revision=revision, caused_by=caused_by)


def turns(standing: Standing, day: date | None, before: Standing | None = None) -> set[date]:
    """Return the coming civil days on which time alone moves one of the entries.

    Of an entry that stood as it is in the standing before, the days are known already.
    """
    known = before.entries if before is not None else ()
    return {
        turn
        for entry in standing.entries
        if entry not in known
        for turn in turning_days(entry, day)
    }


def _awake(entry: Entry) -> Entry:
    if entry.stage is Stage.SUSPENDED:
        return msgspec.structs.replace(entry, stage=Stage.ACTIVE)
    return entry


def _is_serious(entry: Entry, lists: Mapping[ListId, ListDefinition]) -> bool:
    definition = lists.get(entry.list_id)
    return entry.stage is Stage.ACTIVE and definition is not None and definition.serious


def _suspended(entry: Entry, lists: Mapping[ListId, ListDefinition]) -> Entry:
    definition = lists.get(entry.list_id)
    if (
        entry.stage is Stage.ACTIVE
        and definition is not None
        and definition.polarity is Polarity.RED
    ):
        return msgspec.structs.replace(entry, stage=Stage.SUSPENDED)
    return entry
