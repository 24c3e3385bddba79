"""The sender over real HTTP, with rows in dictionaries: who delays whom, and what comes first.

No broker is needed for that: what it writes is taken in at once, as the worker would.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pytest
import structlog
from aiohttp import web

from creditbus.delivery.addresses import Found
from creditbus.delivery.answers import BodyAnswer, acknowledgement
from creditbus.delivery.conditions import BodyState, Condition
from creditbus.delivery.decide import OBLIGATIONS, TABLES, Debt, Heard, decide, stated
from creditbus.delivery.holdings import Holdings, Moves
from creditbus.delivery.lanes import Lanes
from creditbus.delivery.sender import Means, Outlet, Sender
from creditbus.delivery.webhooks import Target, WebhookBounds
from creditbus.domain.effects.directives import Acknowledgement, Action, Attempt, Directive, Lane
from creditbus.domain.ids import BodyId, DirectiveId, ObligationId
from creditbus.engine.values import DictState, Slice
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.metrics import Meters
from tests.integration.delivery.body import SECRET
from tests.integration.views.stage import free_port
from tests.unit.delivery.test_decide import directive

APPLIED: Final = {"outcome": "APPLIED"}
BOUND_S: Final = 100.0


class Bodies:
    """All bodies behind one server, by path; each may be slow, or answer otherwise."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []
        self.behave: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.port = free_port()

    def url(self, body: str) -> str:
        return f"http://127.0.0.1:{self.port}/{body}"

    def names(self, body: str) -> list[str]:
        return [name for each, name in self.received if each == body]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/{body}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = request.match_info["body"]
        content = await request.json()
        behave = self.behave.get(body)
        answer = await behave(content) if behave is not None else web.json_response(APPLIED)
        self.received.append((body, content["id"]))
        assert isinstance(answer, web.Response)
        return answer


class Stand:
    """A sender, and the worker's part of it in a dictionary."""

    def __init__(self) -> None:
        self.state = DictState()
        self.attempts: list[Attempt] = []
        self.holdings = Holdings(_nothing, _nothing, _nothing)
        self.outlets: dict[BodyId, Outlet] = {}
        self.meters = Meters()

    def add(self, body: str, url: str, *, seconds: float = 5, **given: Any) -> None:
        condition = Condition(concurrency=given.pop("concurrency", 64), attempts=3)
        target = Target(
            url, SECRET, SystemClock(), WebhookBounds(connections=65, seconds=seconds), **given
        )
        self.outlets[BodyId(body)] = Outlet(BodyId(body), target, Lanes(condition))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sender]:
        means = Means(
            clock=SystemClock(),
            meters=self.meters,
            logger=structlog.get_logger(),
            lasting=nullcontext,
        )
        self.sender = Sender(self.outlets, self.holdings, self._note, means)
        self.holdings.begins(0, self.state)
        self.sender.began(0)
        try:
            yield self.sender
        finally:
            await self.sender.end()

    def hear(
        self, *values: Directive | Acknowledgement | Attempt, written_at: datetime | None = None
    ) -> None:
        """Take records in as the worker does, and tell the sender what came of them."""
        at = written_at or datetime.now(UTC)  # noqa: TID251
        heard = [Heard(value, at) for value in values]
        outcome = decide(Slice(topic="t", partition=0, columns=heard), self.state)
        self.state.apply(outcome.changes)
        moves: list[Moves] = []
        told = Holdings(_nothing, lambda _, each: moves.append(each), _nothing)
        told.changed(0, {**{table: {} for table in TABLES}, **outcome.changes})
        for each in moves:
            self.sender.moved(0, each)

    def know(self, directives: Iterable[Directive], source: str) -> None:
        """Let rows be there that say whose act each of these follows from."""
        rows = {each.obligation_id: Debt(source=source) for each in directives}
        self.state.apply({OBLIGATIONS: rows})

    def state_of(self, body: str) -> BodyState:
        return self.outlets[BodyId(body)].state

    def owed(self, body: str) -> tuple[int, int]:
        return self.holdings.owed().get(body, (0, 0))

    def _note(
        self, attempt: Attempt, of: Directive, answer: BodyAnswer, _untaken: Callable[[str], None]
    ) -> None:
        self.attempts.append(attempt)
        said = [acknowledgement(of, answer, attempt.tried_at)] if answer.outcome else []
        asyncio.get_running_loop().call_soon(self.hear, attempt, *said)


def _nothing(*_: object) -> None:
    return


def some(body: str, name: str, count: int, action: Action = Action.APPLY) -> list[Directive]:
    return [
        msgspec.structs.replace(
            directive(1, action),
            body=BodyId(body),
            directive_id=DirectiveId(f"{name}-{number}"),
            obligation_id=ObligationId(f"{body}-{name}-{number}"),
        )
        for number in range(count)
    ]


