"""Deadlines: the authority's clocks, and which of them have run out on a day.

A clock that runs out harms the subject nowhere: it is shown with the entry, and the mark that
protects the subject stays until the authority has done what it owes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, overload

import msgspec

from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.calendar import Calendar, days_after
from creditbus.domain.entries.entry import Deadline
from creditbus.domain.entries.registers import (
    Filed,
    Objection,
    ObjectionRuled,
    Registers,
    Repair,
    RepairRuled,
)
from creditbus.domain.ids import EntryId, EventId, ListId, SourceId, SubjectId
from creditbus.domain.law.catalogue import ListDefinition, Publication
from creditbus.domain.terms.clauses import TermClause
from creditbus.domain.terms.reckonings import Bound
from creditbus.domain.terms.timers import Actor, Begin, Timer, deadline


class DeadlineMissed(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that has run out against ``party``: who owed what about an entry, since when.

    ``began_on`` set it going by the row ``timer_id``, ``last_on`` would have been in time, and it
    was noticed at the event ``caused_by`` on ``noticed_on``.
    """

    entry_id: EntryId
    list_id: ListId
    subject_id: SubjectId
    party: str
    deadline: Deadline
    timer_id: str
    began_on: date
    last_on: date
    noticed_on: date
    caused_by: EventId
    synthetic: bool = False


class Owed(msgspec.Struct, frozen=True):
    """A clock that runs: what is owed, by which timer, from which day to which."""

    deadline: Deadline
    timer: Timer
    began_on: date
    last_on: date


class Clocks(msgspec.Struct, frozen=True):
    """The timers of the law by id, and the calendar that they are counted by; without, none run.

    ``terms`` are the clauses of disclosure by id.
    """

    timers: Mapping[str, Timer] = {}
    calendar: Calendar = Calendar()
    terms: Mapping[str, TermClause] = {}


NO_CLOCKS: Final = Clocks()

_TIMER_OF: Final = {
    Deadline.OBJECTION_DECISION: "OBJECTION-OTHERS",
    Deadline.CORRECTION: "REPORT-REVOKED",
    Deadline.REPAIR_ACCEPTANCE: "REPAIR-AUTHORITY",
    Deadline.REPAIR_DECISION: "REPAIR-RESULT",
    Deadline.REPAIR_PROPAGATION: "STOP-AFTER-REMOVAL",
}
"""Whether others must help with an objection the bus cannot know, so nobody is late before that.

For telling the three places no text in force gives days outside the courts: then nobody is late.
"""

_COURT_TIMER_OF: Final = {
    Deadline.OBJECTION_DECISION: "COURT-REVIEW",
    Deadline.CORRECTION: "COURT-CORRECT",
    Deadline.REPAIR_PROPAGATION: "COURT-DELETE",
}

BEGINS: Final = {
    "OBJECTION-OTHERS": Begin.RECEIPT,
    "REPORT-REVOKED": Begin.CHANGE,
    "REPAIR-AUTHORITY": Begin.RECEIPT,
    "REPAIR-RESULT": Begin.RECEIPT,
    "STOP-AFTER-REMOVAL": Begin.REMOVAL,
    "COURT-REVIEW": Begin.RECEIPT,
    "COURT-CORRECT": Begin.FINDING,
    "COURT-DELETE": Begin.GROUND,
}
"""From what the bus counts each of these timers: a row that says otherwise is not loaded."""

_RESULTS: Final = tuple(ObjectionResult)[::-1]
_STEPS: Final = tuple(RepairStep)


def _timer_of(kind: Deadline, definition: ListDefinition | None, clocks: Clocks) -> Timer | None:
    if kind is Deadline.DELETION:
        named = definition.performance_timer if definition is not None else ""
        return clocks.timers.get(named)
    is_court = definition is not None and definition.publication is Publication.COURT
    timer_id = (_COURT_TIMER_OF if is_court else _TIMER_OF).get(kind, _TIMER_OF[kind])
    return clocks.timers.get(timer_id)


def _owed(
    kind: Deadline, start: date, definition: ListDefinition | None, clocks: Clocks
) -> Owed | None:
    """Return a clock that began on a day; None where it binds nobody, or the subject alone.

    A waiting time makes nobody late either.
    """
    timer = _timer_of(kind, definition, clocks)
    if timer is None or not timer.is_in_force(start):
        return None
    if timer.actor is Actor.SUBJECT or timer.bound is Bound.AT_LEAST:
        return None
    return Owed(kind, timer, start, deadline(timer, start, clocks.calendar).end)


def performed_on(registers: Registers) -> date | None:
    """Return the first day on which the subject has performed since it was listed, or None."""
    listing = registers.listing
    if listing is None:
        return None
    return min(
        (
            each.decided_on
            for each in registers.performances
            if registers.counts(each) and each.decided_on >= listing.decided_on
        ),
        default=None,
    )


def delete_by(
    registers: Registers, definition: ListDefinition | None, clocks: Clocks
) -> date | None:
    """Return the last day for the keeper to take the entry off, since the subject has performed.

    By the timer that the list names (``performance_timer``): three working days for a court
    (法释〔2017〕7号 第十条). None where nobody has performed, or no timer binds the keeper.
    """
    started_on = performed_on(registers)
    if started_on is None:
        return None
    owed = _owed(Deadline.DELETION, started_on, definition, clocks)
    return owed.last_on if owed is not None else None


