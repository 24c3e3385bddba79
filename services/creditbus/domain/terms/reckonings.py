"""Reckonings: from a day and a length in law to the last day, with every step of the arithmetic.

A `Clause` is data: a length, whether its end moves off a holiday, and the article it comes from.
``reckon(clause, start, calendar)`` counts it. The starting day is never counted (Civil Code,
article 201); a month or a year ends on the corresponding day (202); an end on a day off moves to
the next working day only where the rule says so (203), because what burdens a subject must not
last longer for a holiday. Natural days, months and years that do not move never look at the
calendar: they are never provisional, and a replay of them needs no calendar.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from creditbus.domain.calendar import (
    DAY,
    LAST_DAY,
    Calendar,
    days_after,
    end_of_day,
    months_after,
)
from creditbus.domain.law.catalogue import Row


class Unit(StrEnum):
    """What a length is counted in; a day is a natural day unless the law says working day."""

    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH = "month"
    YEAR = "year"


class Bound(StrEnum):
    """What the end is: the last day on which something may be, or the last of a waiting time."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Length(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number of days, working days, months or years."""

    count: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    unit: Unit


class Clause(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that fixes a length, with the document and article it comes from.

    ``moves`` says that an end on a day off moves to the next working day. A clause that is not
    enabled is shown, and binds nobody.
    """

    length: Length
    bound: Bound = Bound.AT_MOST
    moves: bool = False
    document: str
    article: str
    in_force_from: date
    in_force_to: date | None = None

    def is_in_force(self, day: date) -> bool:
        """Return whether the clause binds what begins on a day; its last day counts."""
        is_over = self.in_force_to is not None and day > self.in_force_to
        return self.enabled and self.in_force_from <= day and not is_over


class StepKind(StrEnum):
    """What one step of the arithmetic did."""

    NOT_COUNTED = "not_counted"
    DAY_OFF = "day_off"
    REST = "rest"
    MAKE_UP = "make_up"
    COUNTED = "counted"
    MONTH_END = "month_end"
    MOVED = "moved"
    CAPPED = "capped"
    ASSUMED = "assumed"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: the days that it is about, how many, and the holiday or clause by its names.

    ``unit`` is what a length was counted in; the other steps count days.

    ``DAY_OFF``, ``REST`` and ``MAKE_UP`` tell what lay on the way; ``MONTH_END`` that the month
    has no corresponding day; ``ASSUMED`` which days no notice has settled yet.
    """

    kind: StepKind
    first: date
    last: date
    count: int = 0
    unit: Unit = Unit.DAY
    name_zh: str = ""
    name_en: str = ""


class Reckoning(msgspec.Struct, frozen=True, kw_only=True):
    """A counted length; ``end`` is its last day.

    ``provisional``: it was counted over days that no notice has settled. `reckon` its clause from
    its start again when the year is loaded.
    """

    clause: Clause
    start: date
    steps: tuple[Step, ...]
    end: date
    provisional: bool

    @property
    def ends_at(self) -> datetime:
        """Return the instant (UTC) at which it is over: 00:00 in Shanghai after its last day."""
        return end_of_day(self.end)


def reckon(clause: Clause, start: date, calendar: Calendar) -> Reckoning:
    """Return what a clause gives from a starting day, with its arithmetic.

    Any day may be counted from: what would end after the last day that a date can name ends there.
    """
    start = min(start, LAST_DAY)
    steps = [Step(kind=StepKind.NOT_COUNTED, first=start, last=start)]
    looked_at: list[date] = []
    if clause.length.unit is Unit.WORKING_DAY:
        looked_at = _working_path(start, clause.length.count, calendar)
        steps += _passed(looked_at, calendar)
        end = looked_at[-1] if looked_at else start
    else:
        end = _natural_end(start, clause.length)
    steps.append(_counted(clause.length, start, end))
    if clause.moves:
        moved_to = calendar.next_working(end)
        days = (moved_to - end).days
        looked_at += [end + DAY * number for number in range(days + 1)]
        if days:
            steps.append(Step(kind=StepKind.MOVED, first=end, last=moved_to, count=days))
        end = moved_to
    unsettled = sorted({day for day in looked_at if not calendar.is_settled(day)})
    if unsettled:
        first, last = unsettled[0], unsettled[-1]
        steps.append(Step(kind=StepKind.ASSUMED, first=first, last=last, count=len(unsettled)))
    return Reckoning(
        clause=clause, start=start, steps=tuple(steps), end=end, provisional=bool(unsettled)
    )


def capped(reckoning: Reckoning, cap: Reckoning) -> Reckoning:
    """Return the reckoning, ended with the cap where the cap ends first."""
    if reckoning.end <= cap.end:
        return reckoning
    step = Step(
        kind=StepKind.CAPPED,
        first=cap.start,
        last=cap.end,
        name_zh=cap.clause.name_zh,
        name_en=cap.clause.name_en,
    )
    return msgspec.structs.replace(
        reckoning, end=cap.end, steps=(*reckoning.steps, step), provisional=cap.provisional
    )


def _natural_end(start: date, length: Length) -> date:
    match length.unit:
        case Unit.YEAR:
            return months_after(start, 12 * length.count)
        case Unit.MONTH:
            return months_after(start, length.count)
        case _:
            return days_after(start, length.count)


def _counted(length: Length, start: date, end: date) -> Step:
    is_monthly = length.unit in {Unit.MONTH, Unit.YEAR}
    kind = StepKind.MONTH_END if is_monthly and end.day < start.day else StepKind.COUNTED
    first = min(start + DAY, end)
    return Step(kind=kind, first=first, last=end, count=length.count, unit=length.unit)


def _working_path(start: date, count: int, calendar: Calendar) -> list[date]:
    """Return every day after the start up to the working day that completes the count."""
    path: list[date] = []
    day = start
    while count and day < LAST_DAY:
        day += DAY
        path.append(day)
        count -= calendar.is_working(day)
    return path


def _passed(path: list[date], calendar: Calendar) -> list[Step]:
    """Return what lay on the way: each holiday, each make-up day, each weekend."""
    steps: list[Step] = []
    for day in path:
        step = _passing(day, calendar)
        if step is None:
            continue
        before = steps[-1] if steps else None
        if before is not None and _goes_on(before, step):
            steps[-1] = msgspec.structs.replace(before, last=day, count=before.count + 1)
        else:
            steps.append(step)
    return steps


def _passing(day: date, calendar: Calendar) -> Step | None:
    holiday, is_working = calendar.holiday(day), calendar.is_working(day)
    if holiday is None:
        if is_working:
            return None
        return Step(kind=StepKind.REST, first=day, last=day, count=1)
    return Step(
        kind=StepKind.MAKE_UP if is_working else StepKind.DAY_OFF,
        first=day,
        last=day,
        count=1,
        name_zh=holiday.name_zh,
        name_en=holiday.name_en,
    )


def _goes_on(before: Step, step: Step) -> bool:
    is_alike = (before.kind, before.name_zh) == (step.kind, step.name_zh)
    return is_alike and before.last + DAY == step.first
