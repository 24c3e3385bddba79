"""A source that may wait is parked alone: the others go on, and a person lets it go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from confluent_kafka import Producer

from creditbus.engine.failures import Halt, Hindrance
from creditbus.engine.health import Parked
from creditbus.engine.worker import Skip, Worker
from tests.integration.engine.conftest import MakeStage
from tests.integration.engine.stage import BOUND_SECONDS, Stage, wait_until
from tests.integration.engine.test_refusals import running
from tests.integration.engine.words import BOOM, Journal, worker_of

HUGE = 100_000_000


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """Return a stage with two sources of one partition each, that may wait."""
    stage = make_stage(partitions=1, sources=2, has_tables=False)
    stage.play = replace(stage.play, may_wait=True)
    return stage


def throw(stage: Stage, codec: str, size: int = HUGE, count: int = 1) -> None:
    """Put one batch into the first source that unpacks to more than anybody takes."""
    bomber = Producer(
        {
            **stage.client,
            "compression.codec": codec,
            "message.max.bytes": 2 * HUGE,
            "batch.size": 2 * HUGE,
            "linger.ms": 200,
        }
    )
    for _ in range(count):
        bomber.produce(stage.sources[0], b"\0" * (size // count), b"bomb")
    assert bomber.flush(BOUND_SECONDS) == 0


def said(stage: Stage) -> list[bytes]:
    return sorted(key for key, _ in stage.read(stage.play.outputs, 1))


def letters(stage: Stage) -> int:
    return len(stage.read(stage.play.dead_letters or "", 1))


def parked(worker: Worker) -> Parked | None:
    return next(iter(worker.health.parked), None)


@contextmanager
def parking(stage: Stage) -> Iterator[tuple[Worker, Parked]]:
    """Run a worker until it has parked the first source; another source goes on meanwhile."""
    worker = worker_of(stage.play, Journal())
    with running(worker):
        wait_until(lambda: parked(worker) is not None, "a parked source")
        stage.feed([("beside", "said")], source=1)
        wait_until(lambda: b"beside" in said(stage), "the other source")
        found = parked(worker)
        assert found is not None
        assert worker.ready
        yield worker, found


def test_a_batch_that_unpacks_hugely_parks_its_source_until_it_is_skipped(stage: Stage) -> None:
    stage.feed([("before", "said")])
    throw(stage, "zstd")
    stage.feed([("behind", "said")])
    with parking(stage) as (worker, found):
        assert (found.topic, found.partition, found.position) == (stage.sources[0], 0, 1)
        assert found.reason == Hindrance.BATCH_UNREADABLE
        assert said(stage) == [b"before", b"beside"]
        worker.skip(Skip(topic=found.topic, partition=0, start=1, through=1))
        wait_until(lambda: b"behind" in said(stage), "what lay behind it")
        wait_until(lambda: not worker.health.parked and not worker.is_asked_to_skip, "its end")
        # Said again, it is about another place than the one the source stands at.
        worker.skip(Skip(topic=found.topic, partition=0, start=1, through=1))
        wait_until(lambda: not worker.is_asked_to_skip, "its end")
        stage.wait_done()
    assert said(stage) == [b"before", b"behind", b"beside"]
    assert letters(stage) == 1


@pytest.mark.parametrize(
    ("codec", "size", "times"), [("zstd", 1_900_000, 100), ("gzip", HUGE, 1), ("lz4", HUGE, 1)]
)
def test_what_the_client_can_unpack_is_a_record_like_any_other(
    stage: Stage, codec: str, size: int, times: int
) -> None:
    for _ in range(times):
        throw(stage, codec, size)
    stage.feed([("behind", "said")])
    worker = worker_of(stage.play, Journal())
    with running(worker):
        wait_until(lambda: b"behind" in said(stage), "what lay behind them")
        assert not worker.health.parked
        stage.wait_done()
    assert letters(stage) == times


@pytest.mark.parametrize("point", ["skipped", "offered", "committed"])
def test_a_skip_that_is_killed_half_done_is_done_once(stage: Stage, point: str) -> None:
    throw(stage, "zstd")
    stage.feed([("behind", "said")])
    with parking(stage) as (_, found):
        skip = Skip(topic=found.topic, partition=0, start=0, through=0)
    # A worker that ends at the point, as its supervisor finds it.
    actor = stage.enter(0, strike_at=point, skips=0)
    assert actor.ended() == BOOM, actor.log
    worker = worker_of(stage.play, Journal())
    with running(worker):
        worker.skip(skip)
        wait_until(lambda: b"behind" in said(stage), "what lay behind it")
        wait_until(lambda: not worker.is_asked_to_skip, "its end")
        stage.wait_done()
    assert letters(stage) == 1


def test_a_topic_that_goes_is_waited_for_and_read_when_it_is_back(stage: Stage) -> None:
    stage.feed([("before", "said")])
    worker = worker_of(stage.play, Journal())
    topic = stage.sources[0]
    with running(worker):
        stage.wait_done()
        stage.admin.delete_topics([topic])[topic].result(BOUND_SECONDS)
        wait_until(lambda: parked(worker) is not None, "a parked source")
        found = parked(worker)
        assert found is not None
        assert (found.topic, found.reason) == (topic, Hindrance.TOPIC_MISSING)
        stage.feed([("beside", "said")], source=1)
        wait_until(lambda: b"beside" in said(stage), "the other source")
        stage.create(topic, 1)
        stage.feed([("again", "said")])
        wait_until(lambda: b"again" in said(stage), "the source that is back")
        wait_until(lambda: not worker.health.parked, "nothing parked")


def test_a_topic_that_is_not_there_at_the_start_keeps_nobody_from_working(stage: Stage) -> None:
    topic = stage.sources[0]
    stage.admin.delete_topics([topic])[topic].result(BOUND_SECONDS)
    wait_until(lambda: topic not in stage.admin.list_topics().topics, "its deletion")
    with parking(stage) as (_, found):
        assert (found.topic, found.reason) == (topic, Hindrance.TOPIC_MISSING)


def test_a_log_that_may_not_wait_stops_its_worker_at_the_same_batch(make_stage: MakeStage) -> None:
    stage = make_stage(partitions=1)
    throw(stage, "zstd", size=150_000_000)
    with pytest.raises(Halt, match="the sources cannot be read"):
        worker_of(stage.play, Journal()).run()
    assert set(stage.standing().values()) == {None}
