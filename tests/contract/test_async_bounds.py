"""The publisher of asyncio at its bounds: no room, nobody who listens, an end with much open."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError

from creditbus.sdk import async_publisher, links, pins, publisher
from creditbus.sdk.async_publisher import AsyncPublisher
from creditbus.sdk.links import PublisherTls
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.receipts import NotPublished, Receipt
from tests.contract.test_async_publisher import BOUND_S, URL, Oops, box, left, link, played
from tests.examples import a_bid_bar
from tests.unit.sdk.paper import NOBODY, PaperLink, no_room

__all__ = ["box", "link"]


def test_only_so_many_wait_for_their_receipts(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_publisher, "UNANSWERED", 2)
    link.is_held = True

    async def play(source: AsyncPublisher) -> None:
        async with source:
            coming = [await source.send(a_bid_bar(record_id=f"{n}")) for n in range(2)]
            await asyncio.sleep(0.5)  # all are handed over
            third = asyncio.create_task(source.send(a_bid_bar(record_id="2")))
            await asyncio.sleep(0.2)
            assert not third.done()
            link.is_held = False
            assert (await (await third)).offset == 3
            assert all(each.done() for each in coming)

    played(box, play)


def test_whoever_waits_no_more_keeps_nobody_from_being_told(link: PaperLink, box: Path) -> None:
    link.is_held = True

    async def play(source: AsyncPublisher) -> None:
        async with source:
            coming = [await source.send(a_bid_bar(record_id=f"{n}")) for n in range(3)]
            coming[0].cancel()
            link.is_held = False
        assert [each.cancelled() for each in coming] == [True, False, False]
        assert [each.result().offset for each in coming[1:]] == [2, 3]

    played(box, play)


def test_a_failure_that_flush_tells_is_told_by_nobody_else(link: PaperLink, box: Path) -> None:
    unheard: list[object] = []

    async def play(source: AsyncPublisher) -> None:
        async def send() -> None:
            async with source:
                for number in range(3):
                    _ = await source.send(a_bid_bar(record_id=f"{number}"))
                link.refuse(KafkaError(KafkaError._AUTHENTICATION))

        link.is_held = True
        asyncio.get_running_loop().set_exception_handler(lambda _, told: unheard.append(told))
        with pytest.raises(NotPublished, match="refuses the password"):
            await send()
        gc.collect()
        await asyncio.sleep(0)

    played(box, play)
    assert unheard == []


def test_flush_waits_for_none_that_comes_after_it(link: PaperLink, box: Path) -> None:
    link.pace = 1

    async def play(source: AsyncPublisher) -> None:
        async def go_on() -> None:
            for number in itertools.count():
                _ = await source.send(a_bid_bar(record_id=f"later-{number}"))
                await asyncio.sleep(0.02)

        async with source:
            first = await source.send(a_bid_bar())
            going_on = asyncio.create_task(go_on())
            await asyncio.sleep(0.1)
            await asyncio.wait_for(source.flush(), BOUND_S / 2)
            assert first.done()
            going_on.cancel()
            link.pace = None

    played(box, play)


def test_a_disk_that_has_room_again_is_not_told_of_later(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.is_held = True

    async def play(source: AsyncPublisher) -> None:
        async with source:
            with no_room():
                _ = await source.send(a_bid_bar())
                await asyncio.sleep(0.3)
            await asyncio.sleep(1.0)
            monkeypatch.setattr(links, "SILENCE_S", 0.3)
            with pytest.raises(NotPublished, match="1 records of tender have no receipt"):
                await source.flush()
            link.is_held = False

    played(box, play)
    assert left(box) == 0


def test_what_a_full_disk_never_took_is_told_where_the_block_is_left(
    link: PaperLink, box: Path
) -> None:
    coming: list[asyncio.Future[Receipt]] = []

    async def play(source: AsyncPublisher) -> None:
        async def leave(full: ExitStack) -> None:
            async with source:
                full.enter_context(no_room())
                coming.append(await source.send(a_bid_bar()))
                raise Oops

        with ExitStack() as full, pytest.raises(NotPublished, match="is there room") as told:
            await leave(full)
        assert coming[0].exception() is told.value

    played(box, play)
    assert (left(box), link.sent) == (0, [])


def test_all_that_was_handed_over_is_in_the_outbox_of_one_that_is_left(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_publisher, "_TOGETHER", 1)
    link.is_held = True

    async def play(source: AsyncPublisher) -> None:
        async def leave() -> None:
            async with source:
                for number in range(300):
                    _ = await source.send(a_bid_bar(record_id=f"{number}"))
                raise Oops

        with pytest.raises(Oops):
            await leave()

    played(box, play)
    assert left(box) == 300


def test_one_without_an_outbox_is_left_at_once_though_the_client_has_no_room(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "takes", lambda *_: False)
    with closing(Outbox(box, "tender")) as used:
        codec = pins.pinned_codec(URL, {}, used)
    monkeypatch.setattr(publisher, "pinned_codec", lambda *_: codec)

    async def leave() -> None:
        async with (
            asyncio.timeout(BOUND_S),
            AsyncPublisher("tender", kafka=NOBODY, registry=URL, password="") as source,
        ):
            coming.append(await source.send(a_bid_bar()))
            await asyncio.sleep(0.1)
            raise Oops

    coming: list[asyncio.Future[Receipt]] = []
    with pytest.raises(Oops):
        asyncio.run(leave())
    assert isinstance(coming[0].exception(), NotPublished)


def test_a_start_that_is_cancelled_when_it_is_done_lets_the_outbox_go(
    link: PaperLink, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = threading.Event()

    class Told(publisher.Publisher):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            threading.Timer(0.2, made.set).start()

    monkeypatch.setattr(async_publisher, "Publisher", Told)

    async def play(source: AsyncPublisher) -> None:
        starting = asyncio.create_task(source.__aenter__())
        await asyncio.sleep(0)
        # The event loop hears of nothing meanwhile.
        assert made.wait(BOUND_S / 2)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    played(box, play)
    assert (left(box), link.sent) == (0, [])


def test_whose_certificates_are_believed_is_passed_on(box: Path) -> None:
    tls = PublisherTls(ca=box.with_name("none.pem"))
    source = AsyncPublisher("tender", kafka=NOBODY, registry=URL, password="p", tls=tls, outbox=box)
    with pytest.raises(NotPublished, match=r"ssl\.ca\.location"):
        asyncio.run(source.__aenter__())
