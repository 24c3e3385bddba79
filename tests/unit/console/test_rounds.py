"""What processes say of themselves: how long the ways take, how far each is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from creditbus.console import fragments
from creditbus.console import rounds as of_rounds
from creditbus.console.quantiles import WINDOW, LatencyHistory, quantile, risen
from creditbus.console.rounds import Rounds, figures_of
from creditbus.console.visit import Visit
from creditbus.runtime.kafka.stretches import StretchReader
from creditbus.runtime.metrics import Meters
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.wire.topics import inbox

INF = float("inf")
AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 0.5), (0.75, 0.75), (0.99, 0.99)],
)
def test_a_quantile_lies_evenly_between_two_bounds(share: float, expected: float) -> None:
    assert quantile({0.5: 50, 1.0: 100, INF: 100}, share) == pytest.approx(expected)


def test_beyond_the_last_bound_it_is_at_least_that_and_of_nothing_it_is_nothing() -> None:
    assert quantile({1.0: 0, 10.0: 0, INF: 5}, 0.5) == 10.0
    assert quantile({1.0: 0, INF: 0}, 0.5) is None
    assert quantile({}, 0.5) is None


@given(st.lists(st.integers(0, 50), min_size=3, max_size=3), st.floats(0.01, 1))
def test_a_quantile_is_never_beyond_the_bound_that_holds_it(parts: list[int], share: float) -> None:
    counts = [sum(parts[: number + 1]) for number in range(3)]
    found = quantile(dict(zip((1.0, 2.0, INF), counts, strict=True)), share)
    assert (found is None) == (counts[-1] == 0)
    assert found is None or 0 <= found <= 2.0


def test_a_process_that_began_anew_counts_from_nothing() -> None:
    assert risen({1.0: 3, INF: 4}, {1.0: 2, INF: 2}) == {1.0: 1, INF: 2}
    assert risen({1.0: 1, INF: 1}, {1.0: 2, INF: 2}) == {1.0: 1, INF: 1}


def test_what_came_within_the_last_minute_counts_and_nothing_before() -> None:
    history = LatencyHistory()
    history.see(AT, {"delivery-0": {1.0: 100, INF: 100}})
    assert history.past[-1].half is None  # of what came before it was looked at nothing is known
    history.see(AT + timedelta(seconds=6), {"delivery-0": {1.0: 100, INF: 110}})
    assert history.past[-1].count == 10
    history.see(AT + 2 * WINDOW, {"delivery-0": {1.0: 104, INF: 114}})
    history.see(AT + 3 * WINDOW, {"delivery-0": {1.0: 104, INF: 114}})
    assert history.past[-1].half is None


@pytest.mark.parametrize("late", [1, 2, 3])
def test_a_process_that_is_late_with_its_figures_began_nothing_anew(late: int) -> None:
    history = LatencyHistory()
    counts = {"delivery-0": 1000, "delivery-1": 4000}
    for look in range(5):
        counts = {name: count + 2 for name, count in counts.items()}
        told = {name: {1.0: count, INF: count} for name, count in counts.items()}
        if look == late:
            del told["delivery-0"]
        history.see(AT + timedelta(seconds=6 * look), told)
    # At the look that lacks one, what it did since is not known yet; nothing of it is lost.
    assert [each.count for each in history.past] == [
        4 * look - 2 * (look == late) for look in range(5)
    ]


def test_of_two_processes_the_one_that_began_anew_counts_from_nothing() -> None:
    history = LatencyHistory()
    history.see(AT, {"delivery-0": {INF: 1000}, "delivery-1": {INF: 4000}})
    history.see(AT + timedelta(seconds=6), {"delivery-0": {INF: 3}, "delivery-1": {INF: 4005}})
    assert history.past[-1].count == 8


def test_of_a_process_that_is_seen_for_the_first_time_nothing_is_known() -> None:
    history = LatencyHistory()
    history.see(AT, {"delivery-1": {INF: 4000}})
    history.see(AT + timedelta(seconds=6), {"delivery-0": {INF: 900}, "delivery-1": {INF: 4001}})
    history.see(AT + timedelta(seconds=12), {"delivery-0": {INF: 902}, "delivery-1": {INF: 4002}})
    assert [each.count for each in history.past] == [0, 1, 4]


def test_a_scrape_of_ours_is_understood() -> None:
    meters = Meters()
    meters.set("engine_lag", 3, topic="a", partition="0")
    meters.set("engine_lag", 4, topic="a", partition="1")
    meters.set("restarts", 2)
    meters.set("source_last_record_timestamp_seconds", 1_795_000_000, source="court")
    for seconds in (0.7, 20.0):
        meters.observe("settled_seconds", seconds, action="lift")
    found = figures_of(generate_latest(meters.registry).decode())
    assert (found.lag, found.single["creditbus_restarts"]) == (7, 2)
    assert (found.settled["lift"][1.0], found.settled["lift"][INF]) == (1, 2)
    assert found.settled["apply"] == {}
    assert found.last == {"court": 1_795_000_000}


def test_before_the_first_round_nothing_is_claimed_of_any_process() -> None:
    rounds = Rounds(Process("console", 0, Settings()))
    assert (rounds.is_told, rounds.at, rounds.parked) == (False, None, ())
    assert "reading" in fragments.processes(rounds, Visit("/", "en"))


def test_it_is_looked_back_once_the_broker_is_there_and_nothing_newer_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []

    def last_written(_: StretchReader, topics: Sequence[str]) -> dict[str, int]:
        asked.append([*topics])
        if len(asked) == 1:
            raise Unavailable("Kafka", "it is away")
        return {inbox("court"): 1_795_000_000_500, inbox("tax"): 1_795_000_000_000}

    monkeypatch.setattr(of_rounds, "LOOK_BACK_AFTER_S", 0.0)
    monkeypatch.setattr(StretchReader, "last_written", last_written)
    process = Process("console", 0, Settings())
    rounds = Rounds(process)
    rounds.last_records["tax"] = 1_795_000_007.0
    asyncio.run(rounds.look_back())
    assert rounds.last_records == {"court": 1_795_000_000.5, "tax": 1_795_000_007.0}
    assert asked == [[inbox(source) for source in process.catalogue.sources]] * 2


def test_the_last_record_of_a_topic_is_the_newest_of_all_its_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(_: StretchReader, topics: Sequence[str], last: int | None = None) -> list[Message]:
        assert last is not None
        assert last > 1, "behind the last record a transaction may have its marker"
        return [
            Message(topic=topic, partition=place, offset=0, timestamp=(1, at))
            for topic, place, at in (("a", 0, 7), ("a", 1, 9), ("a", 0, 8), ("b", 0, 5))
            if topic in topics
        ]

    monkeypatch.setattr(StretchReader, "read", read)
    reader = StretchReader(Process("console", 0, Settings()), [])
    assert reader.last_written(["a", "b", "c"]) == {"a": 9, "b": 5}
