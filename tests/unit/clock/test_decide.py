"""Which days the clock turns, and what it says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from creditbus.clock.decide import day_turned, days_to_turn
from creditbus.domain.calendar import day_of
from creditbus.domain.subjects import SubjectKind

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, ["03-02"]),
        (date(2026, 3, 1), ["03-02"]),
        (date(2026, 2, 26), ["02-27", "02-28", "03-01", "03-02"]),
        (TODAY, []),
        (date(2026, 3, 9), []),
    ],
)
def test_missing_days_are_turned_in_order_and_none_twice(
    last: date | None, expected: list[str]
) -> None:
    assert [f"{day:%m-%d}" for day in days_to_turn(last, TODAY)] == expected


def test_a_turned_day_begins_at_midnight_in_shanghai() -> None:
    envelope = day_turned(TODAY, 3).envelope
    assert envelope.occurred_at == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert day_of(envelope.occurred_at) == TODAY
    assert (envelope.subject_kind, envelope.subject_id) == (SubjectKind.NONE, "")
    assert (envelope.source, envelope.record_id, envelope.record_revision) == (
        "clock",
        "2026-03-02",
        1,
    )


def test_a_turned_day_is_alike_whenever_it_is_made_and_differs_by_partition() -> None:
    assert day_turned(TODAY, 3) == day_turned(TODAY, 3)
    ids = {day_turned(TODAY, number).envelope.event_id for number in range(8)}
    assert len(ids) == 8
