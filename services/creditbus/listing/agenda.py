"""The agenda: whom a day that turns, or an edition that changes the law, has to do with.

Time moves a standing on days that are known beforehand, so an index by date finds it; a law may
move any, so all are looked through, and those on a list that it changes are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.calendar import days_after
from creditbus.domain.entries.deadlines import DeadlineMissed, first_of, party_of
from creditbus.domain.entries.dossiers import Dossier, buried_with
from creditbus.domain.entries.endings import Case
from creditbus.domain.entries.entry import Entry, Stage
from creditbus.domain.entries.registers import buried
from creditbus.domain.entries.stages import retention_days
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import EntryId, ListId, SubjectId
from creditbus.domain.law.catalogue import ListDefinition
from creditbus.domain.law.editions import Editions
from creditbus.engine.values import Draft, Table
from creditbus.listing.memory import (
    AFTER_ALL,
    DOSSIERS,
    DUE,
    GRAVES,
    SCAN_ROWS,
    TOMBSTONES,
    Due,
)

SUBJECTS: Final = Table[str, Standing](
    name="subjects",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=msgspec.msgpack.Encoder().encode,
    unpack_value=msgspec.msgpack.Decoder(Standing).decode,
)
"""The standing of each subject."""


def due_before(draft: Draft, day: date) -> Iterator[Due]:
    """Yield the rows of the date index before a day, with their subjects read ahead."""
    after: Due = (date.min, "")
    while rows := draft.scan(DUE, after, (day, ""), SCAN_ROWS):
        _read_ahead(draft, {SubjectId(subject) for (_, subject), _ in rows})
        yield from (due for due, _ in rows)
        last = rows[-1][0]
        after = (last[0], last[1] + "\0")


def reached_by(draft: Draft, edition: str, editions: Editions) -> Iterator[SubjectId]:
    """Yield who stands on a list that reads otherwise under the edition, read ahead."""
    after = ""
    while rows := draft.scan(SUBJECTS, after, AFTER_ALL, SCAN_ROWS):
        reached = [
            standing.subject_id for _, standing in rows if _is_reached(standing, edition, editions)
        ]
        _read_ahead(draft, set(reached))
        yield from reached
        after = rows[-1][0] + "\0"


def without_waiting(
    draft: Draft,
    dossier: Dossier,
    lists: Mapping[ListId, ListDefinition],
    day: date | None,
) -> tuple[Dossier, list[date]]:
    """Return the dossier without removals that waited as long as an entry is remembered.

    Like an erased entry each leaves a tombstone, which still voids its listing. With it come the
    days on which that is over for those that wait on.
    """
    gone: set[EntryId] = set()
    days: list[date] = []
    for registers in dossier.entries:
        removal = registers.removal
        if registers.on is not None or removal is None:
            continue
        until = days_after(removal.removed_on, retention_days(lists.get(registers.list_id)))
        if day is None or day < until:
            days.append(until)
            continue
        tombstone = buried(registers, removal.removed_on, removal.cause)
        draft.put(TOMBSTONES, registers.entry_id, tombstone)
        gone.add(registers.entry_id)
    return (dossier.without(gone) if gone else dossier), days


def without_erased(
    draft: Draft, subject: SubjectId, dossier: Dossier, found: list[tuple[Case, Entry]]
) -> tuple[Dossier, list[tuple[Case, Entry]]]:
    """Return dossier and entries without those whose time to be remembered is over.

    Each of these leaves a tombstone for every record of it, and the day up to which its decision
    lists nobody again.
    """
    erased = [(case, entry) for case, entry in found if entry.stage is Stage.ERASED]
    if not erased:
        return dossier, found
    records: set[EntryId] = set()
    for case, entry in erased:
        assert entry.removed_on is not None
        assert entry.removal_cause is not None
        tombstones, days = buried_with(
            subject, dossier, case.registers, entry.removed_on, entry.removal_cause
        )
        for entry_id, tombstone in tombstones.items():
            draft.put(TOMBSTONES, entry_id, tombstone)
        for grave, day in days.items():
            draft.put(GRAVES, grave, day)
        records.update(tombstones)
    left = [each for each in found if each[1].stage is not Stage.ERASED]
    return dossier.without(records), left


def missed(
    before: Standing | None, after: Standing, found: Iterable[tuple[Case, Entry]]
) -> Iterator[DeadlineMissed]:
    """Yield the clocks that have run out since the standing before."""
    late = [(case, entry) for case, entry in found if entry.overdue]
    if not late:
        return
    known = {entry.entry_id: entry.overdue for entry in before.entries} if before else {}
    for case, entry in late:
        for kind in entry.overdue:
            if kind in known.get(entry.entry_id, ()):
                continue
            owed = first_of(kind, case.registers, case.definition, case.clocks)
            assert case.day is not None, "nothing is late before the first day has turned"
            yield DeadlineMissed(
                entry_id=entry.entry_id,
                list_id=entry.list_id,
                subject_id=after.subject_id,
                party=party_of(owed, entry.source),
                deadline=kind,
                timer_id=owed.timer.id,
                began_on=owed.began_on,
                last_on=owed.last_on,
                noticed_on=case.day,
                caused_by=after.caused_by,
                synthetic=after.synthetic,
            )


def _read_ahead(draft: Draft, subjects: set[SubjectId]) -> None:
    draft.prefetch(SUBJECTS, subjects)
    draft.prefetch(DOSSIERS, subjects)


def _is_reached(standing: Standing, edition: str, editions: Editions) -> bool:
    if standing.edition == edition or not standing.entries:
        return False
    lists = editions.reformed(standing.edition, edition)
    return lists is None or any(entry.list_id in lists for entry in standing.entries)
