"""Standings: a subject's whole present state, its entries and a revision.

The revision goes up by one whenever the standing changes and is never reset; who has seen a higher
one ignores a lower. Because a standing is whole, a reader may start at any time, skip or fall
behind, and is still right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.endings import Case, Rules, case_of
from creditbus.domain.entries.entry import (
    Entry,
    Stage,
    SuspensionCause,
    beside_serious,
    is_serious,
    read_on,
)
from creditbus.domain.entries.stages import entry_on, turning_days
from creditbus.domain.ids import EntryId, EventId, ListId, SubjectId
from creditbus.domain.law.catalogue import ListDefinition
from creditbus.domain.subjects import SubjectKind, is_person


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's entries, sorted by id; ``caused_by`` is the event that led to this revision."""

    subject_id: SubjectId
    subject_kind: SubjectKind
    revision: int = 0
    entries: tuple[Entry, ...] = ()
    edition: str = ""
    caused_by: EventId = EventId("")
    synthetic: bool = False


def entries_on(
    standing: Standing,
    dossier: Dossier,
    rules: Rules,
    day: date | None,
    moved: EntryId | None = None,
) -> list[tuple[Case, Entry]]:
    """Return each entry of a subject on a civil day, the erased ones too, with its case.

    A red entry is suspended while a serious black entry of the same subject is active, and returns
    by itself (山东省社会信用条例 第二十六条).

    After an act that moved one entry alone, name it: what certainly stands as it stood is then
    taken from the standing.
    """
    person = is_person(standing.subject_kind)
    stood = _stood(standing, rules, moved)
    found = []
    serious = False
    for registers in dossier.shown:
        case = case_of(registers, dossier, rules, is_person=person, day=day)
        # What others said may count no longer since a removal that was overtaken and moved nothing.
        entry = stood.get(registers.entry_id) if registers.is_keepers_alone else None
        if entry is None:
            entry = entry_on(case)
        if entry is not None:
            found.append((case, entry))
            serious = serious or is_serious(entry, case.definition)
    if serious:
        return [(case, beside_serious(entry, case.definition)) for case, entry in found]
    return found


def _stood(standing: Standing, rules: Rules, moved: EntryId | None) -> dict[EntryId, Entry]:
    """Return the entries that an act about another one leaves as they are.

    Time moves them on days of the date index only, and then all are asked anew. Another edition may
    move any of them. What a serious entry suspends may return.
    """
    if moved is None or not rules.edition or standing.edition != rules.edition:
        return {}
    return {
        entry.entry_id: entry
        for entry in standing.entries
        if entry.entry_id != moved and entry.suspended_by is not SuspensionCause.SERIOUS_ENTRY
    }


def with_entries(standing: Standing, found: Iterable[tuple[Case, Entry]]) -> Standing:
    """Return the standing with these entries, in the order of their ids; erased ones are gone."""
    entries = tuple([entry for _, entry in found if entry.stage is not Stage.ERASED])
    return msgspec.structs.replace(standing, entries=entries)


def advance(
    before: Standing | None, after: Standing, caused_by: EventId, *, is_reform: bool = False
) -> Standing | None:
    """Return the standing with its next revision, or None when nothing has changed.

    Another edition of the catalogue that leaves every entry as it was is no change, unless it is a
    reform: then what the same entries ask for may be another thing.
    """
    if not is_reform and after.entries == (before.entries if before is not None else ()):
        return None
    revision = before.revision + 1 if before is not None else 1
    return msgspec.structs.replace(after, revision=revision, caused_by=caused_by)


def turns(
    found: Iterable[tuple[Case, Entry]],
    before: Standing | None = None,
    moved: EntryId | None = None,
) -> set[date]:
    """Return the coming civil days on which time alone moves one of the entries.

    Of an entry that stood as it is in the standing before, and that no act has moved, the days are
    known already.
    """
    known = before.entries if before is not None else ()
    return {
        turn
        for case, entry in found
        if entry.entry_id == moved or entry not in known
        for turn in turning_days(case, entry)
    }


def settle(standing: Standing, lists: Mapping[ListId, ListDefinition], day: date) -> Standing:
    """Return a published standing as the law has it on a civil day, for readers who do not wait.

    One second after a term the answer is "not listed", even if every timer is late (law 8).
    """
    entries = tuple(read_on(entry, day) for entry in standing.entries)
    if any(is_serious(entry, lists.get(entry.list_id)) for entry in entries):
        entries = tuple(beside_serious(entry, lists.get(entry.list_id)) for entry in entries)
    return msgspec.structs.replace(standing, entries=entries)
