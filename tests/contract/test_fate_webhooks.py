"""Fates by webhook: signed, in order, again until taken, and what could not wait is said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import msgspec
import pytest
import structlog
from redis import Redis

from creditbus.delivery.fates import FATES_AT_ONCE, FateMessenger, FateSender
from creditbus.domain.acts.refusals import duplicate
from creditbus.domain.ids import SourceId
from creditbus.runtime import tasks
from creditbus.runtime.http.source_webhooks import SourceWebhook, file_of
from creditbus.runtime.process import Process
from creditbus.runtime.redis.errands import CLAIM_S, Errand
from creditbus.runtime.redis.fates import told_plainly
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import PREFIX
from creditbus.runtime.redis.told import FateCursor, Follow, ToldFates
from creditbus.runtime.redis.told import Told as FateTold
from creditbus.runtime.settings import Settings
from creditbus.sdk.receiver import FateReceiver, Forged
from creditbus.stack.bus import new_webhook_secret
from creditbus.stack.local import LocalStack
from creditbus.wire.topics import DUPLICATES
from tests.contract.test_fates import COURT, EVENT, Told, origin, run

SECRET: Final = new_webhook_secret()
BOUND_S: Final = 60.0
REST_S: Final = 1.0


@pytest.fixture
def url(stack: LocalStack) -> str:
    """An address of Redis, with nothing of another test in it."""
    with Redis.from_url(stack.file.redis_url) as client:
        for key in [*client.scan_iter(match=f"{PREFIX}*"), *client.scan_iter(match="*:errand:*")]:
            client.delete(key)
    return stack.file.redis_url


class Agency:
    """An agency's server: what it has verified, and whether it takes anything for now."""

    def __init__(self) -> None:
        self.is_up = True
        self.tried: list[str] = []
        self.ids: list[str] = []
        self.offsets: list[int] = []
        self.gaps: list[str] = []
        self.forged: list[str] = []

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Return the status with which a delivery is answered."""
        try:
            name, told = FateReceiver(["whsec_b2xk", SECRET]).read(headers, body)
        except Forged as forged:
            self.forged.append(str(forged))
            return 401
        self.tried.append(name)
        if not self.is_up:
            return 500
        self.ids.append(name)
        self.offsets += [each.offset for each in told.fates]
        self.gaps += [told.gap] if told.gap else []
        return 204


@contextmanager
def served(agency: Agency) -> Iterator[str]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(agency.take(dict(self.headers.items()), body))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fates"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def a_process(redis: str, folder: Path, *rows: SourceWebhook, worker: int = 0) -> Process:
    (folder / "webhooks.json").write_bytes(file_of(rows))
    settings = Settings(redis=redis, source_webhooks=folder / "webhooks.json")
    process = Process("delivery", worker, settings)
    process.logger = structlog.get_logger()
    return process


def a_row(address: str) -> SourceWebhook:
    """Return the row of the court, which is told at an address."""
    return SourceWebhook(source=COURT, url=address, secret=SECRET)


async def begun(process: Process, agency: Agency) -> asyncio.Task[None]:
    """Let a worker tell all webhooks, and return once the agency has heard from it."""
    heard = len(agency.gaps)
    telling = asyncio.create_task(FateSender(process).run())
    await until(lambda: len(agency.gaps) > heard)
    return telling


def is_failing(process: Process) -> float | None:
    """Return what the metric says of the court's webhook."""
    name = "creditbus_fate_webhook_failing"
    return process.meters.registry.get_sample_value(name, {"source": COURT})


def is_settled(redis: str) -> bool:
    """Return whether all that the court was told is kept as taken."""
    with Redis.from_url(redis) as client:
        held = client.get(f"creditbus:errand:{COURT}")
    errand = msgspec.json.decode(cast(bytes, held), type=Errand) if held else Errand()
    return bool(errand.done) and not errand.until


async def until(is_so: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BOUND_S
    while not is_so():
        assert loop.time() < deadline, "not within the bound"
        await asyncio.sleep(0.02)


def test_a_source_is_told_in_order_and_again_under_the_same_id_until_it_has_it(
    url: str, tmp_path: Path
) -> None:
    agency = Agency()

    async def steps(told: Told) -> None:
        with served(agency) as address:
            dead = SourceWebhook(source=COURT, url="http://169.254.1.1/", secret=SECRET)
            row = a_row(address)
            process = a_process(url, tmp_path, row)
            sender = await begun(process, agency)
            for at in (1, 2):
                await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(at)), at)
            await until(lambda: agency.offsets == [1, 2])

            agency.is_up = False
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(3)), 3)
            tried = len(agency.tried)
            await until(lambda: len(agency.tried) >= tried + 3)
            await until(lambda: is_failing(process) == 1)
            # Whoever tells ends, more is decided, and another goes on: with the very same message.
            await tasks.end(sender)
            for at in (4, 5):
                await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(at)), at)
            agency.is_up = True
            process = a_process(url, tmp_path, row)
            sender = asyncio.create_task(FateSender(process).run())
            await until(lambda: agency.offsets == [1, 2, 3, 4, 5])
            again = agency.tried[tried:]
            assert len(set(again[:4])) == 1
            assert len(set(agency.ids)) == len(agency.ids)

            # A webhook that leads where nothing may be sent stops nobody; nor does one taken away.
            (tmp_path / "webhooks.json").write_bytes(file_of((dead,)))
            await until(lambda: is_failing(process) == 1)
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(6)), 6)
            (tmp_path / "webhooks.json").write_bytes(file_of((row,)))
            await until(lambda: agency.offsets == [1, 2, 3, 4, 5, 6])
            await tasks.end(sender)
        assert (agency.forged, len(agency.gaps)) == ([], 1)

    run(url, steps)


