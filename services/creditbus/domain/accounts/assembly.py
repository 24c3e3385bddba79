"""Assembly: from what a subject's dossier and the law say on a day, the whole account.

Nothing is decided here anew: the entries are those of `standings.entries_on`, the measures those of
`measures.grounds_of`; the account only says which act, document and article each of them rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.accounts.account import (
    Account,
    EntryAccount,
    Mark,
    MeasureAccount,
    Named,
    Passage,
    named,
    unnamed,
)
from creditbus.domain.accounts.courses import course_of, marks_of
from creditbus.domain.accounts.deeds import Deeds, Moving, bases_of
from creditbus.domain.acts.doors import door_faults
from creditbus.domain.acts.events import Burden
from creditbus.domain.acts.gates import Listing, results
from creditbus.domain.effects.measures import asked_of, ends_at, grounds_of
from creditbus.domain.entries.deadlines import NO_CLOCKS, Clocks
from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.endings import Case, Rules
from creditbus.domain.entries.entry import Entry, is_serious
from creditbus.domain.entries.standings import Standing, entries_on, with_entries
from creditbus.domain.ids import EventId, ListId, SubjectId
from creditbus.domain.law.articles import LISTS, MINORS
from creditbus.domain.law.catalogue import Basis, Catalogue, ListDefinition, MeasureDefinition
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import SubjectKind, kind_of

DOOR: Final = "DOOR"
"""The gate before the gates: who may speak about whom (``doors``)."""

OBJECTION_ZH: Final = "可依《山东省社会信用条例》第三十九条向认定单位提出异议"
OBJECTION_EN: Final = "Object to whoever listed (Shandong social credit regulation, article 39)"
"""The way out where the list of an entry is in no edition: an objection is always open."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a subject: its dossier, and the acts that led to it, in any order."""

    subject_id: SubjectId
    dossier: Dossier = Dossier()
    acts: tuple[Moving, ...] = ()


def account_of(known: Known, law: Editions, day: date, clocks: Clocks = NO_CLOCKS) -> Account:
    """Return why a subject stands as it does on a civil day, under the edition of that day.

    Erased entries are gone: of them nothing may be told (山东省社会信用条例 第三十八条).
    """
    then = law.as_of(day)
    kind = kind_of(known.subject_id)
    blank = Standing(subject_id=known.subject_id, subject_kind=kind)
    found = entries_on(blank, known.dossier, Rules(then.latest.lists, clocks), day)
    standing = with_entries(blank, found)
    shown = {entry.entry_id for entry in standing.entries}
    deeds = Deeds(known.acts, then, known.dossier)
    serious = ", ".join(_serious(found))
    return Account(
        subject_id=known.subject_id,
        subject_kind=kind,
        day=day,
        edition=then.latest.edition,
        entries=tuple(
            _entry(case, entry, marks_of(case, entry, serious), deeds, then)
            for case, entry in found
            if entry.entry_id in shown
        ),
        measures=_measures(standing, then),
    )


def _entry(
    case: Case, entry: Entry, marks: tuple[Mark, ...], deeds: Deeds, law: Editions
) -> EntryAccount:
    definition = case.definition
    catalogue = law.on(entry.decided_on)
    account = EntryAccount(
        entry_id=entry.entry_id,
        on_list=named(entry.list_id, definition or catalogue.lists.get(entry.list_id)),
        stage=entry.stage,
        decided_on=entry.decided_on,
        document_number=entry.document_number,
        bases=(),
        provisions=(),
        done_by=None,
        passages=(),
        course=None,
        marks=marks,
        acts=(),
        remedy_zh=definition.remedy_zh if definition is not None else OBJECTION_ZH,
        remedy_en=definition.remedy_en if definition is not None else OBJECTION_EN,
    )
    if entry.is_removed:
        return _ended(account, entry, deeds)
    act = deeds.event(_began(case))
    bases = bases_of(entry.bases, catalogue, law.latest)
    done_by = deeds.deed(act) if act is not None else None
    return msgspec.structs.replace(
        account,
        bases=bases or (done_by.bases if done_by is not None else ()),
        provisions=tuple(_provision(each, definition) for each in entry.provisions),
        done_by=done_by,
        passages=_passages(act, catalogue) if act is not None else (),
        course=course_of(case, entry),
        acts=tuple(each for each in deeds.about(entry.entry_id) if each != done_by),
        exits=definition.removed_by if definition is not None else (),
        exit_bases=_exit_bases(definition, law.latest),
    )


