"""The rhythm of checkpoints, by a clock that the test turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbus.engine.rhythm import (
    APART_SECONDS,
    EVERY_RECORDS,
    EVERY_SECONDS,
    IDLE_SECONDS,
    LIGHT_RECORDS,
    REST,
    Rhythm,
)


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """A rhythm whose checkpoints take a given time."""

    def __init__(self, checkpoint_seconds: float = 0.004) -> None:
        self.clock = Clock()
        self.rhythm = Rhythm(self.clock)
        self._seconds = checkpoint_seconds

    def commit(self) -> None:
        self.rhythm.began()
        self.clock.now += self._seconds
        self.rhythm.committed()

    def decide(self, records: int = 1, most: int = 4_000) -> None:
        self.rhythm.fetched(records, most)
        self.rhythm.decided()


def test_a_lone_record_is_committed_at_once() -> None:
    worker = Worker()
    worker.decide()
    assert worker.rhythm.is_due(1)


def test_the_next_checkpoint_comes_when_the_last_has_been_paid_for() -> None:
    worker = Worker(checkpoint_seconds=0.020)
    worker.commit()
    worker.decide()
    assert not worker.rhythm.is_due(1)
    assert worker.rhythm.patience() == pytest.approx(REST * 0.020)
    worker.clock.now += REST * 0.020
    assert worker.rhythm.is_due(1)


def test_quick_checkpoints_are_kept_apart() -> None:
    worker = Worker(checkpoint_seconds=0.001)
    worker.commit()
    worker.decide()
    assert worker.rhythm.patience() == pytest.approx(APART_SECONDS)


@given(st.integers(min_value=1, max_value=LIGHT_RECORDS))
def test_a_steady_light_load_never_waits_for_a_pause(records: int) -> None:
    # Each poll finds a record, so no pause would ever tell the worker to commit.
    worker = Worker()
    worker.commit()
    waited = 0.0
    while True:
        worker.decide(records)
        if worker.rhythm.is_due(records):
            break
        worker.clock.now += 0.001
        waited += 0.001
    assert waited <= APART_SECONDS + 0.001


def test_a_fetch_that_brought_all_it_may_is_heavy_however_little_that_is() -> None:
    worker = Worker()
    worker.decide(250, most=250)
    assert not worker.rhythm.is_due(250)
    worker.clock.now += EVERY_SECONDS
    assert worker.rhythm.is_due(250)


def test_under_a_heavy_load_many_records_share_one_checkpoint() -> None:
    worker = Worker()
    worker.commit()
    worker.decide(LIGHT_RECORDS + 1)
    worker.clock.now += EVERY_SECONDS * 0.99
    assert not worker.rhythm.is_due(LIGHT_RECORDS + 1)
    assert worker.rhythm.is_due(EVERY_RECORDS)
    worker.clock.now += EVERY_SECONDS * 0.02
    assert worker.rhythm.is_due(LIGHT_RECORDS + 1)


def test_the_oldest_record_waits_and_not_the_newest() -> None:
    worker = Worker()
    worker.decide(LIGHT_RECORDS + 1)
    worker.clock.now += EVERY_SECONDS / 2
    worker.decide(LIGHT_RECORDS + 1)
    assert worker.rhythm.uncommitted_seconds == pytest.approx(EVERY_SECONDS / 2)


def test_what_the_group_refused_is_tried_again_soon_and_the_refusals_are_timed() -> None:
    worker = Worker()
    worker.decide(LIGHT_RECORDS + 1)
    worker.rhythm.began()
    worker.rhythm.refused()
    worker.clock.now += 3
    worker.rhythm.refused()
    assert worker.rhythm.refused_seconds == pytest.approx(3)
    assert worker.rhythm.is_due(LIGHT_RECORDS + 1)
    assert worker.rhythm.patience() < IDLE_SECONDS
    worker.commit()
    assert not worker.rhythm.is_refused
    assert worker.rhythm.refused_seconds == 0


def test_what_went_to_another_worker_waits_no_more() -> None:
    worker = Worker()
    worker.decide()
    worker.rhythm.refused()
    worker.rhythm.emptied()
    assert worker.rhythm.uncommitted_seconds == 0
    assert not worker.rhythm.is_refused
    assert worker.rhythm.patience() == IDLE_SECONDS