def test_many_fates_go_in_messages_of_bounded_size_and_in_order(url: str, tmp_path: Path) -> None:
    agency = Agency()

    async def steps(told: Told) -> None:
        with served(agency) as address:
            sender = await begun(a_process(url, tmp_path, a_row(address)), agency)
            agency.is_up = False
            count = 2 * FATES_AT_ONCE + 50
            for at in range(1, count + 1):
                await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(at)), at)
            agency.is_up = True
            await until(lambda: len(agency.offsets) == count)
            assert agency.offsets == list(range(1, count + 1))
            await tasks.end(sender)

    run(url, steps)


def test_of_several_workers_one_tells_and_when_it_is_silent_another_goes_on(
    url: str, tmp_path: Path
) -> None:
    agency = Agency()

    async def steps(told: Told) -> None:
        with served(agency) as address:
            row = a_row(address)
            processes = [a_process(url, tmp_path, row, worker=worker) for worker in (0, 1)]
            first, second = [asyncio.create_task(FateSender(each).run()) for each in processes]
            await until(lambda: agency.gaps)
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(1)), 1)
            await until(lambda: agency.offsets == [1])
            # Whoever ends before that is kept leaves the next one to tell it once more.
            await until(lambda: is_settled(url))
            tells = [is_failing(each) for each in processes]
            assert sorted(tells, key=str) == [0.0, None]
            # One that was killed has given nothing back: its claim is silent for some seconds.
            with Redis.from_url(url) as client:
                client.set("creditbus:errand::teller", "delivery-9", ex=CLAIM_S)
            await tasks.end(first if tells[0] is not None else second)
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(2)), 2)
            await until(lambda: agency.offsets == [1, 2])
            assert len(set(agency.ids)) == len(agency.ids)
            await tasks.end(second if tells[0] is not None else first)

    run(url, steps)


class CountedFates(ToldFates):
    """Counts how often somebody who is behind what is kept in memory is read for."""

    readings = 0

    async def after(
        self, party: SourceId, follow: Follow, cursor: FateCursor
    ) -> tuple[list[FateTold], FateCursor] | None:
        self.readings += 1
        return await super().after(party, follow, cursor)


def test_whoever_catches_up_is_read_for_once_in_several_messages(url: str, tmp_path: Path) -> None:
    agency = Agency()

    async def steps(told: Told) -> None:
        with served(agency) as address:
            row = a_row(address)
            process = a_process(url, tmp_path, row)
            sender = await begun(process, agency)
            await tasks.end(sender)
            count = 4 * FATES_AT_ONCE
            for at in range(1, count + 1):
                await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(at)), at)
            serving = Serving.of(process.settings)
            fates = CountedFates(serving, told_plainly)
            async with fates.followed():
                messenger = FateMessenger(process, row, serving, fates)
                telling = asyncio.create_task(messenger.run())
                await until(lambda: len(agency.offsets) == count)
                await tasks.end(telling)
            await serving.close()
            assert agency.offsets == list(range(1, count + 1))
            # Once for all of it, and once more after each end that was reached.
            assert fates.readings < 4

    run(url, steps)


def test_nothing_is_sent_before_redis_knows_how_far_it_goes(url: str, tmp_path: Path) -> None:
    """Whoever goes on after a crash would send it anew under another id otherwise."""
    agency, held = Agency(), "fates-of-tests"

    def rights(commands: str) -> None:
        with Redis.from_url(url) as client:
            client.execute_command("ACL", "SETUSER", held, "on", ">known", "~*", "&*", commands)

    async def steps(told: Told) -> None:
        with served(agency) as address:
            row = a_row(address)
            place = urlsplit(url).netloc.rpartition("@")[2]
            own = urlsplit(url)._replace(netloc=f"{held}:known@{place}").geturl()
            process = a_process(own, tmp_path, row)
            sender = await begun(process, agency)
            agency.is_up = False
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(1)), 1)
            await until(lambda: len(agency.tried) > 1)
            await told.tell(DUPLICATES, duplicate(EVENT.envelope, origin(2)), 2)
            rights("-set")
            agency.is_up = True
            await until(lambda: agency.offsets)
            await asyncio.sleep(3 * REST_S)
            assert agency.offsets == [1]
            rights("+set")
            await until(lambda: agency.offsets == [1, 2])
            await tasks.end(sender)

    rights("+@all")
    try:
        run(url, steps)
    finally:
        with Redis.from_url(url) as client:
            client.execute_command("ACL", "DELUSER", held)
