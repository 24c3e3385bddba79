"""However often a clock stops, stalls or is set back, each day is turned once and in order."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from creditbus.clock.decide import days_to_turn

FIRST = date(2026, 2, 20)
LOOKS = st.lists(st.integers(0, 60).map(lambda number: FIRST + timedelta(days=number)), min_size=1)


@given(LOOKS)
def test_any_looks_at_the_calendar_turn_each_day_once(looks: list[date]) -> None:
    turned: list[date] = []
    for today in looks:
        turned += days_to_turn(turned[-1] if turned else None, today)
    begun, last = looks[0], max(looks)
    assert turned == [begun + timedelta(days=number) for number in range((last - begun).days + 1)]


@given(LOOKS, st.data())
def test_clock_killed_between_two_days_goes_on_with_the_next(
    looks: list[date], data: st.DataObject
) -> None:
    turned: list[date] = []
    for today in sorted(looks):
        missing = days_to_turn(turned[-1] if turned else None, today)
        turned += missing[: data.draw(st.integers(0, len(missing)))]  # each day is a transaction
    turned += days_to_turn(turned[-1] if turned else None, max(looks))
    assert turned == [turned[0] + timedelta(days=number) for number in range(len(turned))]
    assert turned[-1] == max(looks)
