"""Executing bodies for a benchmark: one process that plays all of them and notes when what came.

``POST /bodies/NAME/v1/directives`` answers as the body's manner says, ``PUT /manners`` sets it,
``GET /arrivals`` gives what came since then; instants are of the machine's monotonic clock, which
all processes share. A dead body breaks the connection off, a slow one answers late.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final

import msgspec
from aiohttp import web

from creditbus.domain.effects.directives import Action
from creditbus.runtime.settings import environment
from creditbus.stack.ports import HOST
from creditbus.stack.services import Plan

SLOW_S: Final = 2.0
_APPLIED: Final = b'{"outcome":"APPLIED"}'


class Manners(msgspec.Struct, frozen=True):
    """Which bodies are dead and which slow; the others answer at once."""

    dead: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()


class FirstArrival(msgspec.Struct, frozen=True):
    """A directive's first arrival: the instant, the event that caused it, and what it does."""

    at: float
    caused_by: str
    action: Action


class Arrivals(msgspec.Struct, frozen=True):
    """The directives that were taken, by id."""

    taken: dict[str, FirstArrival]
    repeated: int

    def at(self, name: str) -> float:
        """Return when a directive arrived first."""
        return self.taken[name].at

    @property
    def last_at(self) -> float:
        """When the last one arrived."""
        return max(each.at for each in self.taken.values())


class _Content(msgspec.Struct):
    caused_by: str
    action: Action


class _Delivery(msgspec.Struct):
    data: _Content


_DELIVERY: Final = msgspec.json.Decoder(_Delivery)


class BenchBodies:
    """What the bodies do, and what they saw."""

    def __init__(self) -> None:
        self._manners = Manners()
        self._taken: dict[str, FirstArrival] = {}
        self._repeated = 0

    async def deliver(self, request: web.Request) -> web.Response:
        """Take one directive as its body would."""
        body = request.match_info["body"]
        content = await request.read()
        if body in self._manners.dead:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=503)
        name, now = request.headers["webhook-id"], time.monotonic()
        if name in self._taken:
            self._repeated += 1
        else:
            said = _DELIVERY.decode(content).data
            self._taken[name] = FirstArrival(now, said.caused_by, said.action)
        if body in self._manners.slow:
            await asyncio.sleep(SLOW_S)
        return web.Response(body=_APPLIED, content_type="application/json")

    async def behave(self, request: web.Request) -> web.Response:
        """Take new manners, and forget what came."""
        self._manners = msgspec.json.decode(await request.read(), type=Manners)
        self._taken, self._repeated = {}, 0
        return web.Response()

    async def arrivals(self, _request: web.Request) -> web.Response:
        """Return what came."""
        return web.Response(body=msgspec.json.encode(Arrivals(self._taken, self._repeated)))

    async def count(self, _request: web.Request) -> web.Response:
        """Return how many directives came."""
        return web.Response(text=str(len(self._taken)))


def build() -> web.Application:
    """Return the bodies' web application."""
    bodies, app = BenchBodies(), web.Application()
    app.router.add_post("/bodies/{body}/v1/directives", bodies.deliver)
    app.router.add_put("/manners", bodies.behave)
    app.router.add_get("/arrivals", bodies.arrivals)
    app.router.add_get("/count", bodies.count)
    app.router.add_get("/health/ready", bodies.count)
    return app


def plan(port: int) -> Plan:
    """Return how the bodies are run."""
    return Plan(
        name="bodies-0",
        argv=(sys.executable, "-m", "creditbus.bench.bodies", str(port)),
        env=environment({}),
        ready_url=f"http://{HOST}:{port}/health/ready",
    )


if __name__ == "__main__":
    web.run_app(build(), host=HOST, port=int(sys.argv[1]), print=None, access_log=None)
