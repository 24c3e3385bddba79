"""The loop's turns with a client, a group and a broker on paper: what a quota lets through when.

tests/integration/engine has all of it on a real broker.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Collection, Sequence
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from creditbus.engine import rhythm
from creditbus.engine.alarm import Alarm
from creditbus.engine.checkpoint import Checkpoint
from creditbus.engine.health import Source
from creditbus.engine.hold import Hold
from creditbus.engine.job import Job
from creditbus.engine.lags import Lags
from creditbus.engine.loop import FETCH, Loop
from creditbus.engine.membership import Membership
from creditbus.engine.rhythm import EVERY_RECORDS
from creditbus.engine.shares import Share
from creditbus.engine.turnstile import LOOK_SECONDS, PIECE, Quota
from creditbus.engine.values import Output, Produced, Slice, SliceOutcome, State, Unreadable
from creditbus.engine.watchdog import Watchdog
from creditbus.engine.wayside import Wayside
from tests.unit.engine.doubles import NOON, Journal, ScriptedProducer, membership, surroundings
from tests.unit.engine.test_wayside import COURT, TAX, PausedClient

SOURCES = (COURT, TAX)
ALL = 10 * FETCH


class PaperRecord:
    """A record, or the error that a client brings in its place."""

    def __init__(self, source: Source, offset: int, error: KafkaError | None = None) -> None:
        self._source, self._offset, self._error = source, offset, error

    def topic(self) -> str:
        return self._source[0]

    def partition(self) -> int:
        return self._source[1]

    def offset(self) -> int:
        return self._offset

    def error(self) -> KafkaError | None:
        return self._error


class PaperClient(PausedClient):
    """A client that has fetched all there is ahead, and gives nothing of what is paused."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead: dict[Source, deque[PaperRecord]] = {source: deque() for source in SOURCES}
        self.waited: list[float] = []

    def feed(self, source: Source, records: int, *, begin: int = 0) -> None:
        self.ahead[source] += [PaperRecord(source, n) for n in range(begin, begin + records)]

    def poll(self, seconds: float) -> PaperRecord | None:
        self.waited.append(seconds)
        return next(iter(self.consume(1, 0)), None)

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition(*source) for source in SOURCES]

    def position(self, _: list[TopicPartition]) -> list[TopicPartition]:
        return []

    def consume(self, most: int, _seconds: float) -> list[PaperRecord]:
        found: list[PaperRecord] = []
        for source in SOURCES:
            while self.ahead[source] and source not in self.held and len(found) < most:
                found.append(self.ahead[source].popleft())
        return found


class PaperMembership:
    """A group that gave this worker everything, for good."""

    is_in_doubt = False
    assigned = SOURCES

    def __init__(self) -> None:
        self.wayside = Wayside(
            {COURT[0], TAX[0]}, Journal(), now=lambda: NOON, goes_on=lambda _: None
        )
        self.shares = [Share(partition, {topic: 0}) for topic, partition in SOURCES]

    def share_of(self, source: Source) -> Share | None:
        return next((share for share in self.shares if source in share.sources), None)

    def begin_ready(self, _: Consumer) -> None:
        pass

    def place_again(self, _: Sequence[Source]) -> None:
        pass


class Most:
    """A quota by which the court may bring so many records, and the others all."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.brought: Counter[Source] = Counter()
        self.pieces: list[int] = []

    def passed(self, source: Source, records: int) -> None:
        self.brought[source] += records
        self.pieces.append(records)

    def held(self) -> Collection[Source]:
        return [COURT] if self.brought[COURT] >= self.most else []


class Bench:
    """A loop that writes down for each record that it was decided."""

    def __init__(self, quota: Quota | None) -> None:
        self.client, self.producer, self.group = (
            PaperClient(),
            ScriptedProducer(),
            PaperMembership(),
        )
        self.decided: Counter[str] = Counter()
        transaction = self.producer.as_transaction()
        around = surroundings(Journal())
        self.loop = Loop(
            Job(
                application="paper",
                name="paper-0",
                sources=(COURT[0], TAX[0]),
                tables=(),
                read=self._read,
                decide=self._decide,
                write=lambda output: cast(Produced, output),
                bury=lambda _: Produced(topic="dead", key=None, value=None),
                may_wait=frozenset({COURT[0], TAX[0]}),
                quota=quota,
            ),
            cast(Consumer, self.client),
            transaction=transaction,
            checkpoint=Checkpoint(
                transaction,
                changelog="log",
                topic_id="t",
                membership=lambda: membership(1),
                surroundings=around,
                watchdog=Watchdog(Journal()),
            ),
            membership=cast(Membership, self.group),
            surroundings=around,
        )
        self._alarm = Alarm()
        self.hold = Hold(Lags())

    @property
    def commits(self) -> int:
        return self.producer.calls.count("commit")

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.loop.turn(self._alarm, self.hold)

    def _read(self, records: Sequence[Message]) -> tuple[int, list[Unreadable]]:
        return len(records), []

    def _decide(self, slice_: Slice[int], _: State) -> SliceOutcome:
        self.decided[slice_.topic] += slice_.columns
        made = [Produced(topic="out", key=None, value=None)] * slice_.columns
        return SliceOutcome(outputs=cast(list[Output], made))


def _pass_a_look() -> None:
    time.sleep(LOOK_SECONDS * 1.1)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass between two checkpoints, however slow the machine is."""
    monkeypatch.setattr(rhythm, "EVERY_SECONDS", 1000.0)


