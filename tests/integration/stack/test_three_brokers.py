"""Three brokers: with one that is killed and comes back work goes on; with two gone it waits."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from creditbus.engine.worker import Connection
from creditbus.runtime.settings import read_settings
from creditbus.stack import ports
from creditbus.stack.cluster import Cluster
from creditbus.stack.errors import FolderInUse
from creditbus.stack.local import LocalStack, Parties
from creditbus.stack.reports import Report
from tests.crash.broker import UNUSABLE
from tests.crash.run import Run
from tests.crash.truth import check
from tests.integration.engine.stage import wait_until

SILENCE_S = 90.0  # a bound for busy machines; the log tells how long it was
SESSION_S = 6.0
PARTIES = Parties(sources=("court",), bodies=("railway",))


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with a_stack(tmp_path_factory.mktemp("three"), Cluster(size=3, quick=True)) as running:
        yield running


def a_stack(folder: Path, cluster: Cluster) -> LocalStack:
    return LocalStack(
        folder,
        read_settings().cache,
        ports=ports.free(),
        parties=PARTIES,
        say=Report(logging.getLogger("three").info),
        cluster=cluster,
    )


@pytest.fixture
def run(three: LocalStack, tmp_path: Path) -> Iterator[Run]:
    settings = {key: str(value) for key, value in three.client_config("admin").items()}
    connection = Connection(settings.pop("bootstrap.servers"), settings)
    run = Run(connection, tmp_path, seed=7, broker=three.server("kafka-2"))
    yield run
    for actor in run.team.values():
        actor.kill()
    run.close()


class Silence:
    """The longest time between two outputs, as a reader of committed records sees them."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.outputs = 0

    def wait_for(self, more: int) -> None:
        """Wait until so many more outputs have been heard."""
        wanted = self.outputs + more
        wait_until(lambda: self.outputs >= wanted, "outputs to be heard", 90)

    @contextmanager
    def heard(self, run: Run) -> Iterator[None]:
        """Listen to the outputs while the block lasts."""
        over = threading.Event()
        thread = threading.Thread(target=self._listen, args=(run, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)

    def _listen(self, run: Run, over: threading.Event) -> None:
        reader = Consumer(
            {
                **run.client,
                "group.id": "silence",
                "isolation.level": "read_committed",
                "reconnect.backoff.max.ms": 100,
            }
        )
        reader.assign([TopicPartition(run.play.outputs, n, 0) for n in range(run.partitions)])
        last: float | None = None
        while not over.is_set():
            for message in reader.consume(500, 0.05):
                if message.error() is None:
                    now = time.monotonic()
                    self.outputs += 1
                    self.longest = max(self.longest, now - (last or now))
                    last = now
        reader.close()


def test_every_topic_is_kept_three_times(three: LocalStack) -> None:
    topics = three.admin().list_topics(timeout=30).topics
    copies = {len(part.replicas) for topic in topics.values() for part in topic.partitions.values()}
    assert copies == {3}


def test_with_one_killed_and_returned_the_others_go_on(three: LocalStack, run: Run) -> None:
    # A busy machine may make a member ask a new coordinator twice, which fences it by itself.
    run.pardon = UNUSABLE
    run.begin(0, 1)
    run.wait_ready()
    silence = Silence()
    with run.load(), silence.heard(run):
        silence.wait_for(50)
        for name in ("kafka-3", "kafka"):
            restarts = three.server(name).restarts
            three.server(name).send(signal.SIGKILL)
            wait_until(partial(has_restarted, three, name, restarts), "its restart", 60)
            # It counts as one of the brokers until its session is over.
            run.pause(SESSION_S, SESSION_S)
            run.wait_until(lambda: brokers(three) == 3, "three brokers", 90)
            silence.wait_for(50)
    run.wait_done()
    logging.getLogger("three").warning("the longest silence was %.1f s", silence.longest)
    assert silence.longest < SILENCE_S
    run.stop()
    check(run)


def test_with_two_gone_everything_waits_and_nothing_is_lost(three: LocalStack, run: Run) -> None:
    # What a member asked of a frozen coordinator may fence it by itself when it is answered.
    run.pardon = UNUSABLE
    run.begin(0, 1)
    run.wait_ready()
    run.say(300)
    run.wait_done()
    gone = [three.server(name) for name in ("kafka-2", "kafka-3")]
    for broker in gone:
        broker.send(signal.SIGSTOP)
    try:
        wait_until(
            lambda: all("waiting: " in actor.log for actor in run.team.values()), "who waits", 90
        )
        assert not any(actor.has_ended for actor in run.team.values())
    finally:
        for broker in gone:
            broker.send(signal.SIGCONT)
    run.wait_until(lambda: brokers(three) == 3, "three brokers", 90)
    run.say(300)
    run.wait_done()
    run.stop()
    check(run)


def test_a_folder_of_three_is_not_started_with_one(three: LocalStack) -> None:
    stack = a_stack(three.folder.path, Cluster())
    with pytest.raises(FolderInUse):
        stack.__enter__()


def has_restarted(stack: LocalStack, name: str, before: int) -> bool:
    return stack.server(name).restarts > before


def brokers(stack: LocalStack) -> int:
    return len(stack.admin().list_topics(timeout=10).brokers)
