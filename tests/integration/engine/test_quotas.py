"""A quota holds a source back for a moment; a backlog tells how far a group is behind."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from confluent_kafka import Consumer, TopicPartition

from creditbus.engine.backlog import ASKED_S, MARKERS, Backlog
from creditbus.engine.connection import Connection
from creditbus.engine.health import Source
from tests.integration.engine.conftest import MakeStage
from tests.integration.engine.stage import Stage, wait_until
from tests.integration.engine.test_refusals import running
from tests.integration.engine.words import Journal, worker_of


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """Return a stage with two sources of one partition each, that may wait."""
    stage = make_stage(partitions=1, sources=2, has_tables=False)
    stage.play = replace(stage.play, may_wait=True)
    return stage


class Named:
    """A quota of names; a source is held once it has brought what it may."""

    def __init__(self, source: Source, most: int) -> None:
        self.source, self.most = source, most
        self.brought = 0

    def passed(self, source: Source, records: int) -> None:
        """Count what the one source brings."""
        self.brought += records if source == self.source else 0

    def held(self) -> set[Source]:
        """Hold it when it has brought enough."""
        return {self.source} if self.brought >= self.most else set()


def said(stage: Stage) -> set[bytes]:
    return {key for key, _ in stage.read(stage.play.outputs, 1)}


def test_a_source_that_is_held_back_loses_nothing_and_the_other_goes_on(stage: Stage) -> None:
    quota = Named((stage.sources[0], 0), most=10)
    worker = worker_of(stage.play, Journal(), quota)
    with running(worker):
        wait_until(lambda: worker.ready, "a ready worker")
        stage.feed([(f"many-{number}", "said") for number in range(10)])
        wait_until(lambda: quota.brought == 10, "what it may bring")
        stage.feed([(f"later-{number}", "said") for number in range(500)])
        # Whoever pauses and resumes the worker meanwhile does not let it through.
        worker.pause()
        wait_until(lambda: worker.health.is_paused, "a paused worker")
        worker.resume()
        stage.feed([("beside", "said")], source=1)
        wait_until(lambda: b"beside" in said(stage), "the other source")
        # A look may come after the resume of all, never more than one.
        assert quota.brought < 510
        assert worker.ready
        quota.most = 1_000_000
        stage.wait_done()
    wanted = {b"beside", *(b"many-%d" % each for each in range(10))}
    assert said(stage) == wanted | {b"later-%d" % each for each in range(500)}
    # The stage counts each output: none came twice.
    assert len(stage.read(stage.play.outputs, 1)) == 511


def test_a_source_that_was_held_when_it_went_is_read_when_it_is_back(stage: Stage) -> None:
    # The client's pause outlives the assignment; nobody else would end it.
    held = {(topic, 0) for topic in stage.sources}

    class All:
        """Holds every source for as long as the test wants."""

        def passed(self, source: Source, records: int) -> None: ...

        def held(self) -> set[Source]:
            return held

    worker = worker_of(stage.play, Journal(), All())
    with running(worker):
        wait_until(lambda: len(worker.health.assigned) == 2, "both sources")
        other = stage.enter(1)
        other.wait_ready()
        wait_until(lambda: len(worker.health.assigned) == 1, "one of them to go")
        held.clear()
        other.stop()
        wait_until(lambda: len(worker.health.assigned) == 2, "it to be back")
        stage.feed([("first", "said")])
        stage.feed([("second", "said")], source=1)
        wait_until(lambda: said(stage) == {b"first", b"second"}, "what both bring")
        stage.wait_done()


def test_a_backlog_tells_how_many_records_wait_until_the_group_has_them(stage: Stage) -> None:
    topic, group = stage.sources[0], f"{stage.play.application}-behind"
    member = Consumer({**stage.client, "group.id": group, "enable.auto.commit": False})

    def stand(offset: int) -> None:
        member.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)

    connection = Connection(stage.play.bootstrap, stage.play.security)
    backlog = Backlog(connection, group, topic, 1, Journal())
    assert backlog.behind().look == 0
    stand(0)
    stage.feed([(f"word-{number}", "said") for number in range(100)])
    wait_until(lambda: backlog.behind().records == 100 - MARKERS, "what waits")
    wait_until(lambda: backlog.behind().seconds > 0.2, "it to grow old")
    stand(60)
    wait_until(lambda: backlog.behind().records == 40 - MARKERS, "what still waits")
    stand(100)
    wait_until(lambda: backlog.behind()[2:] == (0, 0.0), "the end of it")
    # Once nobody asks, nobody looks; and whoever asks later is told when it was.
    last = backlog.behind()
    assert time.monotonic() - last.at < 5
    time.sleep(ASKED_S + 1)
    asleep = backlog.behind()
    wait_until(lambda: backlog.behind().at > asleep.at + ASKED_S / 2, "a fresh look")
    member.close()
