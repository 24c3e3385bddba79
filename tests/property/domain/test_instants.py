"""Instants in milliseconds: none is moved by more than what it is cut by, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.calendar import instant_of, millis_of

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS)
def test_an_instant_is_cut_to_its_millisecond(instant: datetime) -> None:
    cut = instant_of(millis_of(instant))
    assert timedelta(0) <= instant - cut < timedelta(milliseconds=1)
    assert millis_of(cut) == millis_of(instant)


@given(INSTANTS, INSTANTS)
def test_what_is_later_is_never_earlier_in_milliseconds(one: datetime, other: datetime) -> None:
    assert (millis_of(one) <= millis_of(other)) or one > other
