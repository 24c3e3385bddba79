"""A source's running numbers in a real server: runs, gaps and steps, in whatever order told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random

import pytest
from redis import Redis

from creditbus.domain.acts.refusals import Fault, Reason, refuse
from creditbus.domain.ids import SourceId
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.redis.numbers import Numbers, irregular_numbers, numbers_of
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import PREFIX
from creditbus.runtime.redis.writes import NUMBERS_END, Behind, Writes
from creditbus.stack.local import LocalStack
from creditbus.wire.topics import EVENTS, INBOX_PARTITIONS, REFUSALS, STANDINGS
from tests.contract.test_fates import Told, origin
from tests.examples import a_listing

COURT = SourceId("court")
BASIS = Fault(Reason.BASIS_MISSING, "bases", "art. 8", "name it")


@pytest.fixture
def url(stack: LocalStack) -> str:
    """An address of Redis, with nothing of another test in it."""
    with Redis.from_url(stack.file.redis_url) as client:
        for key in client.scan_iter(match=f"{PREFIX}*"):
            client.delete(key)
    return stack.file.redis_url


@asynccontextmanager
async def emptied(url: str) -> AsyncIterator[Serving]:
    """Give the readers of a Redis that holds nothing and says that this is all."""
    serving = Serving(url)
    try:
        await serving.storing.clear()
        await serving.storing.begin()
        await serving.storing.complete()
        yield serving
    finally:
        await serving.close()


async def numbers_in_redis(serving: Serving) -> Numbers:
    """Return the court's numbers, however long it took to tell of them."""
    await serving.storing.complete()
    return await numbers_of(serving, COURT)


def told(url: str, inbox: list[int], order: list[int], partition: int = 0) -> Numbers:
    """Return what is known of an inbox with these numbers, told of in some order of its offsets."""

    async def steps() -> Numbers:
        async with emptied(url) as serving:
            server = Told(serving)
            for offset in order:
                event = a_listing(sequence=inbox[offset], record_id=f"r-{offset}")
                is_refused = offset % 3 == 0
                where = f"credit.inbox.court.v1/{partition}/{offset}"
                fact = refuse(event.envelope, [BASIS], where) if is_refused else event
                topic = REFUSALS if is_refused else EVENTS
                await server.tell(topic, fact, offset, partition=partition)
            return await numbers_in_redis(serving)

    return asyncio.run(steps())


def told_at_once(url: str, inbox: list[int], parts: list[list[int]]) -> Numbers:
    """Return the same where several are told of in one message, each message twice."""

    async def steps() -> Numbers:
        async with emptied(url) as serving:
            for place, offsets in enumerate([part for part in parts for _ in "ab"]):
                writes = Writes(EVENTS, place, 0)
                for offset in offsets:
                    envelope = a_listing(sequence=inbox[offset]).envelope
                    where = f"credit.inbox.court.v1/0/{offset}"
                    writes.note_admitted(offset, where, envelope, SystemClock().now())
                await serving.storing.write(writes)
            return await numbers_in_redis(serving)

    return asyncio.run(steps())


def runs_of(seen: set[int]) -> tuple[tuple[int, int], ...]:
    firsts = sorted(each for each in seen if each - 1 not in seen)
    lasts = sorted(each for each in seen if each + 1 not in seen)
    return tuple(zip(firsts, lasts, strict=True))


def numbers_in(inbox: list[int]) -> Numbers:
    seen = set(inbox)
    return Numbers(
        runs_of(seen),
        missing=max(seen) - min(seen) + 1 - len(seen),
        backward=sum(after < before for before, after in pairwise(inbox)),
    )


@pytest.mark.parametrize("seed", range(6))
def test_runs_gaps_and_steps_are_the_same_in_any_order(url: str, seed: int) -> None:
    chance = Random(seed)
    inbox = [chance.randint(1, 30) for _ in range(25)]
    order = list(range(len(inbox)))
    chance.shuffle(order)

    # In the last partition of a widened inbox as in the only one of another.
    found = told(url, inbox, order, partition=seed % 2 * (INBOX_PARTITIONS - 1))

    assert found == numbers_in(inbox)


@pytest.mark.parametrize("seed", range(12))
def test_several_at_once_and_twice_come_to_the_same(url: str, seed: int) -> None:
    chance = Random(seed)
    inbox = [chance.randint(1, 60) for _ in range(60)]
    if seed % 3 == 0:  # as most sources send: in order, with a few gaps
        inbox = sorted(set(inbox))
    order = list(range(len(inbox)))
    if seed % 2:
        chance.shuffle(order)
    cuts = sorted(chance.sample(range(1, len(order)), 5))
    parts = [order[start:end] for start, end in pairwise([0, *cuts, len(order)])]

    assert told_at_once(url, inbox, parts) == numbers_in(inbox)


def test_what_is_irregular_is_told_of_each_source(url: str) -> None:
    async def asked() -> dict[str, tuple[int, int]]:
        serving = Serving(url)
        try:
            return await irregular_numbers(serving)
        finally:
            await serving.close()

    told(url, [5, 9, 7], [0, 1, 2])
    assert asyncio.run(asked()) == {"court": (2, 1)}
    told(url, [5, 6, 7], [0, 1, 2])
    assert asyncio.run(asked()) == {}


def test_what_has_no_number_or_one_too_high_is_not_followed(url: str) -> None:
    found = told(url, [0, 7, NUMBERS_END, 8], [0, 1, 2, 3])

    assert (found.runs, found.missing, found.backward) == (((7, 8),), 0, 0)


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_redriven_record_closes_its_gap_and_is_no_step_backward(
    url: str, *, is_refused: bool
) -> None:
    async def steps(order: list[int]) -> Numbers:
        async with emptied(url) as serving:
            server = Told(serving)
            for offset in order:
                event = a_listing(sequence=(1, 3, 2, 4)[offset], record_id=f"r-{offset}")
                where = f"credit.inbox.court.v1/0/{offset}"
                fact = refuse(event.envelope, [BASIS], where) if is_refused else event
                topic = REFUSALS if is_refused else EVENTS
                await server.tell(topic, fact, offset, sent=0 if offset == 2 else None)
            return await numbers_in_redis(serving)

    for order in ([0, 1, 2, 3], [2, 3, 1, 0], [3, 2, 1, 0]):
        assert asyncio.run(steps(order)) == Numbers(((1, 4),))


def test_a_redriven_record_whose_own_writes_come_again_is_no_step_backward(url: str) -> None:
    event = a_listing(sequence=1, record_id="r-2")
    told_at = SystemClock().now()

    async def steps() -> Numbers:
        async with emptied(url) as serving:
            server = Told(serving)
            lost = Writes(STANDINGS, 0, 7)
            lost.note_admitted(7, origin(2), event.envelope, told_at, first_sent=origin(0))
            with pytest.raises(Behind):
                await serving.storing.write(lost)
            for offset, number in ((1, 2), (3, 3)):
                await server.tell(EVENTS, a_listing(sequence=number), offset)
            await server.tell(EVENTS, event, 2, sent=0)
            return await numbers_in_redis(serving)

    assert asyncio.run(steps()) == Numbers(((1, 3),))


def test_of_many_gaps_the_oldest_are_counted_and_not_named(url: str) -> None:
    inbox = list(range(1, 2101, 2))

    found = told(url, inbox, list(range(len(inbox))))

    assert found.missing == len(inbox) - 1
    assert len(found.runs) == 1000
    assert found.runs[-1] == (2099, 2099)
