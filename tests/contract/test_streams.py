"""When a stream or a webhook of fates ends, begins anew, or has left something out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from redis import Redis

from creditbus.delivery.fates import GAP
from creditbus.domain.acts.refusals import duplicate
from creditbus.gateway.streams import REBUILT, TOO_MANY, UNKNOWN, FateStream
from creditbus.runtime import tasks
from creditbus.runtime.http.source_webhooks import file_of
from creditbus.runtime.redis.errands import Errand
from creditbus.runtime.redis.fates import told_plainly
from creditbus.runtime.redis.served import TOLD_KEPT, told_key
from creditbus.runtime.redis.told import KEPT, FateCursor, Follow, ToldFates
from creditbus.wire.topics import DUPLICATES
from tests.contract.test_fate_webhooks import (
    Agency,
    a_process,
    a_row,
    begun,
    is_failing,
    served,
    until,
)
from tests.contract.test_fate_webhooks import url as url  # noqa: PLC0414 - a fixture
from tests.contract.test_fates import COURT, EVENT, Followed, Told, origin, run


async def decide(told: Told, *offsets: int) -> None:
    """Let it be found out that what lies at some offsets was a duplicate."""
    for at in offsets:
        await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(at)), at)


async def build_anew(told: Told) -> None:
    storing = told.serving.storing
    await storing.clear()
    await storing.begin()
    await storing.complete()
    told._offsets.clear()  # noqa: SLF001 - views reads from the beginning again


def test_who_is_welcome_no_more_is_told_nothing_more(url: str) -> None:
    async def steps(told: Told) -> None:
        fates, welcome = ToldFates(told.serving, told_plainly), True
        async with fates.followed():
            stream = FateStream(fates, COURT, "", lambda: welcome)
            events = stream.events()
            assert (await anext(events)).startswith(b"retry: ")
            assert b"event: begin" in await asyncio.wait_for(anext(events), 30)
            assert fates.following(COURT) == 1
            welcome = False
            await decide(told, 1)
            with pytest.raises(StopAsyncIteration):
                await asyncio.wait_for(anext(events), 30)
            assert fates.following(COURT) == 0

    run(url, steps)


def test_a_reset_says_why(url: str) -> None:
    async def steps(told: Told) -> None:
        fates = ToldFates(told.serving, told_plainly)
        async with fates.followed():
            stream, unknown = Followed(fates), Followed(fates, "nonsense")
            begun, _, _ = await stream.next()
            assert (await unknown.next())[2]["reason"] == UNKNOWN
            with Redis.from_url(url) as client, client.pipeline() as ask:
                for number in range(TOLD_KEPT + 2 * KEPT):
                    ask.xadd(told_key(COURT), {"place": number + 10}, maxlen=TOLD_KEPT)
                ask.execute()
            late = Followed(fates, begun)
            assert (await late.next())[2]["reason"] == TOO_MANY
            await late.close()
            await build_anew(told)
            while (found := await stream.next())[2]["reason"] != REBUILT:
                assert found[1] == "reset"
            for each in (stream, unknown):
                await each.close()

    run(url, steps)


def test_what_a_reader_keeps_is_whole_behind_its_floor() -> None:
    follow, build = Follow(), "1"
    cursors = [FateCursor(build, (number, 0)) for number in range(KEPT + 6)]
    follow.begin(cursors[0])
    follow.take([(each, b"{}") for each in cursors[1 : KEPT + 1]], cursors[KEPT])
    assert follow.floor == cursors[0]
    follow.take([(each, b"{}") for each in cursors[KEPT + 1 :]], cursors[-1])
    assert follow.floor == cursors[5]
    assert [each for each, _ in follow.kept] == cursors[6:]
    assert follow.end == cursors[-1]
    follow.begin(cursors[2])
    assert (follow.floor, follow.end, len(follow.kept)) == (cursors[2], cursors[2], 0)


def test_a_webhook_hears_of_a_gap_where_nobody_knows_how_far_it_was_told(
    url: str, tmp_path: Path
) -> None:
    agency = Agency()

    async def steps(told: Told) -> None:
        with served(agency) as address, Redis.from_url(url) as client:
            row = a_row(address)
            process = a_process(url, tmp_path, row)
            sender = await begun(process, agency)
            assert len(agency.gaps) == 1
            await decide(told, 1)
            await until(lambda: agency.offsets == [1])
            # The views are built anew, so what was told is of a Redis that is no more.
            await build_anew(told)
            await until(lambda: len(agency.gaps) == 2)
            await decide(told, 2)
            await until(lambda: agency.offsets == [1, 2])
            await tasks.end(sender)
            # More was told than is there: it was set back.
            errands = told.serving.errands
            done = FateCursor.of((await errands.of(COURT)).done)
            assert done is not None
            ahead = FateCursor(done.build, (2**50, 0))
            await errands.keep(COURT, Errand(done=str(ahead)))
            sender = await begun(process, agency)
            assert len(agency.gaps) == 3
            await tasks.end(sender)
            # And it was away for longer than is kept.
            with client.pipeline() as ask:
                for number in range(TOLD_KEPT + 2 * KEPT):
                    ask.xadd(told_key(COURT), {"place": number + 10}, maxlen=TOLD_KEPT)
                ask.execute()
            await errands.keep(COURT, Errand(done=str(done)))
            sender = await begun(process, agency)
            assert len(agency.gaps) == 4
            await tasks.end(sender)
        assert (set(agency.gaps), agency.offsets) == ({GAP}, [1, 2])

    run(url, steps)


def test_a_file_of_webhooks_that_is_damaged_stops_nobody_for_good(url: str, tmp_path: Path) -> None:
    agency = Agency()

    async def steps(told: Told) -> None:
        with served(agency) as address:
            row = a_row(address)
            process = a_process(url, tmp_path, row)
            sender = await begun(process, agency)
            agency.is_up = False
            await decide(told, 1)
            await until(lambda: is_failing(process) == 1)
            # Whoever is told no more fails no more either.
            (tmp_path / "webhooks.json").write_text("{", encoding="utf-8")
            await until(lambda: is_failing(process) == 0)
            agency.is_up = True
            (tmp_path / "webhooks.json").write_bytes(file_of((row,)))
            await until(lambda: agency.offsets == [1])
            assert not sender.done()
            await tasks.end(sender)

    run(url, steps)
