"""A subject's log folded into its standing as a listing worker does it, by the date index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from creditbus.domain.entries import transition
from creditbus.domain.events import EntryListed, EntryRemoved
from creditbus.domain.ids import EventId
from creditbus.domain.standings import Standing, advance, settle, turns
from creditbus.domain.subjects import SubjectKind
from tests.examples import FIRM, a_catalogue

Step = EntryListed | EntryRemoved | date


class Ledger:
    """The standing after the steps so far, and every standing that went out on the way."""

    def __init__(self) -> None:
        self.standing: Standing | None = None
        self.published: list[Standing] = []
        self.today: date | None = None
        self._due: set[date] = set()

    def take(self, step: Step) -> None:
        """Move what an event or the turn of a day moves."""
        if isinstance(step, date):
            self._turn(step)
            return
        empty = Standing(subject_id=FIRM, subject_kind=SubjectKind.LEGAL_PERSON)
        standing = self.standing or empty
        entry_id = transition(None, step).entry_id
        moved = standing.with_entry(transition(standing.entry(entry_id), step))
        self._settle(moved, step.envelope.event_id)

    def _turn(self, day: date) -> None:
        if self.today is not None and day <= self.today:
            return
        self.today = day
        due = {each for each in self._due if each <= day}
        self._due -= due
        if due and self.standing is not None:
            self._settle(self.standing, EventId(day.isoformat()))

    def _settle(self, standing: Standing, caused_by: EventId) -> None:
        settled = settle(standing, a_catalogue().lists, self.today)
        moved = advance(self.standing, settled, caused_by)
        if moved is not None:
            self.standing = moved
            self.published.append(moved)
            self._due |= turns(moved, self.today)


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
