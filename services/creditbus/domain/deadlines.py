"""Deadlines: the authority's clocks, and which of them have run out on a day.

A clock that runs out harms the subject nowhere: it is shown with the entry, and the mark that
protects the subject stays until the authority has done what it owes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, overload

import msgspec

from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.calendar import DAY
from creditbus.domain.catalogue import ListDefinition, Publication
from creditbus.domain.entries import Deadline
from creditbus.domain.registers import (
    Filed,
    Objection,
    ObjectionRuled,
    Registers,
    Repair,
    RepairRuled,
)
from creditbus.domain.spans import LAST_DAY, days_later

Works = Callable[[date], bool]
"""Tells whether authorities work on a day."""


class Allowed(msgspec.Struct, frozen=True):
    """How many days an authority has, counted from the day after, and the law that says so."""

    days: int
    working: bool
    article: str


ALLOWED: Final = {
    Deadline.OBJECTION_DECISION: Allowed(7, True, "山东省社会信用条例 第三十九条"),
    Deadline.CORRECTION: Allowed(3, True, "山东省社会信用条例 第四十条"),
    Deadline.REPAIR_ACCEPTANCE: Allowed(3, True, "国办发〔2025〕22号"),
    Deadline.REPAIR_DECISION: Allowed(10, True, "国办发〔2025〕22号"),
    Deadline.REPAIR_PROPAGATION: Allowed(3, True, "信用修复管理办法 第三条"),
}
COURT_OBJECTION: Final = Allowed(15, False, "法释〔2017〕7号 第十二条")
"""A court reviews a request for correction within fifteen days, which are calendar days."""

_RESULTS: Final = tuple(ObjectionResult)[::-1]
_STEPS: Final = tuple(RepairStep)


def is_weekday(day: date) -> bool:
    """Tell whether a day is none of a weekend: what stands for a working day without a calendar."""
    return day.weekday() < 5


def due_on(
    start: date, deadline: Deadline, definition: ListDefinition | None, works: Works
) -> date:
    """Return the last day of a clock; its starting day is not counted (民法典 第二百零一条)."""
    allowed = ALLOWED[deadline]
    is_court = definition is not None and definition.publication is Publication.COURT
    if deadline is Deadline.OBJECTION_DECISION and is_court:
        allowed = COURT_OBJECTION
    if not allowed.working:
        return days_later(start, allowed.days)
    day, left = start, allowed.days
    while left and day < LAST_DAY:
        day += DAY
        left -= works(day)
    return day


@overload
def ruling_of(registers: Registers, case: Objection) -> ObjectionRuled | None: ...
@overload
def ruling_of(registers: Registers, case: Repair) -> RepairRuled | None: ...
def ruling_of(
    registers: Registers, case: Objection | Repair
) -> ObjectionRuled | RepairRuled | None:
    """Return the decision of an objection or an application that holds: the last, none yet if none.

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
    """Tell whether an objection or an application waits: filed, not taken back, not done with.

    An objection that ends in a correction waits until the keeper has stated the entry anew.
    """
    if _filing(registers, case) is None:
        return False
    if isinstance(case, Repair):
        return ruling_of(registers, case) is None
    ruling = ruling_of(registers, case)
    return ruling is None or _awaits_correction(registers, ruling)


def overdue(
    registers: Registers, definition: ListDefinition | None, day: date | None, works: Works
) -> tuple[Deadline, ...]:
    """Return the clocks that have run out by a day, each once, in the order of their kinds."""
    if day is None or not (registers.objections or registers.repairs):
        return ()
    late = {
        deadline
        for deadline, start in _running(registers)
        if due_on(start, deadline, definition, works) < day
    }
    return tuple(deadline for deadline in Deadline if deadline in late)


def due_days(
    registers: Registers, definition: ListDefinition | None, works: Works
) -> Iterator[date]:
    """Yield the days on which a clock that still runs will have run out."""
    for deadline, start in _running(registers):
        yield days_later(due_on(start, deadline, definition, works), 1)


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
