"""The wayside: one source waits, is tried again, skipped or let go; the others hear nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from creditbus.engine.failures import Hindrance
from creditbus.engine.health import Source
from creditbus.engine.wayside import (
    FIRST_SECONDS,
    LAST_SECONDS,
    PATIENCE_SECONDS,
    TRIAL_SECONDS,
    Skip,
    Wayside,
    unseen,
)
from tests.unit.engine.doubles import NOON, Journal

COURT: Source = ("inbox.court", 0)
TAX: Source = ("inbox.tax", 0)
BOMB = KafkaError(KafkaError._BAD_COMPRESSION)
LOST = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
GONE = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
REMOVED = KafkaError(KafkaError._AUTO_OFFSET_RESET)


class PausedClient:
    """What the wayside asks of a consumer: where it seeks, what it holds back and lets go."""

    def __init__(self) -> None:
        self.held: set[Source] = set()
        self.sought: list[tuple[str, int, int]] = []
        self.is_shut = False

    def pause(self, places: list[TopicPartition]) -> None:
        self.held |= {(place.topic, place.partition) for place in places}

    def resume(self, places: list[TopicPartition]) -> None:
        self.held -= {(place.topic, place.partition) for place in places}

    def seek(self, place: TopicPartition) -> None:
        if self.is_shut:
            raise KafkaException(KafkaError(KafkaError._STATE))
        self.sought.append((place.topic, place.partition, place.offset))


class Bench:
    """A wayside with a clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.journal = Journal()
        self.gone_on: list[Source] = []
        self.client = PausedClient()
        self.wayside = Wayside(
            {COURT[0], TAX[0]},
            self.journal,
            now=lambda: NOON + timedelta(seconds=self.seconds),
            goes_on=self.gone_on.append,
            clock=lambda: self.seconds,
        )

    @property
    def consumer(self) -> Consumer:
        return cast("Consumer", self.client)

    def park(self, source: Source = COURT, position: int | None = 7, error: Any = BOMB) -> None:
        self.wayside.park(self.consumer, source, position, error)

    def after(self, seconds: float, *, is_silent: bool = False) -> list[Source]:
        self.seconds += seconds
        return self.wayside.try_again(self.consumer, is_silent=is_silent)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_only_what_is_of_one_source_that_may_wait_is_taken(bench: Bench) -> None:
    takes = bench.wayside.takes
    assert all(takes(COURT[0], error) for error in (BOMB, LOST, GONE, REMOVED))
    assert takes(COURT[0], KafkaError(KafkaError.UNKNOWN))  # in no row of the table
    assert not takes("log", BOMB)
    assert not takes(None, BOMB)
    assert not takes(COURT[0], KafkaError(KafkaError._TRANSPORT))
    assert not takes(COURT[0], KafkaError(KafkaError._AUTHENTICATION))
    assert not takes(COURT[0], KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))
    assert not takes(COURT[0], KafkaError(KafkaError.UNKNOWN_MEMBER_ID))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BOMB, Hindrance.BATCH_UNREADABLE),
        (LOST, Hindrance.RIGHTS_MISSING),
        (GONE, Hindrance.TOPIC_MISSING),
        (REMOVED, Hindrance.RECORDS_REMOVED),
        (KafkaError(KafkaError.UNKNOWN), Hindrance.FETCH_FAILED),
    ],
)
def test_who_waits_says_where_since_when_and_why(
    bench: Bench, error: KafkaError, reason: Hindrance
) -> None:
    bench.park(error=error)
    (parked,) = bench.wayside.parked
    assert (parked.topic, parked.partition, parked.position) == (*COURT, 7)
    assert (parked.reason, parked.since, parked.place) == (reason, NOON, "inbox.court/0/7")
    assert parked.why.startswith(f"{reason.sentence}: {error.name()}")
    assert bench.client.held == {COURT}


def test_it_is_tried_again_later_each_time_and_keeps_its_beginning(bench: Bench) -> None:
    bench.park()
    for seconds in (1, 2, 4, 8, LAST_SECONDS, LAST_SECONDS):
        assert FIRST_SECONDS <= seconds <= LAST_SECONDS
        bench.after(seconds - 0.1)
        assert bench.client.held == {COURT}
        bench.after(0.1)
        assert bench.client.held == set()
        assert bench.client.sought[-1] == (*COURT, 7)
        bench.park()
    (parked,) = bench.wayside.parked
    assert parked.since == NOON
    assert len(bench.journal.said) == 1


