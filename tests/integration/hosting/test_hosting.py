"""Slice workers inside Faust apps: an orderly stop, and what an operator wants of them."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Final

import httpx
import psutil
from confluent_kafka import KafkaException, Producer

from creditbus.runtime.workers.modes import Mode, WantedMode
from tests.integration.engine.stage import BOUND_SECONDS, Actor, Stage, wait_until
from tests.integration.views.stage import free_port

WORDS: Final = [(f"word-{number % 50}", "said") for number in range(2000)]
LAG: Final = "creditbus_engine_lag{"
STEP: Final = 'creditbus_engine_step_seconds_total{step="'


def enter(stage: Stage) -> Actor:
    """Start a hosted worker."""
    return stage.enter(0, metrics_port=free_port())


def start(stage: Stage) -> Actor:
    """Start a hosted worker and wait until it has its partitions."""
    actor = enter(stage)
    wait_until(lambda: says(actor) == "" or actor.has_ended, "a ready worker")
    assert not actor.has_ended, actor.log
    return actor


def says(actor: Actor) -> str | None:
    """Return why the worker is not ready, nothing if it is, none while it does not answer."""
    url = f"http://127.0.0.1:{actor.play.metrics_port}/health/ready"
    try:
        return str(httpx.get(url, timeout=2).json()["why"])
    except httpx.HTTPError:
        return None


def want(stage: Stage, mode: Mode) -> None:
    """Say what is wanted of the worker."""
    WantedMode(Path(stage.play.folder), f"{stage.play.application}-0").write(mode)


def has_begun(stage: Stage) -> bool:
    """Whether anything is committed."""
    try:
        return any(stage.standing().values())
    except KafkaException:
        return False  # a transaction is open; it will be asked again


def feed_in_a_transaction(stage: Stage) -> None:
    """Produce words so that each partition ends with a marker."""
    play = stage.play
    producer = Producer(
        {"bootstrap.servers": play.bootstrap, "transactional.id": play.application, **play.security}
    )
    producer.init_transactions(BOUND_SECONDS)
    producer.begin_transaction()
    for word, said in WORDS:
        producer.produce(stage.sources[0], said, word)
    producer.commit_transaction(BOUND_SECONDS)


def metrics(actor: Actor) -> dict[str, float]:
    """Return every figure of the worker, by its name with its labels."""
    says(actor)
    text = httpx.get(f"http://127.0.0.1:{actor.play.metrics_port}/metrics", timeout=2).text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def lags(actor: Actor) -> list[float]:
    """Return how many records each partition of the worker has still to decide, as it says."""
    return [value for name, value in metrics(actor).items() if name.startswith(LAG)]


def members(stage: Stage) -> int:
    """Return how many members the group has."""
    group = stage.play.application
    return len(stage.admin.describe_consumer_groups([group])[group].result().members)


def test_a_stop_takes_the_last_checkpoint_and_ends_well(stage: Stage) -> None:
    actor = start(stage)
    stage.feed(WORDS)
    wait_until(lambda: has_begun(stage), "a first checkpoint")
    actor.signal(signal.SIGTERM)
    assert actor.ended() == 0, actor.log
    told = ["worker stops", "the last checkpoint is taken", "worker has stopped"]
    assert [line for line in told if line in actor.log] == told
    assert sorted(told, key=actor.log.index) == told
    again = start(stage)
    stage.wait_done()
    again.stop()
    stage.check()


def test_a_hosted_worker_listens_and_connects_nowhere_else(stage: Stage) -> None:
    actor = start(stage)
    opened = psutil.Process(actor.process.pid).net_connections(kind="tcp")
    listening = [each.laddr for each in opened if each.status == psutil.CONN_LISTEN]
    assert listening == [("127.0.0.1", actor.play.metrics_port)]
    actor.stop()


def at_rest(stage: Stage) -> object:
    """Return where the group stands once what was fetched before is committed."""
    before = None
    while (now := stage.standing()) != before:
        before = now
        time.sleep(1)
    return now


def test_a_paused_worker_keeps_its_partitions_and_reads_nothing(stage: Stage) -> None:
    actor = start(stage)
    stage.feed(WORDS)
    want(stage, Mode.PAUSED)
    wait_until(lambda: says(actor) == Mode.PAUSED.sentence, "a pause")
    before = at_rest(stage)
    stage.feed(WORDS)
    time.sleep(1)  # long enough to read it all several times
    assert stage.standing() == before
    assert not stage.is_done()
    assert members(stage) == 1
    actor.kill()
    again = enter(stage)
    wait_until(lambda: says(again) == Mode.PAUSED.sentence, "a pause that outlives the process")
    want(stage, Mode.RUNNING)
    wait_until(lambda: says(again) == "", "the end of the pause")
    stage.wait_done()
    again.stop()
    stage.check()


def test_nothing_is_lost_or_repeated_when_a_busy_worker_is_paused_often(stage: Stage) -> None:
    actor = start(stage)
    for _ in range(3):
        stage.feed(WORDS)
        want(stage, Mode.PAUSED)
        wait_until(lambda: says(actor) == Mode.PAUSED.sentence, "a pause")
        stage.feed(WORDS)
        want(stage, Mode.RUNNING)
        wait_until(lambda: says(actor) == "", "the end of the pause")
    stage.wait_done()
    actor.stop()
    stage.check()


def test_a_drained_worker_leaves_its_group_and_waits_to_be_resumed(stage: Stage) -> None:
    actor = start(stage)
    stage.feed(WORDS)
    want(stage, Mode.DRAINED)
    assert actor.ended() == 0, actor.log
    assert members(stage) == 0
    # As its supervisor does, which knows nothing of drains.
    again = enter(stage)
    wait_until(lambda: says(again) == Mode.DRAINED.sentence, "a drained worker")
    assert members(stage) == 0
    want(stage, Mode.RUNNING)
    stage.wait_done()
    again.stop()
    stage.check()


def test_a_drained_worker_that_waits_can_be_stopped(stage: Stage) -> None:
    want(stage, Mode.DRAINED)
    actor = enter(stage)
    wait_until(lambda: says(actor) == Mode.DRAINED.sentence, "a drained worker")
    actor.stop()


def test_lag_is_told_for_each_partition_while_paused_and_ends_behind_the_markers(
    stage: Stage,
) -> None:
    actor = start(stage)
    want(stage, Mode.PAUSED)
    wait_until(lambda: says(actor) == Mode.PAUSED.sentence, "a pause")
    feed_in_a_transaction(stage)
    wait_until(lambda: sum(lags(actor)) >= len(WORDS), "a lag")
    want(stage, Mode.RUNNING)
    wait_until(lambda: lags(actor) == [0.0] * stage.partitions, "the end of the lag")
    assert metrics(actor)["creditbus_engine_stalled"] == 0
    steps = ("wait", "fetch", "read", "decide", "write", "produce", "changelog", "commit", "store")
    told = metrics(actor)
    assert all(told[f'{STEP}{step}"}}'] > 0 for step in steps)
    actor.stop()
