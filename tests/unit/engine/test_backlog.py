"""The backlog: how many records wait and for how long, asked of a broker while one wants to know.

The broker is one on paper; tests/integration/engine/test_quotas.py asks a real one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

import pytest
from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition

from creditbus.engine import backlog
from creditbus.engine.backlog import MARKERS, STILL_S, Backlog, Trace
from creditbus.engine.connection import Connection
from tests.unit.engine.doubles import Journal


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


def test_what_comes_to_a_group_that_had_nothing_to_do_waits_at_once(trace: Trace) -> None:
    trace.note(1.0, 100 + MARKERS, 100)
    trace.note(60.0, 100 + MARKERS, 100)
    assert trace.note(60.1, 200 + MARKERS, 100) == (100, 0.0)
    assert trace.note(60.2, 200 + MARKERS, 100) == pytest.approx((100, 0.1))


@dataclass(frozen=True)
class End:
    """Where a partition ends."""

    offset: int


class PaperBroker:
    """A topic of two partitions on paper: where each ends, and where the group stands in it."""

    def __init__(self) -> None:
        self.ends, self.stands = [1000, 500], [100, -1001]
        self.isolations: list[IsolationLevel] = []
        self.is_away = False

    def asker(self, *_: object, is_hasty: bool) -> PaperBroker:
        assert is_hasty, "what is about to be committed would be waited for"
        return self

    def admin(self, *_: object) -> PaperBroker:
        return self

    def list_offsets(
        self, wanted: dict[TopicPartition, Any], *, isolation_level: IsolationLevel, **_: object
    ) -> dict[TopicPartition, Future[End]]:
        self.isolations.append(isolation_level)
        found: dict[TopicPartition, Future[End]] = {}
        for place in wanted:
            found[place] = Future()
            if self.is_away:
                failure = KafkaException(KafkaError(KafkaError._TIMED_OUT))
                found[place].set_exception(failure)
            else:
                found[place].set_result(End(self.ends[place.partition]))
        return found

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        stands = [self.stands[place.partition] for place in places]
        return [
            TopicPartition(place.topic, place.partition, offset)
            for place, offset in zip(places, stands, strict=True)
        ]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> PaperBroker:
    monkeypatch.setattr(backlog, "LOOK_EVERY_S", 0.001)
    # It stands still for as long as a slow machine takes.
    monkeypatch.setattr(backlog, "STILL_S", 1000.0)
    return PaperBroker()


def backlog_of(broker: PaperBroker, journal: Journal) -> Backlog:
    return Backlog(cast(Connection, broker), "listing", "events", 2, journal)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_what_waits_in_all_partitions_is_told_together(broker: PaperBroker) -> None:
    behind = backlog_of(broker, Journal()).behind
    wait_until(lambda: behind().look > 1)
    # A group that never stood anywhere stands at the beginning.
    assert behind().records == 900 + 500 - 2 * MARKERS
    # What is not committed yet is on its way as well.
    assert {*broker.isolations} == {IsolationLevel.READ_UNCOMMITTED}


def test_the_age_is_that_of_the_partition_that_waits_longest(broker: PaperBroker) -> None:
    broker.stands = [100, broker.ends[1]]
    behind = backlog_of(broker, Journal()).behind
    began = time.monotonic()
    wait_until(lambda: behind().seconds > 0)
    assert behind().records == 900 - MARKERS
    found = behind()
    assert found.seconds <= found.at - began
    assert began <= found.at <= time.monotonic()


def test_a_broker_that_does_not_answer_lets_nobody_wait_and_is_told_once(
    broker: PaperBroker,
) -> None:
    journal = Journal()
    behind = backlog_of(broker, journal).behind
    wait_until(lambda: behind().records > 0)
    broker.is_away = True
    wait_until(lambda: behind().records == 0)
    look = behind().look
    wait_until(lambda: behind().look > look + 5)
    assert (behind().records, behind().seconds) == (0, 0.0)
    assert len(journal.said) == 1
    broker.is_away = False
    wait_until(lambda: behind().records > 0)


def test_nobody_who_asks_no_more_has_the_broker_asked(
    broker: PaperBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "ASKED_S", 0.1)
    behind = backlog_of(broker, Journal()).behind
    behind()
    wait_until(lambda: bool(broker.isolations))

    def is_still() -> bool:
        before = len(broker.isolations)
        time.sleep(0.2)
        return len(broker.isolations) == before

    wait_until(is_still)
    asked = len(broker.isolations)
    # Whoever asks again has it asked again.
    behind()
    wait_until(lambda: len(broker.isolations) > asked)