def test_whoever_is_tried_and_hears_nothing_bad_goes_on(bench: Bench) -> None:
    bench.park(error=LOST)
    bench.after(FIRST_SECONDS)
    bench.after(TRIAL_SECONDS - 0.1)
    assert bench.gone_on == []
    bench.after(0.1)
    assert not bench.wayside.parked
    assert bench.gone_on == [COURT]


def test_a_record_that_comes_ends_the_wait(bench: Bench) -> None:
    bench.park()
    bench.park(TAX)
    bench.after(FIRST_SECONDS)
    bench.wayside.heard(COURT)
    assert [each.topic for each in bench.wayside.parked] == [TAX[0]]


def test_nothing_is_learnt_of_a_silent_broker(bench: Bench) -> None:
    bench.park()
    assert bench.after(100, is_silent=True) == []
    assert bench.client.held == {COURT}
    bench.after(FIRST_SECONDS)
    bench.after(TRIAL_SECONDS, is_silent=True)
    assert len(bench.wayside.parked) == 1


def test_what_cannot_be_sought_yet_is_tried_later(bench: Bench) -> None:
    bench.park()
    bench.client.is_shut = True
    bench.after(FIRST_SECONDS)
    assert bench.client.held == {COURT}
    bench.client.is_shut = False
    bench.after(LAST_SECONDS)
    assert bench.client.held == set()


def test_a_source_without_a_position_is_asked_for_again(bench: Bench) -> None:
    bench.park(position=None, error=GONE)
    assert bench.wayside.unplaced == {COURT}
    assert bench.client.held == set()
    assert bench.after(FIRST_SECONDS) == [COURT]
    bench.wayside.forget([COURT])
    assert not bench.wayside.parked


def test_what_goes_to_another_worker_is_forgotten(bench: Bench) -> None:
    bench.park()
    bench.park(TAX)
    bench.wayside.ask(Skip(topic=TAX[0], partition=0, start=7, through=7))
    bench.wayside.keep_to([COURT])
    assert [each.topic for each in bench.wayside.parked] == [COURT[0]]
    # A worker that has just started may still be given it.
    assert len(bench.wayside.skips) == 1
    bench.seconds += PATIENCE_SECONDS + 1
    bench.wayside.keep_to([COURT, TAX])
    assert len(bench.wayside.skips) == 1
    bench.wayside.keep_to([COURT])
    assert bench.wayside.skips == []


def test_topics_that_are_not_there_are_told_until_they_are(bench: Bench) -> None:
    first = {COURT[0]: GONE, "log": GONE}
    bench.wayside.miss(first)
    bench.seconds = 60
    bench.wayside.miss({COURT[0]: LOST})
    (parked,) = bench.wayside.parked
    assert (parked.partition, parked.position, parked.since) == (None, None, NOON)
    assert parked.reason == Hindrance.RIGHTS_MISSING
    bench.wayside.miss({})
    assert not bench.wayside.parked


def test_a_skip_goes_back_only_where_the_position_is_outside_of_the_log(bench: Bench) -> None:
    on = Skip(topic=COURT[0], partition=0, start=7, through=7)
    back = Skip(topic=COURT[0], partition=0, start=7, through=-1)
    assert not bench.wayside.allows(on)
    bench.park()
    assert bench.wayside.allows(on)
    assert not bench.wayside.allows(back)
    bench.park(error=REMOVED)
    assert bench.wayside.allows(back)


def test_who_was_skipped_past_is_tried_at_once(bench: Bench) -> None:
    bench.park()
    bench.wayside.skipped(bench.consumer, COURT, 8)
    assert bench.client.sought == [(*COURT, 8)]
    assert bench.client.held == set()
    bench.park(position=8)
    (parked,) = bench.wayside.parked
    assert parked.position == 8


def test_a_record_that_nobody_saw_is_buried_with_the_reason(bench: Bench) -> None:
    bench.park()
    (parked,) = bench.wayside.parked
    letter = unseen(COURT, 7, parked)
    assert (str(letter.position), letter.reason) == ("inbox.court/0/7", "BATCH_UNREADABLE")
    assert (letter.key, letter.value, letter.headers) == (None, None, ())
    assert "unpacks to more" in letter.detail
