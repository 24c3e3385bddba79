"""Accounts: why a subject stands as it does on a day, every entry and every measure for itself.

An account names for each of them the act that did it, the document, the basis with its article, the
gates that were passed, the term with its arithmetic, the marks, the way out, and the end. It holds
no name of the subject: who asks has its id, and a natural person is a token here as everywhere.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.effects.directives import Ground
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import EntryId, EventId, SubjectId
from creditbus.domain.law.catalogue import Basis, MeasureClass, Row
from creditbus.domain.subjects import SubjectKind
from creditbus.domain.terms.reckonings import Reckoning


class Named(msgspec.Struct, frozen=True):
    """A row of the catalogue, or an item of a list, by its id and its names in two languages."""

    id: str
    zh: str
    en: str


def named(row_id: str, row: Row | None) -> Named:
    """Return a row by its names; one that the edition does not hold goes by its id."""
    return Named(row_id, row.name_zh, row.name_en) if row is not None else unnamed(row_id)


def unnamed(row_id: str) -> Named:
    """Return what has an id and no names."""
    return Named(row_id, row_id, row_id)


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What one act says of itself: the record that says it, whose, when, and on which document.

    ``step`` is the word that the act turns on, such as the result of an objection. Why a court
    lifted a restriction is none: it tells of illness or mourning (个人信息保护法 第二十八条).
    """

    record: str
    step: str
    event_id: EventId
    source: Named
    record_id: str
    record_revision: int
    decided_on: date
    document_number: str
    bases: tuple[Basis, ...]


class Passage(msgspec.Struct, frozen=True):
    """One gate, its article, and whether the act passes it; ``DOOR`` asks who speaks about whom."""

    gate: str
    article: str
    passed: bool


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How long an entry runs, and every step to its last day.

    ``stated_on`` is the last day by the decision, ``extended_on`` by a later one. ``longest`` is
    what the provision allows, ``cap`` the end of all disclosure; the earliest ends the entry.
    Without ``last_on`` it runs until performed. From ``asks_from`` on the subject may ask to be
    removed early, where the list has such a way.
    """

    starts_on: date
    stated_on: date | None
    extended_on: date | None
    longest: Reckoning | None
    cap: Reckoning | None
    last_on: date | None
    ends_at: datetime | None
    asks_from: date | None


class MarkKind(StrEnum):
    """What travels with an entry without ending it, or why it is not in effect."""

    DISPUTED = "disputed"
    REPAIR_PENDING = "repair_pending"
    STAY = "stay"
    REORGANISATION = "reorganisation"
    SERIOUS_ENTRY = "serious_entry"
    WINDOW = "window"
    OVERDUE = "overdue"
    PERFORMED = "performed"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One mark: since when and until when, and which record or entry it comes from.

    ``items`` are the provisions of a window, or the name of a clock that has run out.
    """

    kind: MarkKind
    about: str = ""
    from_on: date | None = None
    until_on: date | None = None
    items: tuple[str, ...] = ()


class EntryAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Why one entry stands as it does.

    ``done_by`` is the act that listed, or announced it; ``acts`` are all that followed, in the
    order of their days. ``exits`` are the kinds of event that may end it (``law.numbers``). Of an
    ended entry there is no more than who listed it, what ended it, and when.
    """

    entry_id: EntryId
    on_list: Named
    stage: Stage
    decided_on: date
    document_number: str
    bases: tuple[Basis, ...]
    provisions: tuple[Named, ...]
    done_by: Deed | None
    passages: tuple[Passage, ...]
    course: Course | None
    marks: tuple[Mark, ...]
    acts: tuple[Deed, ...]
    remedy_zh: str
    remedy_en: str
    exits: tuple[str, ...] = ()
    exit_bases: tuple[Basis, ...] = ()
    removal_cause: RemovalCause | None = None
    removed_on: date | None = None
    ended_by: Deed | None = None


class MeasureAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Why one measure follows: its law, the entries that carry it, and when it falls away.

    ``ends_at`` is none while one of the grounds runs until performed. ``executor`` has the ids of
    the bodies that get directives; ``spares`` is what it spares beside what no measure may touch.
    """

    measure: Named
    measure_class: MeasureClass
    executor: Named
    bases: tuple[Basis, ...]
    grounds: tuple[Ground, ...]
    remedies: tuple[Named, ...]
    ends_at: datetime | None
    human_review: bool
    record_only: bool
    spares: Named


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Why a subject stands as it does on a civil day, under the edition of that day."""

    subject_id: SubjectId
    subject_kind: SubjectKind
    day: date
    edition: str
    entries: tuple[EntryAccount, ...]
    measures: tuple[MeasureAccount, ...]
