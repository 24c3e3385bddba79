"""The agencies' pace: even over the time that it is given, and never slower for being late."""

from __future__ import annotations

from itertools import pairwise

import pytest

from creditbus.demo import agencies
from creditbus.demo.agencies import Pace


class Clock:
    """A clock that moves when it is waited on."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(agencies, "time", clock)
    return clock


def test_a_pace_is_even_though_each_statement_takes_its_time(clock: Clock) -> None:
    pace, said_at = Pace(50, 10.0), []
    for _ in range(50):
        clock.now += pace.wait_s()
        said_at.append(clock.now)
        clock.now += 0.15
    assert said_at[-1] - said_at[0] == pytest.approx(49 * 0.2)
    assert all(later - earlier == pytest.approx(0.2) for earlier, later in pairwise(said_at))


def test_what_is_late_is_made_up_for(clock: Clock) -> None:
    pace = Pace(100, 10.0)
    clock.now += pace.wait_s() + 5.0
    waits = []
    for _ in range(60):
        waits.append(pace.wait_s())
        clock.now += waits[-1]
    assert waits[:49] == [0.0] * 49
    assert clock.now == pytest.approx(106.0)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("count", [0, 5])
def test_without_a_time_nothing_waits(count: int) -> None:
    pace = Pace(count, 0.0)
    assert [pace.wait_s() for _ in range(5)] == [0.0] * 5
