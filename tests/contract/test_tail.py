"""The tail: what those who follow the exposures are told, from one reading of a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import msgspec
import pytest

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.ids import EntryId
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis import tail as tails
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import Cursor, ExposureChange, ExposureLog
from creditbus.runtime.redis.tail import Tail
from creditbus.runtime.redis.writes import Writes
from tests.contract.test_serving import Served, exposure, served, url

__all__ = ["served", "url"]


def test_the_tail_hears_of_the_next_change_and_of_another_build(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        tail = Tail(serving)
        async with tail.followed():
            await tail.turned(2)
            first = tail.end
            assert first is not None
            assert tail.as_of is not None
            following = asyncio.create_task(tail.turned(5))
            await asyncio.sleep(0.3)
            assert not following.done()
            writes = Writes("exposures", 0, 0)
            writes.put_exposure(0, exposure(1))
            await serving.storing.write(writes)
            await asyncio.wait_for(following, 2)
            (change,) = await tail.after(first)
            assert (change.entry_id, change.exposure) == ("entry-1", exposure(1))
            again = Writes("exposures", 0, 1)
            again.withdraw_exposure(1, EntryId("entry-1"))
            await serving.storing.write(again)
            await tail.turned(2)
            (change,) = await tail.after(first)
            assert change.exposure is None, "nothing of a withdrawn exposure is kept"
            assert await tail.after(change.cursor) == []
            await serving.storing.clear()
            await serving.storing.begin()
            await asyncio.sleep(0.3)
            assert not tail.is_current
            await serving.storing.complete()
            await tail.turned(2)
            assert tail.end is not None
            assert tail.end.build != first.build

    served(steps)


def test_who_is_behind_the_tail_reads_what_it_has_missed(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        _, cursor = await serving.exposures()
        writes = Writes("exposures", 0, 0)
        for number in range(3):
            writes.put_exposure(number, exposure(1, number=number))
        await serving.storing.write(writes)
        tail = Tail(serving)
        async with tail.followed():
            await tail.turned(2)
            first, *_ = await tail.after(cursor, 1)
            assert first.entry_id == "entry-0"
            assert [each.entry_id for each in await tail.after(first.cursor)] == [
                "entry-1",
                "entry-2",
            ]

    served(steps)


def show(shown: dict[EntryId, Exposure], changes: Sequence[ExposureChange]) -> None:
    """Do to what is shown what the changes say."""
    for change in changes:
        if change.exposure is None:
            shown.pop(change.entry_id, None)
        else:
            shown[change.entry_id] = change.exposure


@pytest.mark.parametrize("seed", range(4))
def test_whoever_follows_from_anywhere_comes_to_what_stands(
    served: Served[None], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(tails, "KEPT", 5)
    chance = Random(seed)

    async def steps(serving: Serving) -> None:
        tail = Tail(serving)
        followers: list[tuple[Cursor, dict[EntryId, Exposure]]] = []
        for at in range(60):
            writes, number = Writes("exposures", 0, at), chance.randrange(9)
            if chance.random() < 0.7:
                writes.put_exposure(at, exposure(at, number=number))
            else:
                writes.withdraw_exposure(at, EntryId(f"entry-{number}"))
            await serving.storing.write(writes)
            if chance.random() < 0.4:
                exposures, cursor = await tail.snapshot()
                followers.append((cursor, {each.entry_id: each for each in exposures}))
        exposures, end = await tail.snapshot()
        for begin, shown in followers:
            cursor = begin
            while changes := await tail.after(cursor, chance.randint(1, 4)):
                numbers = [cursor.number, *(change.cursor.number for change in changes)]
                assert numbers == sorted({*numbers}), "none is told twice or out of its order"
                cursor = changes[-1].cursor
                show(shown, changes)
            assert cursor == end
            assert shown == {each.entry_id: each for each in exposures}

    served(steps)


def test_what_stands_is_read_once_and_moved_on_by_the_changes(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        tail = Tail(serving)
        numbers = iter(range(1_000))

        async def write(*shown: int, withdrawn: tuple[int, ...] = ()) -> None:
            at = next(numbers)
            writes = Writes("exposures", 0, at)
            for number in shown:
                writes.put_exposure(at, exposure(at, number=number))
            for number in withdrawn:
                writes.withdraw_exposure(at, EntryId(f"entry-{number}"))
            await serving.storing.write(writes)

        async def stands() -> list[str]:
            exposures, cursor = await tail.snapshot()
            held, end = await serving.exposures()
            assert sorted(exposures, key=lambda each: each.entry_id) == held
            assert cursor == end
            return sorted(each.entry_id for each in exposures)

        async with tail.followed():
            assert await stands() == []
            await write(*range(1_200))
            assert len(await stands()) == 1_200, "more than one look brings, and no other has come"
            await write(7, withdrawn=(8, 9))
            assert not {"entry-8", "entry-9"} & {*await stands()}
            await write(8)
            assert "entry-8" in await stands()
            await serving.storing.clear()
            with pytest.raises(Unavailable):
                await tail.snapshot()
            await serving.storing.begin()
            await serving.storing.complete()
            assert await stands() == [], "what stood in another build stands no more"

    served(steps)


def test_many_who_ask_at_once_are_told_the_same(
    served: Served[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(serving: Serving) -> None:
        tail = Tail(serving)
        writes = Writes("exposures", 0, 0)
        for number in range(50):
            writes.put_exposure(0, exposure(0, number=number))
        await serving.storing.write(writes)
        read, readings = serving.exposures, 0

        async def counted() -> tuple[list[Exposure], Cursor]:
            nonlocal readings
            readings += 1
            return await read()

        monkeypatch.setattr(serving, "exposures", counted)
        async with tail.followed():
            told = await asyncio.gather(*(tail.snapshot() for _ in range(100)))
            assert {len(exposures) for exposures, _ in told} == {50}
            await tail.snapshot()
        assert readings == 1

    served(steps)


def test_what_changes_while_all_is_read_is_not_lost(
    served: Served[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(serving: Serving) -> None:
        tail = Tail(serving)
        writes = Writes("exposures", 0, 0)
        writes.put_exposure(0, exposure(0))
        await serving.storing.write(writes)
        read = serving.exposures

        async def slowly() -> tuple[list[Exposure], Cursor]:
            found = await read()
            later = Writes("exposures", 0, 1)
            later.withdraw_exposure(1, EntryId("entry-1"))
            await serving.storing.write(later)
            await asyncio.sleep(0.5)
            return found

        monkeypatch.setattr(serving, "exposures", slowly)
        async with tail.followed():
            await tail.snapshot()
            assert (await tail.snapshot())[0] == []

    served(steps)


def test_nothing_is_told_as_all_while_nobody_knows_whether_it_is(
    served: Served[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(serving: Serving) -> None:
        tail = Tail(serving)
        await tail.snapshot()
        asked = serving.exposure_log

        async def stale(cursor: Cursor | None, limit: int) -> ExposureLog:
            return msgspec.structs.replace(await asked(cursor, limit), is_current=False)

        monkeypatch.setattr(serving, "exposure_log", stale)
        with pytest.raises(Unavailable):
            await tail.snapshot()

    served(steps)


def test_who_waits_is_woken_by_what_another_one_s_snapshot_has_found(served: Served[None]) -> None:
    async def steps(serving: Serving) -> None:
        tail = Tail(serving)
        async with tail.followed():
            await tail.snapshot()
            for number in range(20):
                waiting = asyncio.create_task(tail.turned(5))
                await asyncio.sleep(0)
                writes = Writes("exposures", 0, number)
                writes.put_exposure(number, exposure(number, number=number))
                await serving.storing.write(writes)
                # It sees the change first, nearly always: the follower looks ten times a second.
                await tail.snapshot()
                await asyncio.wait_for(waiting, 1)

    served(steps)