def test_without_a_quota_a_fetch_brings_as_much_as_it_may() -> None:
    bench = Bench(None)
    bench.client.feed(COURT, FETCH + 1)
    bench.turn()
    assert bench.decided[COURT[0]] == FETCH


def test_under_a_quota_it_is_asked_before_each_piece() -> None:
    quota = Most(2 * PIECE)
    bench = Bench(quota)
    bench.client.feed(COURT, ALL)
    for _ in range(20):
        _pass_a_look()
        bench.turn()
    assert bench.decided[COURT[0]] == 2 * PIECE
    assert max(quota.pieces) == PIECE
    bench.client.feed(TAX, 7)
    _pass_a_look()
    bench.turn()
    assert bench.decided[TAX[0]] == 7
    assert quota.brought[TAX] == 7


def test_who_is_held_from_the_start_brings_nothing() -> None:
    bench = Bench(Most(0))
    bench.client.feed(COURT, 10)
    bench.turn()
    assert bench.decided[COURT[0]] == 0


def test_what_was_decided_before_is_not_counted_again() -> None:
    quota = Most(ALL)
    bench = Bench(quota)
    bench.client.feed(COURT, 10)
    bench.turn()
    # As after a seek, which brings some twice.
    bench.client.feed(COURT, 15)
    bench.turn()
    assert quota.brought[COURT] == bench.decided[COURT[0]] == 15


def test_while_somebody_is_held_no_wait_is_longer_than_until_the_next_look() -> None:
    bench = Bench(Most(1))
    bench.client.feed(COURT, 10)
    bench.turn(3)
    _pass_a_look()
    bench.turn()
    assert bench.client.waited[-1] <= LOOK_SECONDS < rhythm.IDLE_SECONDS


@pytest.mark.usefixtures("still")
def test_pieces_of_a_flood_share_a_checkpoint_and_a_lone_record_has_its_own() -> None:
    bench = Bench(Most(ALL))
    bench.client.feed(COURT, 4 * PIECE)
    bench.turn(4)
    assert (bench.decided[COURT[0]], bench.commits) == (4 * PIECE, 0)
    bench.turn()
    assert bench.commits == 1
    bench.client.feed(COURT, 1, begin=4 * PIECE)
    bench.turn()
    bench.turn()
    assert bench.commits == 2
    assert len(bench.producer.committed) == 4 * PIECE + 1


@pytest.mark.usefixtures("still")
def test_a_checkpoint_never_waits_for_more_than_so_many_records() -> None:
    bench = Bench(None)
    bench.client.feed(COURT, EVERY_RECORDS + FETCH)
    bench.turn(EVERY_RECORDS // FETCH + 1)
    assert bench.commits == 1


@pytest.mark.usefixtures("still")
def test_a_source_that_cannot_be_read_is_parked_behind_what_came_before() -> None:
    bench = Bench(Most(ALL))
    bench.client.feed(COURT, 3)
    bench.client.ahead[COURT].append(PaperRecord(COURT, 3, KafkaError(KafkaError._BAD_COMPRESSION)))
    bench.client.feed(TAX, 5)
    bench.turn()
    parked = bench.group.wayside.at(COURT)
    assert parked is not None
    assert parked.position == 3
    assert bench.decided == {COURT[0]: 3, TAX[0]: 5}
    # It is read again, as when the wayside tries it.
    bench.client.held.clear()
    bench.client.feed(COURT, 2, begin=3)
    bench.turn()
    assert bench.group.wayside.at(COURT) is None


@pytest.mark.usefixtures("still")
def test_what_a_light_fetch_brings_of_several_sources_is_committed_together() -> None:
    bench = Bench(None)
    bench.client.feed(COURT, 1)
    bench.client.feed(TAX, 1)
    bench.turn()
    assert (bench.commits, len(bench.producer.committed)) == (1, 2)


def test_a_heavy_fetch_is_committed_source_by_source_when_that_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rhythm, "EVERY_SECONDS", 0.0)
    bench = Bench(None)
    for source in SOURCES:
        bench.client.feed(source, FETCH // 2)
    bench.turn()
    assert bench.commits == 2


def test_under_a_flood_nothing_waits_long_for_its_checkpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rhythm, "EVERY_SECONDS", 0.05)
    bench = Bench(None)
    bench.client.feed(COURT, 2 * FETCH)
    bench.turn()
    time.sleep(0.1)
    bench.turn()
    assert bench.commits >= 1


@pytest.mark.usefixtures("still")
def test_a_worker_whose_work_went_to_another_waits_as_one_that_has_none() -> None:
    bench = Bench(None)
    bench.client.feed(COURT, FETCH)
    bench.turn()
    bench.group.shares.clear()
    bench.turn(2)
    assert bench.client.waited[-1] == rhythm.IDLE_SECONDS


def test_a_worker_that_is_to_stand_still_reads_nothing_of_what_is_let_go_in_that_turn() -> None:
    bench = Bench(None)

    def begin(_: Consumer) -> None:
        bench.client.resume(bench.client.assignment())

    bench.group.begin_ready = begin  # type: ignore[method-assign]
    for source in SOURCES:
        bench.client.feed(source, 10)
    bench.hold.want()
    bench.turn(3)
    assert not bench.decided
    assert bench.hold.is_holding
    bench.hold.end()
    bench.turn()
    assert bench.decided.total() == 20