async def until(holds: Callable[[], object], bound_s: float = BOUND_S) -> None:
    async with asyncio.timeout(bound_s):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


def test_of_190_bodies_the_dead_and_the_slow_delay_nobody() -> None:
    async def steps() -> None:
        bodies, stand = Bodies(), Stand()
        names = [f"body-{number}" for number in range(190)]
        over = asyncio.Event()

        async def slow(_content: dict[str, Any]) -> web.Response:
            await over.wait()
            return web.json_response(APPLIED)

        dead = f"http://127.0.0.1:{free_port()}/gone"
        for number, name in enumerate(names):
            stand.add(name, dead if number < 10 else bodies.url(name), seconds=100)
            if 10 <= number < 20:
                bodies.behave[name] = slow
        async with bodies.open(), stand.open():
            burst = [each for name in names for each in some(name, "apply", 3)]
            lifts = [each for name in names for each in some(name, "lift", 1, Action.LIFT)]
            stand.hear(*burst)
            stand.hear(*lifts)
            healthy = names[20:]
            await until(lambda: all(stand.owed(name) == (0, 0) for name in healthy))
            assert all(len(bodies.names(name)) == 4 for name in healthy)
            assert all(stand.owed(name) == (3, 1) for name in names[:20])
            assert all(
                stand.outlets[BodyId(name)].state is BodyState.FAILING for name in names[:10]
            )
            over.set()
            await until(lambda: all(stand.owed(name) == (0, 0) for name in names[10:20]))

    asyncio.run(steps())


def test_lifts_go_first_when_a_body_is_back() -> None:
    async def steps() -> None:
        bodies, stand = Bodies(), Stand()
        stand.add("railway", bodies.url("railway"))
        async with stand.open():
            stand.hear(*some("railway", "apply", 200))
            stand.hear(*some("railway", "lift", 2, Action.LIFT))
            await until(lambda: stand.outlets[BodyId("railway")].state is BodyState.FAILING)
            await asyncio.sleep(3)
            assert len(stand.attempts) < 80, "probes of a failing body are not all on record"
            async with bodies.open():
                await until(lambda: stand.owed("railway") == (0, 0))
                lifts = [bodies.names("railway").index(f"lift-{number}") for number in (0, 1)]
                assert max(lifts) < 10
                assert len(set(bodies.names("railway"))) == 202

    asyncio.run(steps())


def test_a_lift_does_not_wait_for_five_thousand_applications() -> None:
    async def steps() -> None:
        bodies, stand = Bodies(), Stand()

        async def slow(_content: dict[str, Any]) -> web.Response:
            await asyncio.sleep(0.5)
            return web.json_response(APPLIED)

        bodies.behave["railway"] = slow
        # Taking in 5,000 at once stops this one loop for seconds on a busy machine; no try may
        # fail of that, or the lift waits until it is looked after.
        stand.add("railway", bodies.url("railway"), seconds=60)
        async with bodies.open(), stand.open():
            stand.hear(*some("railway", "apply", 5000))
            await until(lambda: len(bodies.received) > 60)
            (lift,) = some("railway", "lift", 1, Action.LIFT)
            # Written to both topics at once, however late the worker reads it.
            written_at = datetime.now(UTC)  # noqa: TID251
            stand.sender.arrived(0, [stated(Debt(), lift, written_at)])
            await until(lambda: "lift-0" in bodies.names("railway"))
            assert len(bodies.received) < 1000
            stand.hear(lift, written_at=written_at)
            await until(lambda: stand.owed("railway")[1] == 0)
            assert bodies.names("railway").count("lift-0") == 1, "the worker's word came later"
            assert stand.outlets[BodyId("railway")].lanes.known(Lane.APPLY) < 1200

    asyncio.run(steps())


@pytest.mark.parametrize("action", Action)
def test_a_source_does_not_wait_for_five_thousand_directives_of_another(action: Action) -> None:
    async def steps() -> None:
        bodies, stand = Bodies(), Stand()

        async def slow(_content: dict[str, Any]) -> web.Response:
            await asyncio.sleep(0.5)
            return web.json_response(APPLIED)

        bodies.behave["railway"] = slow
        stand.add("railway", bodies.url("railway"), seconds=60)
        flood, few = some("railway", "flood", 5000, action), some("railway", "few", 9, action)
        async with bodies.open(), stand.open():
            for each, source in ((flood, "court"), (few, "tax")):
                # A lift says nothing of its source: it is known from what is lifted.
                stand.know(each, source)
            stand.hear(*flood)
            await until(lambda: len(bodies.received) > 60)
            stand.hear(*few)
            await until(lambda: {f"few-{each}" for each in range(9)} <= {*bodies.names("railway")})
            assert len(bodies.received) < 1000

    asyncio.run(steps())


