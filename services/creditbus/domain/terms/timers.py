"""Timers: the clocks of the law that run against whoever owes an act, and who misses them.

A timer is a row of ``timers.toml``. ``deadline(timer, start, calendar)`` says until when, with its
arithmetic; ``breaches(running, timers, calendar, day)`` says who is late on a day. Both are pure,
so a deadline is never stored: it is reckoned from the day that started it whenever someone asks,
and is right again as soon as a missing year is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

import msgspec

from creditbus.domain.calendar import Calendar
from creditbus.domain.terms.reckonings import Bound, Clause, Reckoning, reckon


class Begin(StrEnum):
    """What sets a timer going.

    A decision; the receipt of a request; a notice served; the change of a decision; the finding
    that a request is right; a ground that arose; a removal; a record that was made.
    """

    DECISION = "decision"
    RECEIPT = "receipt"
    NOTICE = "notice"
    CHANGE = "change"
    FINDING = "finding"
    GROUND = "ground"
    REMOVAL = "removal"
    RECORD = "record"


class Actor(StrEnum):
    """Who owes the act: the authority that decided or reports, a court, the platform, the subject.

    The subject's own timers bind nobody else: to miss one is no breach.
    """

    AUTHORITY = "authority"
    COURT = "court"
    PLATFORM = "platform"
    SUBJECT = "subject"


class Timer(Clause, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clock of the law: what begins it, and who must act before it is over, or not before."""

    begins: Begin
    actor: Actor


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """One timer set going against one party, about one record or case; ``acted_on`` stopped it."""

    timer_id: str
    party: str
    about: str
    started_on: date
    acted_on: date | None = None


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A timer that was not kept: still open, or kept by ``days`` natural days too late or early.

    A deadline that is provisional here means that a past year is not loaded: load it first.
    """

    running: Running
    deadline: Reckoning
    days: int
    is_open: bool


def deadline(timer: Timer, start: date, calendar: Calendar) -> Reckoning:
    """Return until when a timer runs that began on a day; the day itself is not counted."""
    return reckon(timer, start, calendar)


def breaches(
    running: Iterable[Running], timers: Mapping[str, Timer], calendar: Calendar, day: date
) -> list[Breach]:
    """Return who had not kept a timer by the end of a day, the longest delay first.

    What happened after the day is not known yet. Nothing is breached under a timer that is not
    enabled, was not in force on the day that it began, or binds the subject itself.
    """
    found = []
    for each in running:
        timer = timers[each.timer_id]
        if timer.actor is Actor.SUBJECT or not timer.is_in_force(each.started_on):
            continue
        breach = _breach(each, deadline(timer, each.started_on, calendar), day)
        if breach is not None:
            found.append(breach)
    return sorted(found, key=lambda each: (-each.days, each.running.party, each.running.about))


def _breach(running: Running, due: Reckoning, day: date) -> Breach | None:
    acted_on = running.acted_on
    if acted_on is not None and acted_on > day:
        acted_on = None
    if due.clause.bound is Bound.AT_MOST:
        days = ((acted_on or day) - due.end).days
    else:
        # To wait is no delay; only an act within the waiting time breaks the clause.
        days = (due.end - acted_on).days + 1 if acted_on is not None else 0
    if days <= 0:
        return None
    return Breach(running=running, deadline=due, days=days, is_open=acted_on is None)