def _serious(found: Iterable[tuple[Case, Entry]]) -> Iterator[str]:
    """Yield the active serious entries, each by its list and document."""
    for case, entry in found:
        if is_serious(entry, case.definition):
            yield f"{entry.list_id} {entry.document_number}".strip()


def _ended(account: EntryAccount, entry: Entry, deeds: Deeds) -> EntryAccount:
    assert entry.removal_cause is not None
    assert entry.removed_on is not None
    return msgspec.structs.replace(
        account,
        removal_cause=entry.removal_cause,
        removed_on=entry.removed_on,
        ended_by=deeds.ending(entry.entry_id, entry.removal_cause, entry.removed_on),
    )


def _began(case: Case) -> EventId:
    registers = case.registers
    own = registers.listing or registers.notice
    assert own is not None
    return own.event_id


def _provision(name: str, definition: ListDefinition | None) -> Named:
    ground = definition.grounds.get(name) if definition is not None else None
    return Named(name, ground.name_zh, ground.name_en) if ground is not None else unnamed(name)


def _exit_bases(definition: ListDefinition | None, catalogue: Catalogue) -> tuple[Basis, ...]:
    ids = definition.exit_bases if definition is not None else ()
    return bases_of(ids, catalogue, catalogue)


def _passages(act: Moving, catalogue: Catalogue) -> tuple[Passage, ...]:
    """Return the door and the gates that a burden met, under the edition of its day."""
    assert isinstance(act, Burden), "nothing else begins an entry"
    fault = next(iter(door_faults(act, catalogue)), None)
    is_natural = kind_of(act.envelope.subject_id) is SubjectKind.NATURAL_PERSON
    article = fault.article if fault is not None else MINORS if is_natural else LISTS
    door = Passage(DOOR, article, fault is None)
    definition = catalogue.lists.get(act.list_id)
    if definition is None:
        return (door,)
    asked = results(Listing(act, definition, catalogue))
    return (door, *(Passage(reason, gate.article, passed) for reason, gate, passed in asked))


def _measures(standing: Standing, law: Editions) -> tuple[MeasureAccount, ...]:
    found = (_measure(measure, standing, law) for measure in asked_of(standing, law))
    return tuple(each for each in found if each is not None)


def _measure(
    measure: MeasureDefinition, standing: Standing, law: Editions
) -> MeasureAccount | None:
    grounds = grounds_of(measure, standing, law)
    if not grounds:
        return None
    catalogue = law.latest
    return MeasureAccount(
        measure=named(measure.id, measure),
        measure_class=measure.measure_class,
        executor=Named(", ".join(measure.bodies), measure.executor_zh, measure.executor_en),
        bases=bases_of(measure.bases, catalogue, catalogue),
        grounds=grounds,
        remedies=_remedies((ground.list_id for ground in grounds), catalogue),
        ends_at=ends_at(grounds),
        human_review=measure.needs_human(standing.subject_kind),
        record_only=measure.record_only,
        spares=Named(measure.id, measure.spares_zh, measure.spares_en),
    )


def _remedies(lists: Iterable[ListId], catalogue: Catalogue) -> tuple[Named, ...]:
    rows = (catalogue.lists.get(each) for each in dict.fromkeys(lists))
    return tuple(Named(row.id, row.remedy_zh, row.remedy_en) for row in rows if row is not None)
