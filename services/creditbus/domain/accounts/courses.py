"""Courses: how long an entry runs, with the arithmetic, and the marks that it carries on a day."""

from __future__ import annotations

from collections.abc import Iterator

from creditbus.domain.accounts.account import Course, Mark, MarkKind
from creditbus.domain.acts.revocations import ReorganisationStep
from creditbus.domain.acts.suspensions import Stay
from creditbus.domain.calendar import day_of
from creditbus.domain.entries.deadlines import is_open, performed_on
from creditbus.domain.entries.endings import Case, ruled_on
from creditbus.domain.entries.entry import Deadline, Entry, SuspensionCause
from creditbus.domain.entries.limits import extended_on
from creditbus.domain.terms.clauses import list_term
from creditbus.domain.terms.spans import last_of_window


def course_of(case: Case, entry: Entry) -> Course | None:
    """Return how long a listed entry runs, and by which counting; None for a mere notice."""
    registers, listing = case.registers, case.registers.listing
    if listing is None:
        return None
    extension = registers.extension
    term = list_term(case.definition, listing, case.clocks.terms.values())
    return Course(
        starts_on=registers.starts_on,
        stated_on=listing.ends_on,
        extended_on=extended_on(listing, extension, case.definition) if extension else None,
        longest=term.longest,
        cap=term.cap,
        last_on=case.last_on,
        ends_at=entry.ends_at,
        asks_from=term.asks_from,
    )


def marks_of(case: Case, entry: Entry, serious: str) -> tuple[Mark, ...]:
    """Return what travels with an entry on the day, and why it is not in effect.

    ``serious`` names the active serious entries of the subject, which suspend a red one.
    """
    suspensions = _suspensions(case, entry, serious)
    return (*_cases(case), *suspensions, *_windows(case, entry), *_clocks(case, entry))


def _cases(case: Case) -> Iterator[Mark]:
    registers = case.registers
    for kind, found in (
        (MarkKind.DISPUTED, registers.objections),
        (MarkKind.REPAIR_PENDING, registers.repairs),
    ):
        for each in found:
            if is_open(registers, each) and each.filed is not None:
                about = f"{each.source} {each.record_id}"
                yield Mark(kind=kind, about=about, from_on=each.filed.filed_on)


def _suspensions(case: Case, entry: Entry, serious: str) -> Iterator[Mark]:
    registers = case.registers
    match entry.suspended_by:
        case SuspensionCause.STAY:
            for each in registers.stays:
                if each.stay is Stay.STAYED and registers.counts(each):
                    yield Mark(
                        kind=MarkKind.STAY,
                        about=f"{each.source} {each.record_id}",
                        from_on=each.from_on or each.decided_on,
                        until_on=each.until_on,
                    )
        case SuspensionCause.REORGANISATION:
            since = ruled_on(case, ReorganisationStep.APPROVED)
            about = (
                f"{each.source} {each.record_id}"
                for each in case.dossier.reorganised
                if each.step is ReorganisationStep.APPROVED and each.decided_on == since
            )
            yield Mark(kind=MarkKind.REORGANISATION, about=next(about), from_on=since)
        case SuspensionCause.SERIOUS_ENTRY:
            yield Mark(kind=MarkKind.SERIOUS_ENTRY, about=serious)


def _windows(case: Case, entry: Entry) -> Iterator[Mark]:
    shown = {(day_of(each.starts_at), each.provisions) for each in entry.windows}
    for each in case.registers.lifts:
        if not each.withdrawn and (each.from_on, each.provisions) in shown:
            yield Mark(
                kind=MarkKind.WINDOW,
                about=f"{each.source} {each.record_id}",
                from_on=each.from_on,
                until_on=last_of_window(each.from_on, each.last_on),
                items=each.provisions or entry.provisions,
            )


def _clocks(case: Case, entry: Entry) -> Iterator[Mark]:
    for each in entry.overdue:
        if each is not Deadline.DELETION:
            yield Mark(kind=MarkKind.OVERDUE, items=(str(each),))
    last_on = entry.delete_by
    if last_on is None:
        return
    yield Mark(kind=MarkKind.PERFORMED, from_on=performed_on(case.registers), until_on=last_on)
    if Deadline.DELETION in entry.overdue:
        yield Mark(kind=MarkKind.OVERDUE, items=(str(Deadline.DELETION),))
