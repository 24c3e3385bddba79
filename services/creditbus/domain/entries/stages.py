"""Stages: where an entry is on a day, and what everybody sees of it.

``STAGES`` is read from above: the first row that holds is the stage. The marks beside it are read
off the registers: disputed, repair pending, windows that lift something, clocks that ran out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Stay
from creditbus.domain.calendar import DAY, LAST_DAY, days_after, end_of_day
from creditbus.domain.entries.deadlines import delete_by, due_days, is_open, overdue
from creditbus.domain.entries.endings import Case, end_of, ruled_on
from creditbus.domain.entries.entry import (
    Deadline,
    Entry,
    Stage,
    SuspensionCause,
    Window,
    is_in_grace,
    lifted_on,
)
from creditbus.domain.entries.registers import Lifted, Listed, Objection, Registers, Repair
from creditbus.domain.law.catalogue import ListDefinition
from creditbus.domain.terms.spans import last_of_window

CLOSING_DAYS: Final = 30
RETENTION_DAYS: Final = 365
"""For a list that the catalogue does not know."""

_SECOND_DAY: Final = date.min + DAY


class StageRow(msgspec.Struct, frozen=True):
    """Where an entry is when the answer is yes."""

    stage: Stage
    holds: Callable[[Case, date | None], bool]


def entry_on(case: Case) -> Entry | None:
    """Return the entry on the day, None while nobody has listed it or told of it."""
    registers = case.registers
    if not registers.is_known:
        return None
    cause, ended_on = end_of(case)
    stage = next(row.stage for row in STAGES if row.holds(case, ended_on))
    if ended_on is not None:
        return _ended(case, stage, cause, ended_on)
    if registers.listing is None:
        return _noticed(case)
    return _in_effect(case, stage)


def turning_days(case: Case, entry: Entry) -> set[date]:
    """Return the civil days after the case's own on which time alone moves the entry."""
    registers, day = case.registers, case.day
    days: set[date] = set()
    if registers.objections or registers.repairs:
        days.update(due_days(registers, case.definition, case.clocks))
    if entry.is_removed:
        assert entry.removed_on is not None
        days.add(days_after(entry.removed_on, closing_days(case.definition)))
        days.add(days_after(entry.removed_on, retention_days(case.definition)))
    elif registers.listing is None:
        assert registers.notice is not None
        days.update({registers.notice.lapses_on} - {None})  # type: ignore[arg-type]
    else:
        days.add(registers.starts_on)
        last_days = (case.last_on, _delete_by(case))
        days.update(days_after(each, 1) for each in last_days if each is not None)
        for stay in registers.stays:
            days.update(each for each in (stay.from_on,) if each is not None)
            days.update(days_after(each, 1) for each in (stay.until_on,) if each is not None)
        for lift in registers.lifts:
            days |= {lift.from_on, days_after(last_of_window(lift.from_on, lift.last_on), 1)}
    return {each for each in days if day is None or each > day}


def closing_days(definition: ListDefinition | None) -> int:
    """Return how many days after its end an entry is closed."""
    return definition.closing_days if definition is not None else CLOSING_DAYS


def retention_days(definition: ListDefinition | None) -> int:
    """Return how many days after its end an entry is forgotten but for its tombstone."""
    return definition.retention_days if definition is not None else RETENTION_DAYS


def _ended(case: Case, stage: Stage, cause: RemovalCause, ended_on: date) -> Entry:
    registers = case.registers
    own = registers.listing or registers.removal or registers.notice
    assert own is not None
    return Entry(
        entry_id=registers.entry_id,
        list_id=registers.list_id,
        source=registers.source,
        record_id=registers.record_id,
        record_revision=registers.revision,
        event_id=own.event_id,
        stage=stage,
        decided_on=own.decided_on,
        starts_on=registers.starts_on if isinstance(own, Listed) else own.decided_on,
        document_number=own.document_number,
        removal_cause=cause,
        removed_on=ended_on,
        overdue=overdue(registers, case.definition, case.day, case.clocks),
    )


def _noticed(case: Case) -> Entry:
    registers, notice = case.registers, case.registers.notice
    assert notice is not None
    return Entry(
        entry_id=registers.entry_id,
        list_id=notice.list_id,
        source=registers.source,
        record_id=registers.record_id,
        record_revision=registers.revision,
        event_id=notice.event_id,
        stage=Stage.NOTICED,
        decided_on=notice.decided_on,
        starts_on=notice.decided_on,
        document_number=notice.document_number,
        provisions=notice.provisions,
        disputed=_is_any_open(registers, registers.objections),
    )


