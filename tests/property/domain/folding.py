"""A subject's log folded into its standing as a listing worker does it, by the date index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from creditbus.domain.acts.events import EntryAct, OwnAct, SubjectAct
from creditbus.domain.entries.dossiers import Dossier, about_entry, about_subject
from creditbus.domain.entries.endings import Rules
from creditbus.domain.entries.standings import Standing, advance, entries_on, turns, with_entries
from creditbus.domain.ids import EntryId, EventId
from creditbus.domain.subjects import SubjectKind
from tests.examples import FIRM, a_catalogue, some_clocks

Said = OwnAct | EntryAct | SubjectAct
Step = Said | date


class Ledger:
    """The standing after the steps so far, and every standing that went out on the way."""

    def __init__(self) -> None:
        self.standing: Standing | None = None
        self.dossier = Dossier()
        self.published: list[Standing] = []
        self.today: date | None = None
        self._due: set[date] = set()
        self._rules = Rules(a_catalogue().lists, some_clocks(), a_catalogue().edition)

    def take(self, step: Step) -> None:
        """Move what an event or the turn of a day moves."""
        if isinstance(step, date):
            self._turn(step)
            return
        if isinstance(step, SubjectAct):
            self.dossier = about_subject(self.dossier, step)
            self._settle(EventId(step.envelope.event_id))
        else:
            _, registers = about_entry(self.dossier, step, lambda _entry_id: None)
            self.dossier = self.dossier.with_entry(registers)
            self._settle(EventId(step.envelope.event_id), registers.entry_id)

    def _turn(self, day: date) -> None:
        if self.today is not None and day <= self.today:
            return
        first = self.today is None
        self.today = day
        due = {each for each in self._due if each <= day}
        self._due -= due
        if due or first:
            self._settle(EventId(day.isoformat()))

    def _settle(self, caused_by: EventId, moved_id: EntryId | None = None) -> None:
        standing = self.standing or Standing(
            subject_id=FIRM,
            subject_kind=SubjectKind.LEGAL_PERSON,
            edition=self._rules.edition,
        )
        found = entries_on(standing, self.dossier, self._rules, self.today, moved_id)
        self._due |= turns(found, self.standing, moved_id)
        moved = advance(self.standing, with_entries(standing, found), caused_by)
        if moved is not None:
            self.standing = moved
            self.published.append(moved)


def fold(steps: Iterable[Step]) -> Ledger:
    """Return the ledger after all steps."""
    ledger = Ledger()
    for step in steps:
        ledger.take(step)
    return ledger


def content(standing: Standing | None) -> Standing | None:
    """Return what the standing says, without how many steps led to it and which was the last."""
    if standing is None:
        return None
    return msgspec.structs.replace(standing, revision=0, caused_by=EventId(""))
