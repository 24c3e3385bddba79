"""Clock: which civil days have to be turned, and what is said of each."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

from creditbus.domain.acts.events import DayTurned, Envelope
from creditbus.domain.calendar import DAY, SHANGHAI
from creditbus.domain.ids import EventId, SourceId, SubjectId, derive
from creditbus.domain.subjects import SubjectKind

CLOCK: Final = SourceId("clock")


def days_to_turn(last: date | None, today: date) -> list[date]:
    """Return the days after the last one turned up to today, in order; today alone at the first.

    >>> days_to_turn(date(2026, 2, 27), date(2026, 3, 1))
    [datetime.date(2026, 2, 28), datetime.date(2026, 3, 1)]
    """
    if last is None:
        return [today]
    return [last + DAY * number for number in range(1, (today - last).days + 1)]


def day_turned(day: date, partition: int) -> DayTurned:
    """Return the event for one partition of the log; it is alike whenever it is made."""
    envelope = Envelope(
        event_id=EventId(derive("clock", day.isoformat(), partition)),
        source=CLOCK,
        record_id=day.isoformat(),
        record_revision=1,
        sequence=day.toordinal(),
        subject_kind=SubjectKind.NONE,
        subject_id=SubjectId(""),
        occurred_at=datetime.combine(day, time.min, SHANGHAI).astimezone(UTC),
        decided_on=day,
    )
    return DayTurned(envelope=envelope, day=day)