def _in_effect(case: Case, stage: Stage) -> Entry:
    registers, listing = case.registers, case.registers.listing
    assert listing is not None
    last_on = case.last_on
    provisions = (registers.variation or listing).provisions
    own = registers.variation or registers.extension or listing
    windows = tuple(map(_window, _open_lifts(case))) if registers.lifts else ()
    return Entry(
        entry_id=registers.entry_id,
        list_id=listing.list_id,
        source=registers.source,
        record_id=registers.record_id,
        record_revision=registers.revision,
        event_id=own.event_id,
        stage=stage,
        decided_on=listing.decided_on,
        starts_on=registers.starts_on,
        document_number=listing.document_number,
        subject_name=listing.subject_name,
        bases=listing.bases,
        provisions=provisions,
        ends_at=end_of_day(min(last_on, LAST_DAY)) if last_on is not None else None,
        disputed=_is_any_open(registers, registers.objections),
        repair_pending=_is_any_open(registers, registers.repairs),
        tier=listing.tier,
        suspended_by=_suspended_by(case) if stage is Stage.SUSPENDED else None,
        windows=windows,
        lifted=lifted_on(windows, provisions, case.day),
        overdue=_overdue(case),
        delete_by=_delete_by(case),
    )


def _overdue(case: Case) -> tuple[Deadline, ...]:
    """Return the clocks that have run out, that of taking the entry off among them."""
    late, last_on = (
        overdue(case.registers, case.definition, case.day, case.clocks),
        _delete_by(case),
    )
    is_late = last_on is not None and case.day is not None and last_on < case.day
    return (*late, Deadline.DELETION) if is_late else late


def _delete_by(case: Case) -> date | None:
    if not case.registers.performances:
        return None
    return delete_by(case.registers, case.definition, case.clocks)


def _is_any_open(registers: Registers, cases: Sequence[Objection | Repair]) -> bool:
    return bool(cases) and any(is_open(registers, each) for each in cases)


def _suspended_by(case: Case) -> SuspensionCause | None:
    registers, day = case.registers, case.day
    for each in registers.stays:
        is_stayed = each.stay is Stay.STAYED and registers.counts(each)
        if is_stayed and _is_between(day, each.from_on, each.until_on):
            return SuspensionCause.STAY
    approved_on = ruled_on(case, ReorganisationStep.APPROVED)
    return SuspensionCause.REORGANISATION if approved_on is not None else None


def _is_between(day: date | None, first: date | None, last: date | None) -> bool:
    if day is None:
        return True
    return (first is None or first <= day) and (last is None or day <= last)


def _open_lifts(case: Case) -> list[Lifted]:
    """Return the windows that are open or to come."""
    return [
        each
        for each in case.registers.lifts
        if not each.withdrawn
        and each.from_on <= each.last_on
        and case.registers.counts(each)
        and (case.day is None or case.day <= last_of_window(each.from_on, each.last_on))
    ]


def _window(lift: Lifted) -> Window:
    return Window(
        starts_at=end_of_day(max(lift.from_on, _SECOND_DAY) - DAY),
        ends_at=end_of_day(last_of_window(lift.from_on, lift.last_on)),
        provisions=lift.provisions,
    )


def _is_past(case: Case, ended_on: date | None, days: int) -> bool:
    day = case.day
    return ended_on is not None and day is not None and days_after(ended_on, days) <= day


def _is_erased(case: Case, ended_on: date | None) -> bool:
    return _is_past(case, ended_on, retention_days(case.definition))


def _is_closed(case: Case, ended_on: date | None) -> bool:
    return _is_past(case, ended_on, closing_days(case.definition))


def _is_suspended(case: Case, _ended_on: date | None) -> bool:
    return _suspended_by(case) is not None


def _is_in_grace(case: Case, _ended_on: date | None) -> bool:
    listing = case.registers.listing
    assert listing is not None
    return is_in_grace(case.registers.starts_on, case.day or listing.decided_on)


STAGES: Final = (
    StageRow(Stage.ERASED, _is_erased),
    StageRow(Stage.CLOSED, _is_closed),
    StageRow(Stage.REMOVED, lambda _case, ended_on: ended_on is not None),
    StageRow(Stage.NOTICED, lambda case, _ended_on: case.registers.listing is None),
    StageRow(Stage.SUSPENDED, _is_suspended),
    StageRow(Stage.GRACE, _is_in_grace),
    StageRow(Stage.ACTIVE, lambda _case, _ended_on: True),
)
"""Where an entry is on a day: the first row that holds."""
