"""Errands: one worker holds the claim to tell the sources, for as long as it says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from creditbus.runtime.redis.errands import CLAIM_S, KEPT_S, Errand, Errands
from creditbus.stack.local import LocalStack

CLAIM = "creditbus:errand::teller"
KEPT = "creditbus:errand:of-tests"


@pytest.fixture
def url(stack: LocalStack) -> str:
    """An address of Redis in which nobody holds the claim."""
    with Redis.from_url(stack.file.redis_url) as client:
        client.delete(CLAIM, KEPT)
    return stack.file.redis_url


def test_one_holds_the_claim_until_it_is_silent_or_gives_it_back(url: str) -> None:
    async def steps(client: AsyncRedis) -> None:
        errands = Errands(client)
        assert await errands.claim("delivery-0")
        assert not await errands.claim("delivery-1")
        assert 0 < await client.pttl(CLAIM) <= CLAIM_S * 1000
        # Whoever asks in vain makes the claim of another no longer; its own it renews.
        await client.pexpire(CLAIM, 2_000)
        assert not await errands.claim("delivery-1")
        assert await client.pttl(CLAIM) <= 2_000
        assert await errands.claim("delivery-0")
        assert await client.pttl(CLAIM) > 2_000
        # Nobody gives back what another one holds.
        await errands.release("delivery-1")
        assert not await errands.claim("delivery-1")
        await errands.release("delivery-0")
        assert await errands.claim("delivery-1")
        await errands.release("delivery-1")

    _run(url, steps)


def test_how_far_a_source_was_told_outlives_what_became_of_its_records(url: str) -> None:
    async def steps(client: AsyncRedis) -> None:
        errands = Errands(client)
        assert await errands.of("of-tests") == Errand()
        await errands.keep("of-tests", Errand(done="a", until="b"))
        assert await errands.of("of-tests") == Errand(done="a", until="b")
        assert KEPT_S - 60 < await client.ttl(KEPT) <= KEPT_S
        await client.delete(KEPT)

    _run(url, steps)


def _run(url: str, steps: Callable[[AsyncRedis], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with AsyncRedis.from_url(url) as client:
            await steps(client)

    asyncio.run(whole())
