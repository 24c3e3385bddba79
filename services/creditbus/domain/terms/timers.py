"""Timers: the clocks of the law that run against whoever owes an act.

A timer is a row of ``timers.toml``. ``deadline(timer, start, calendar)`` says until when, with its
arithmetic. No deadline is stored: it is reckoned from the day that started it whenever someone
asks, and is right again as soon as a missing year is loaded. Who is late with what about an entry
is in ``entries.deadlines``.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.calendar import Calendar
from creditbus.domain.terms.reckonings import Clause, Reckoning, reckon


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

    The subject's own timers bind nobody else: to let one pass is no breach.
    """

    AUTHORITY = "authority"
    COURT = "court"
    PLATFORM = "platform"
    SUBJECT = "subject"


class Timer(Clause, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clock of the law: what begins it, and who must act before it is over, or not before."""

    begins: Begin
    actor: Actor


def deadline(timer: Timer, start: date, calendar: Calendar) -> Reckoning:
    """Return until when a timer runs that began on a day; the day itself is not counted."""
    return reckon(timer, start, calendar)