@overload
def ruling_of(registers: Registers, case: Objection) -> ObjectionRuled | None: ...
@overload
def ruling_of(registers: Registers, case: Repair) -> RepairRuled | None: ...
def ruling_of(
    registers: Registers, case: Objection | Repair
) -> ObjectionRuled | RepairRuled | None:
    """Return the decision of an objection or an application that holds: the last, None yet if none.

    Of two of one day the further one holds: a removal before a dismissal, a cancellation last.
    """
    if isinstance(case, Objection):
        return max(
            (each for each in case.rulings if registers.counts(each)),
            key=lambda each: (each.decided_on, _RESULTS.index(each.result), each.record_id),
            default=None,
        )
    return max(
        (
            each
            for each in case.rulings
            if each.step is not RepairStep.ACCEPTED and registers.counts(each)
        ),
        key=lambda each: (each.decided_on, _STEPS.index(each.step), each.record_id),
        default=None,
    )


def is_open(registers: Registers, case: Objection | Repair) -> bool:
    """Return whether an objection or an application waits: filed, not taken back, not done with.

    An objection that ends in a correction waits until the keeper has stated the entry anew.
    """
    if _filing(registers, case) is None:
        return False
    if isinstance(case, Repair):
        return ruling_of(registers, case) is None
    ruling = ruling_of(registers, case)
    return ruling is None or _awaits_correction(registers, ruling)


def overdue(
    registers: Registers, definition: ListDefinition | None, day: date | None, clocks: Clocks
) -> tuple[Deadline, ...]:
    """Return the clocks that have run out by a day, each once, in the order of their kinds."""
    if day is None or not (registers.objections or registers.repairs):
        return ()
    late = {each.deadline for each in _clocks(registers, definition, clocks) if each.last_on < day}
    return tuple(kind for kind in Deadline if kind in late)


def first_of(
    kind: Deadline, registers: Registers, definition: ListDefinition | None, clocks: Clocks
) -> Owed:
    """Return the clock of a kind that runs out, or has run out, first.

    Raises ``ValueError`` where none of the kind runs.
    """
    started_on = performed_on(registers) if kind is Deadline.DELETION else None
    running = (
        filter(None, [_owed(kind, started_on, definition, clocks)])
        if started_on is not None
        else _clocks(registers, definition, clocks)
    )
    of_kind = (each for each in running if each.deadline is kind)
    return min(of_kind, key=lambda each: each.last_on)


def party_of(owed: Owed, source: SourceId) -> str:
    """Return who owes an act about an entry: its source, or the platform where the law says so."""
    return source if owed.timer.actor in {Actor.AUTHORITY, Actor.COURT} else str(owed.timer.actor)


def due_days(
    registers: Registers, definition: ListDefinition | None, clocks: Clocks
) -> Iterator[date]:
    """Yield the days on which a clock that still runs will have run out."""
    for each in _clocks(registers, definition, clocks):
        yield days_after(each.last_on, 1)


def _clocks(
    registers: Registers, definition: ListDefinition | None, clocks: Clocks
) -> Iterator[Owed]:
    for kind, start in _running(registers):
        owed = _owed(kind, start, definition, clocks)
        if owed is not None:
            yield owed


def _running(registers: Registers) -> Iterator[tuple[Deadline, date]]:
    """Yield each clock that nobody has stopped, with the day from which it counts."""
    for objection in registers.objections:
        filed = _filing(registers, objection)
        ruling = ruling_of(registers, objection)
        if ruling is None and filed is not None:
            yield Deadline.OBJECTION_DECISION, filed.filed_on
        elif ruling is not None and _awaits_correction(registers, ruling):
            yield Deadline.CORRECTION, ruling.decided_on
    for repair in registers.repairs:
        yield from _running_repair(registers, repair)


def _running_repair(registers: Registers, repair: Repair) -> Iterator[tuple[Deadline, date]]:
    filed = _filing(registers, repair)
    ruling = ruling_of(registers, repair)
    if ruling is None and filed is not None:
        if not any(registers.counts(each) for each in repair.rulings):
            yield Deadline.REPAIR_ACCEPTANCE, filed.filed_on
        yield Deadline.REPAIR_DECISION, filed.filed_on
    if ruling is not None and ruling.step is RepairStep.GRANTED:
        told = {each.place for each in repair.places if registers.counts(each)}
        if told != set(RepairPlace):
            yield Deadline.REPAIR_PROPAGATION, ruling.decided_on


def _filing(registers: Registers, case: Objection | Repair) -> Filed | None:
    filed = case.filed
    if filed is None or filed.withdrawn or not registers.counts(filed):
        return None
    return filed


def _awaits_correction(registers: Registers, ruling: ObjectionRuled) -> bool:
    listing = registers.listing
    return (
        ruling.result is ObjectionResult.CORRECTED
        and listing is not None
        and listing.decided_on < ruling.decided_on
    )
