"""A worker that must not go on says why and what to do, instead of guessing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from creditbus.engine.failures import Halt, TopicMissing
from creditbus.engine.worker import Worker
from tests.integration.engine.stage import BOUND_SECONDS, Stage, wait_until
from tests.integration.engine.words import Journal, worker_of


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    """Run the worker on a thread and stop it at the end."""
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(BOUND_SECONDS)
    assert not thread.is_alive()


def work_once(stage: Stage) -> None:
    """Let a worker count some words and stop."""
    stage.feed([(f"word-{number}", "said") for number in range(30)])
    with running(worker_of(stage.play, Journal())):
        stage.wait_done()


def test_a_missing_topic_is_named(stage: Stage) -> None:
    play = replace(stage.play, sources=["nobody-made-this"])
    with pytest.raises(TopicMissing, match=r"nobody-made-this does not exist; create it"):
        worker_of(play, Journal()).run()


def test_a_worker_that_waits_for_its_topics_hears_that_it_is_stopped(stage: Stage) -> None:
    worker = worker_of(replace(stage.play, sources=["nobody-made-this"]), Journal())
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(worker.run)
        time.sleep(1)
        worker.stop()
        run.result(BOUND_SECONDS)  # without the sentence that the topic is missing


def test_unequal_partition_counts_are_refused(stage: Stage) -> None:
    stage.create(f"{stage.play.application}-narrow", 1)
    play = replace(stage.play, sources=[*stage.sources, f"{stage.play.application}-narrow"])
    with pytest.raises(Halt, match="differ in partitions"):
        worker_of(play, Journal()).run()


def test_a_second_process_of_one_name_is_refused(stage: Stage) -> None:
    worker = worker_of(stage.play, Journal())
    with running(worker):
        wait_until(lambda: worker.ready, "the first worker")
        with pytest.raises(Halt, match="another process runs the worker"):
            worker_of(stage.play, Journal()).run()


def test_a_wrong_password_is_said_at_once(stage: Stage) -> None:
    play = replace(stage.play, security={**stage.play.security, "sasl.password": "wrong"})
    with pytest.raises(Halt, match="check the worker's credentials"):
        worker_of(play, Journal()).run()


def test_a_group_without_its_state_stops_the_worker(stage: Stage) -> None:
    work_once(stage)
    stage.admin.delete_topics([stage.changelog])[stage.changelog].result(BOUND_SECONDS)
    wait_until(lambda: stage.changelog not in stage.admin.list_topics().topics, "its deletion")
    stage.create(stage.changelog, stage.partitions)
    journal = Journal()
    with pytest.raises(Halt, match="the state at no offset"):
        worker_of(stage.play, journal).run()


def test_an_absent_broker_is_waited_for(stage: Stage) -> None:
    worker = worker_of(replace(stage.play, bootstrap="127.0.0.1:1"), Journal())
    with running(worker):
        wait_until(lambda: worker.health.waiting is not None, "a reason for waiting")
        assert not worker.ready
