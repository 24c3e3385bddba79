"""Each benchmark does right what it measures: small sizes on the shared broker, never a time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from creditbus.bench import engine, latency, listing, recovery
from creditbus.bench.rows import BenchRow
from creditbus.bench.track import Track
from creditbus.stack.local import LocalStack

EVENTS = 5000


@pytest.fixture(scope="session")
def track(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Track:
    return Track(stack, tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="session")
def given(track: Track) -> engine.Input:
    return engine.prepare(track, EVENTS)


def parsed(row: BenchRow) -> BenchRow:
    """Return the row as a reader of its JSON sees it."""
    return msgspec.json.decode(msgspec.json.encode(row), type=BenchRow)


@pytest.mark.parametrize(("way", "workers"), [("engine", 2), ("unhosted", 1), ("bare", 2)])
def test_yardstick_consumes_everything_and_ends_in_the_truth(
    track: Track, given: engine.Input, way: str, workers: int
) -> None:
    row = parsed(engine.repetition(track, way, given, workers=workers))

    assert (row.name, row.workers, row.events) == (way, workers, EVENTS)
    assert row.events_per_s is not None
    assert row.peak_mb is not None


def test_stock_faust_tells_the_truth_too(track: Track) -> None:
    few = engine.prepare(track, 1000)

    row = engine.repetition(track, "faust", few, workers=1)

    assert row.events == 1000


def test_wrong_output_is_found(track: Track, given: engine.Input) -> None:
    with pytest.raises(AssertionError, match="outputs: "):
        engine.check_told(track, given.topic, given.truth)


def test_missing_state_is_found(given: engine.Input, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="seen: "):
        engine.check_held(tmp_path, given.truth)


def test_listing_reads_the_copied_city(track: Track) -> None:
    topic = listing.prepare(track, EVENTS)

    row = parsed(listing.listing(track, topic, workers=1, cache_mb=8))

    assert row.events == EVENTS
    assert row.extra["cache_mb"] == 8
    assert row.extra["state_mb"] > 0


def test_recovery_rebuilds_what_was_deleted(track: Track, given: engine.Input) -> None:
    row = parsed(recovery.recovery(track, given))

    assert row.events >= len(given.truth.seen) + len(given.truth.held)
    assert row.extra.keys() == {"rebuilt_s", "caught_up_s", "others_cores"}


def test_latency_sees_every_output(track: Track) -> None:
    row = parsed(latency.latency(track, 200, 1))

    assert row.p50_ms is not None
    assert row.p99_ms is not None
    assert row.p50_ms <= row.p99_ms


def test_rolling_restart_loses_nothing(track: Track) -> None:
    row = parsed(latency.rolling(track, 200, settle_s=2))

    assert row.extra.keys() == {"others_silence_s", "own_silence_s", "others_cores"}


def test_soak_tells_memory_at_both_ends(track: Track) -> None:
    row = parsed(latency.soak(track, 200, 0.2))

    memory = {"minutes", "start_mb", "middle_mb", "end_mb", "slope_mb_per_minute"}
    assert row.extra.keys() == {*memory, "others_cores"}
