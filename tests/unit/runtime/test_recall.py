"""Recall: a worker waits for one bound for what views knows, and then goes on without."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event

import pytest
import structlog

from creditbus.demo.city import organisation
from creditbus.domain.aliases.namesakes import NamedBefore, RecordName
from creditbus.domain.ids import SourceId
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.recall import REST_S, Known, Respite, ThreadRecall

RECORD = (SourceId("court"), "a")
KNOWN: Known = {RECORD: NamedBefore(frozenset({organisation(1)}))}


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def respite(clock: Callable[[], float] = time.monotonic) -> Respite:
    return Respite(structlog.stdlib.get_logger(), clock)


def test_a_redis_that_is_away_is_asked_once_and_again_when_the_respite_is_over() -> None:
    rounds, watch, is_away = 0, Watch(), True

    def named(_: Sequence[RecordName]) -> Known:
        nonlocal rounds
        rounds += 1
        if is_away:
            raise Unavailable("redis", "no answer")
        return KNOWN

    recall = ThreadRecall(named, respite(watch))
    assert [recall.named([RECORD]) for _ in range(3)] == [{}, {}, {}]
    assert rounds == 1
    is_away, watch.at = False, REST_S
    assert recall.named([RECORD]) == KNOWN
    assert recall.named([RECORD]) == KNOWN


def test_a_redis_that_is_slow_costs_one_wait_and_no_second_one_while_it_is_held_up() -> None:
    rounds, watch, free = 0, Watch(), Event()

    def named(_: Sequence[RecordName]) -> Known:
        nonlocal rounds
        rounds += 1
        free.wait(60)
        return KNOWN

    recall = ThreadRecall(named, respite(watch))
    began = time.monotonic()
    try:
        assert recall.named([RECORD]) == {}
        watch.at = REST_S
        assert [recall.named([RECORD]) for _ in range(1000)] == [{}] * 1000
        assert rounds == 1
        assert time.monotonic() - began < 30
    finally:
        free.set()
    while recall.named([RECORD]) != KNOWN:
        assert time.monotonic() - began < 60
        watch.at += REST_S


def test_a_mistake_of_ours_is_no_outage() -> None:
    def broken(_: Sequence[RecordName]) -> Known:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ThreadRecall(broken, respite()).named([RECORD])
