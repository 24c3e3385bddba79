"""The publisher of asyncio with a broker on paper: each future ends, whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import KafkaError

from creditbus.sdk import async_publisher, links, pins, publisher
from creditbus.sdk.async_publisher import AsyncPublisher
from creditbus.sdk.forwarder import GROUP
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.receipts import NotPublished, Receipt
from tests.examples import a_bid_bar
from tests.unit.sdk.paper import NOBODY, PaperLink, a_used_outbox, no_room

URL: Final = f"http://{NOBODY}"
BOUND_S: Final = 60


class Oops(Exception):
    """What an agency's own program raises."""


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> PaperLink:
    made = PaperLink()
    monkeypatch.setattr(publisher, "BrokerLink", lambda *_: made)
    return made


@pytest.fixture
def box(tmp_path: Path) -> Path:
    path = tmp_path / "outbox.sqlite"
    a_used_outbox(path, URL).close()
    return path


def played(box: Path, play: Callable[[AsyncPublisher], Awaitable[None]]) -> None:
    """Let a source play, and bound it."""

    async def run() -> None:
        source = AsyncPublisher("tender", kafka=NOBODY, registry=URL, password="", outbox=box)
        async with asyncio.timeout(BOUND_S):
            await play(source)

    asyncio.run(run())


def left(box: Path) -> int:
    outbox = Outbox(box, "tender")
    try:
        return outbox.waiting()
    finally:
        outbox.close()


def test_each_event_has_its_receipt(link: PaperLink, box: Path) -> None:
    async def play(source: AsyncPublisher) -> None:
        async with source:
            coming = [await source.send(a_bid_bar(record_id=f"{n}")) for n in range(20)]
        assert [each.result().offset for each in coming] == list(range(1, 21))

    played(box, play)
    assert (len(link.sent), left(box)) == (20, 0)


def test_each_future_ends_where_the_block_is_left_with_a_fault(link: PaperLink, box: Path) -> None:
    link.is_held = True
    coming: list[asyncio.Future[Receipt]] = []

    async def play(source: AsyncPublisher) -> None:
        async def await_it() -> None:
            with pytest.raises(NotPublished, match="the outbox keeps it"):
                await coming[0]

        async def leave() -> None:
            async with source:
                coming.extend([await source.send(a_bid_bar(record_id=f"{n}")) for n in range(5)])
                besides.append(asyncio.create_task(await_it()))
                raise Oops

        besides: list[asyncio.Task[None]] = []
        with pytest.raises(Oops):
            await leave()
        await besides[0]
        assert all(each.done() for each in coming)

    played(box, play)
    assert left(box) == 5


def test_whoever_waits_for_room_is_told_that_it_was_left(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_publisher, "UNANSWERED", 2)
    link.is_held = True

    async def play(source: AsyncPublisher) -> None:
        async def send_too_many() -> None:
            for number in range(3):
                _ = await source.send(a_bid_bar(record_id=f"{number}"))

        async def leave() -> None:
            async with source:
                besides.append(asyncio.create_task(send_too_many()))
                await asyncio.sleep(0.1)
                raise Oops

        besides: list[asyncio.Task[None]] = []
        with pytest.raises(Oops):
            await leave()
        with pytest.raises(NotPublished, match="closed"):
            await besides[0]

    played(box, play)


def test_what_nobody_foresaw_fails_the_futures(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poll(_wait_s: float) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(link, "poll", poll)

    async def play(source: AsyncPublisher) -> None:
        async with source:
            with pytest.raises(NotPublished, match=r"publisher broke.*ZeroDivisionError"):
                await source.publish(a_bid_bar())
            with pytest.raises(NotPublished, match="publisher broke"):
                _ = await source.send(a_bid_bar())
            raise Oops

    with pytest.raises(Oops):
        played(box, play)


def test_a_full_disk_is_no_end(link: PaperLink, box: Path) -> None:
    async def play(source: AsyncPublisher) -> None:
        async with source:
            with no_room():
                coming = [await source.send(a_bid_bar(record_id=f"{n}")) for n in range(3 * GROUP)]
                with pytest.raises(NotPublished, match="is there room"):
                    await coming[-1]
            ends = await asyncio.gather(*coming, return_exceptions=True)
            taken = [each for each in ends if isinstance(each, Receipt)]
            assert (await source.publish(a_bid_bar(record_id="later"))).offset == len(taken) + 1
            assert 0 < len(taken) == len(link.sent) - 1

    played(box, play)
    assert left(box) == 0


def test_a_broker_that_refuses_the_source_is_the_end(link: PaperLink, box: Path) -> None:
    async def play(source: AsyncPublisher) -> None:
        async def go_on() -> None:
            async with source:
                _ = await source.publish(a_bid_bar())
                link.refuse(KafkaError(KafkaError._AUTHENTICATION))
                for each in range(2):
                    with pytest.raises(NotPublished, match="refuses the password"):
                        _ = await source.publish(a_bid_bar(record_id=f"{each}"))

        with pytest.raises(NotPublished, match="refuses the password"):
            await go_on()

    played(box, play)


def test_flush_measures_the_silence(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "SILENCE_S", 1.0)
    link.pace = 1

    async def play(source: AsyncPublisher) -> None:
        async def wait() -> None:
            async with source:
                for number in range(40):
                    _ = await source.send(a_bid_bar(record_id=f"{number}"))
                await source.flush()
                link.is_held = True
                coming.append(await source.send(a_bid_bar(record_id="late")))

        coming: list[asyncio.Future[Receipt]] = []
        with pytest.raises(NotPublished, match="1 records of tender have no receipt") as told:
            await wait()
        assert coming[0].exception() is told.value

    played(box, play)
    assert left(box) == 1


def test_another_event_loop_is_told(link: PaperLink, box: Path) -> None:
    async def play(source: AsyncPublisher) -> None:
        async with source:
            with pytest.raises(NotPublished, match="another event loop's"):
                await asyncio.to_thread(lambda: asyncio.run(source.publish(a_bid_bar())))

    played(box, play)
    assert link.sent == []


def test_one_that_has_not_begun_or_is_over_says_so(link: PaperLink, box: Path) -> None:
    async def play(source: AsyncPublisher) -> None:
        with pytest.raises(NotPublished, match="use it with `async with`"):
            _ = await source.send(a_bid_bar())
        async with source:
            pass
        with pytest.raises(NotPublished, match="closed"):
            _ = await source.send(a_bid_bar())
        with pytest.raises(NotPublished, match="closed"):
            async with source:
                pass

    played(box, play)
    assert link.sent == []


def test_a_start_that_nobody_waits_for_lets_the_outbox_go(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = pins.pinned_codec

    def slowly(*given: object) -> object:
        time.sleep(0.3)
        return asked(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(publisher, "pinned_codec", slowly)

    async def play(source: AsyncPublisher) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await source.__aenter__()

    played(box, play)
    assert left(box) == 0
    assert link.sent == []
