"""Views on real servers: they follow, are killed, find Redis flushed, and wait for it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

import msgspec
from redis import Redis

from creditbus.domain.calendar import millis_of
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import BUILD, CAUGHT_UP, COMPLETE, POSITIONS, PREFIX
from creditbus.wire.topics import EXPOSURES, STANDINGS
from tests.contract.test_serving import exposure, standing
from tests.integration.views.stage import Stage, wait_until

T = TypeVar("T")

ORDERLY_S = 8.0
"""Less than the ten seconds after which what does not end by itself is ended."""

NUMBERS = count(1)
"""The topics stay from test to test, and from one try to the next: each has its own subjects."""

LEDGER = [("origin", b"credit.inbox.court.v1/0/41")]


def test_views_follow_and_catch_up_after_a_kill_and_end_in_order(stage: Stage) -> None:
    one, other = next(NUMBERS), next(NUMBERS)
    put(stage, standing_of(one, revision=1))
    killed = stage.start("views")
    killed.wait_ready()
    assert revision_of(stage, one) == 1
    put(stage, standing_of(one, revision=2))
    wait_until(lambda: revision_of(stage, one) == 2)
    before = ask(stage, lambda serving: serving.overview())
    killed.stop(signal.SIGKILL)
    put(stage, standing_of(other, revision=1))
    put(stage, standing_of(one, revision=1))
    again = stage.start("views")
    again.wait_ready()
    assert (revision_of(stage, one), revision_of(stage, other)) == (2, 1)
    after = ask(stage, lambda serving: serving.overview())
    assert before is not None
    assert after is not None
    assert after.topics[STANDINGS] == before.topics[STANDINGS] + 2
    assert after.sources[SourceId("court")].received == 42
    began = time.monotonic()
    assert again.stop() == 0
    assert time.monotonic() - began < ORDERLY_S


def test_views_build_a_strange_or_flushed_redis_anew_and_wait_for_an_absent_one(
    stage: Stage,
) -> None:
    one, other = next(NUMBERS), next(NUMBERS)
    put(stage, standing_of(one, revision=4))
    pretend_another_log(stage)
    stage.send("exposure", EXPOSURES, [("entry-1", exposure()), ("entry-1", None)])
    views = stage.start("views")
    views.wait_ready()
    assert revision_of(stage, one) == 4, "what Redis held of another log is replaced"
    flush(stage)
    put(stage, standing_of(other, revision=1))
    wait_until(lambda: (revision_of(stage, one), revision_of(stage, other)) == (4, 1))
    assert ask(stage, lambda serving: serving.exposures()) is not None
    server = stage.stack.server("valkey")
    server.send(signal.SIGSTOP)
    try:
        put(stage, standing_of(other, revision=2))
        wait_until(lambda: views.why() == "waiting for the redis")
        assert views.metric("creditbus_waiting") == 1
    finally:
        server.send(signal.SIGCONT)
    wait_until(lambda: revision_of(stage, other) == 2)
    wait_until(views.is_ready)


def standing_of(number: int, *, revision: int) -> Standing:
    return msgspec.structs.replace(standing(revision), subject_id=_subject(number))


def put(stage: Stage, value: Standing) -> None:
    stage.send("listing", STANDINGS, [(value.subject_id, value)], LEDGER)


def revision_of(stage: Stage, number: int) -> int:
    found = ask(stage, lambda serving: serving.standing(_subject(number)))
    return found.revision if found is not None else 0


def ask(stage: Stage, reading: Callable[[Serving], Awaitable[T]]) -> T | None:
    """Return what Redis answers, none while it cannot."""

    async def once() -> T | None:
        serving = Serving(stage.stack.file.redis_url)
        try:
            return await reading(serving)
        except Unavailable:
            return None
        finally:
            await serving.close()

    return asyncio.run(once())


def flush(stage: Stage) -> None:
    client = Redis.from_url(stage.stack.file.redis_url)
    for key in client.scan_iter(match=f"{PREFIX}*"):
        client.delete(key)
    client.close()


def pretend_another_log(stage: Stage) -> None:
    """Leave a complete Redis that has read further than this log reaches."""
    client = Redis.from_url(stage.stack.file.redis_url)
    client.set(BUILD, "1")
    client.set(COMPLETE, "1")
    client.set(CAUGHT_UP, millis_of(SystemClock().now()))
    client.hset(POSITIONS, f"{STANDINGS}/0", 10**6)
    client.close()


def _subject(number: int) -> SubjectId:
    return SubjectId(f"uscc:views-{number}")