@pytest.mark.parametrize("status", [401, 410])
def test_a_body_that_refuses_its_sender_owes_as_before(status: int) -> None:
    async def steps() -> None:
        bodies, stand = Bodies(), Stand()

        async def refuse(_content: dict[str, Any]) -> web.Response:
            return web.Response(status=status)

        bodies.behave["railway"] = refuse
        stand.add("railway", bodies.url("railway"), concurrency=1)
        async with bodies.open(), stand.open():
            stand.hear(*some("railway", "lift", 9, Action.LIFT))
            await until(lambda: stand.outlets[BodyId("railway")].state is BodyState.STOPPED)
            await asyncio.sleep(1)
            assert stand.owed("railway") == (0, 9)
            assert len(bodies.received) == 1
            assert stand.attempts[0].detail == f"HTTP {status}"

    asyncio.run(steps())


def test_one_silent_name_server_delays_its_own_body_alone() -> None:
    async def steps() -> None:
        bodies, stand = Bodies(), Stand()
        answer = asyncio.Event()
        loop = asyncio.get_running_loop()

        def silent(_host: str, _port: int) -> Found:
            asyncio.run_coroutine_threadsafe(answer.wait(), loop).result(BOUND_S)
            raise socket.gaierror(-3, "Temporary failure in name resolution")

        for number in range(12):
            url = f"http://stuck-{number}.example:{bodies.port}/stuck"
            stand.add(f"stuck-{number}", url, look_up=silent, seconds=1)

        def here(_host: str, port: int) -> Found:
            place = ("127.0.0.1", port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

        stand.add("railway", f"http://named.example:{bodies.port}/railway", look_up=here)
        async with bodies.open(), stand.open():
            for number in range(12):
                stand.hear(*some(f"stuck-{number}", "lift", 3, Action.LIFT))
            await asyncio.sleep(0.2)
            stand.hear(*some("railway", "lift", 3, Action.LIFT))
            await until(lambda: stand.owed("railway") == (0, 0))
            await until(
                lambda: any("no answer within 1 s" in each.detail for each in stand.attempts)
            )
            answer.set()

    asyncio.run(steps())


def test_a_rebinding_name_is_not_followed_to_the_metadata_service() -> None:
    async def steps() -> None:
        stand = Stand()

        def rebound(_host: str, port: int) -> Found:
            place = ("169.254.169.254", port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

        stand.add("railway", "http://body.example:80/v1", look_up=rebound)
        async with stand.open():
            stand.hear(*some("railway", "lift", 1, Action.LIFT))
            await until(lambda: stand.attempts)
            assert "169.254.169.254 is no address of one reachable host" in stand.attempts[0].detail

    asyncio.run(steps())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x" * (1 << 20), "longer than 64 KiB"),
        (b'\xef\xbb\xbf{"outcome":"APPLIED"}', "byte order"),
    ],
)
def test_an_unreadable_answer_is_on_record_with_its_reason(content: bytes, why: str) -> None:
    async def steps() -> None:
        bodies, stand = Bodies(), Stand()

        async def babble(_content: dict[str, Any]) -> web.Response:
            return web.Response(body=content)

        bodies.behave["railway"] = babble
        stand.add("railway", bodies.url("railway"))
        async with bodies.open(), stand.open():
            stand.hear(*some("railway", "lift", 1, Action.LIFT))
            await until(lambda: stand.attempts)
            assert why in stand.attempts[0].detail
            assert (stand.attempts[0].status, stand.attempts[0].outcome) == (200, None)
            assert stand.owed("railway") == (0, 1)

    asyncio.run(steps())


def test_connections_are_kept_and_a_dropped_one_is_no_failure() -> None:
    async def steps() -> None:
        bodies, stand, ports = Bodies(), Stand(), set()

        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ports.add(writer.get_extra_info("peername")[1])
            for _ in range(3):
                asked = await reader.readuntil(b"\r\n\r\n")
                lines = asked.decode().lower().splitlines()
                (length,) = [int(line.split(":")[1]) for line in lines if "content-length" in line]
                await reader.readexactly(length)
                answer = json.dumps(APPLIED).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer
                )
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(served, "127.0.0.1", bodies.port)
        stand.add("railway", bodies.url("railway"), concurrency=1)
        async with server, stand.open():
            stand.hear(*some("railway", "apply", 30))
            await until(lambda: stand.owed("railway") == (0, 0))
        assert len(ports) == 10
        assert all(each.status == 200 for each in stand.attempts)

    asyncio.run(steps())
