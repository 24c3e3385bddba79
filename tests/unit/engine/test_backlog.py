"""The trace of a partition: how many records wait, and how long the first of them has."""

from __future__ import annotations

import pytest

from creditbus.engine.backlog import MARKERS, STILL_S, Trace


@pytest.fixture
def trace() -> Trace:
    return Trace()


def test_the_age_is_that_of_what_is_decided_next(trace: Trace) -> None:
    assert trace.note(1.0, 100 + MARKERS, 100) == (0, 0.0)
    assert trace.note(1.1, 200 + MARKERS, 100) == (100, 0.0)
    assert trace.note(1.2, 300 + MARKERS, 150) == pytest.approx((150, 0.1))
    # What came by the second look is decided; what waits now came by the third.
    assert trace.note(1.5, 300 + MARKERS, 200) == pytest.approx((100, 0.3))
    assert trace.note(1.6, 300 + MARKERS, 300) == (0, 0.0)


def test_the_markers_behind_a_last_record_are_nothing_that_waits(trace: Trace) -> None:
    trace.note(1.0, 100, 99)
    assert trace.note(60.0, 100, 99) == (0, 0.0)


def test_a_group_that_stands_still_is_away_and_has_no_backlog(trace: Trace) -> None:
    trace.note(1.0, 500, 100)
    assert trace.note(1.0 + STILL_S, 900, 100) == pytest.approx((900 - MARKERS - 100, STILL_S))
    assert trace.note(1.1 + STILL_S, 900, 100) == (0, 0.0)
    # It is back, with all that came meanwhile.
    assert trace.note(1.2 + STILL_S, 900, 200) == pytest.approx((700 - MARKERS, 0.2 + STILL_S))
