"""A crowd at the HTTP doors: so many callers at once, how long each waits, and what it costs.

A bus of its own with those services alone that answer. Every caller has a connection of its own,
and all begin at the same moment. ``peak_mb`` is the largest memory that the process behind the door
held for itself meanwhile, ``rest_mb`` what it held before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, Final

import aiohttp
import msgspec
from confluent_kafka import Producer
from redis.asyncio import Redis

from creditbus.bench.buses import BenchBus, bench_bus
from creditbus.bench.machine import spending
from creditbus.bench.observer import percentile
from creditbus.bench.rows import BenchRow
from creditbus.console.login import COOKIE
from creditbus.demo.city import organisation
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.ids import EntryId, ListId, SourceId, derive
from creditbus.domain.subjects import kind_of
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from creditbus.stack.principals import ADMIN
from creditbus.stack.processes import own_memory
from creditbus.stack.services import worker_name
from creditbus.wire.topics import EXPOSURES

SERVICES: Final = ("views", "gateway", "query", "feed", "console")
BOUND_S: Final = 120.0
HELD_S: Final = 10.0
"""For how long the streams stay open with nothing to tell."""

_MB: Final = 1 << 20
_LOOK_S: Final = 0.05
_NEW: Final = "the newest"
_QUESTION: Final[dict[str, Any]] = {"matter": "bid-registration", "purpose": "bid-qualification"}
_AT: Final = datetime(2026, 8, 1, tzinfo=UTC)

Call = Callable[[aiohttp.ClientSession, int], Awaitable[bool]]
"""One caller's question; whether it was answered well."""


def crowd(callers: int, exposed: int) -> list[BenchRow]:
    """Let so many ask at once at each door, while so many exposures stand; return a row a door."""
    with bench_bus(SERVICES) as here:
        doors = _Doors(here)
        doors.expose(range(exposed))
        return [
            asyncio.run(doors.ask("query", callers, doors.check)),
            asyncio.run(doors.follow(callers, exposed)),
            asyncio.run(doors.ask("gateway", callers, doors.file)),
            asyncio.run(doors.ask("console", callers, doors.page)),
        ]


class _Doors:
    """One bus, its doors, and who knocks."""

    def __init__(self, here: BenchBus) -> None:
        self._bus, self._file = here.bus, here.file
        self._codec = here.auditor().codec
        self._producer = Producer({**here.bus.stack.client_config(ADMIN), "log_level": 2})
        broker = here.bus.stack.server("kafka").pid
        assert broker is not None, "the broker runs"
        self._broker = broker

    def expose(self, numbers: range, document: str = "（2026）鲁02测") -> None:
        """Let the public see so many made-up firms."""
        for number in numbers:
            subject = organisation(number)
            exposure = Exposure(
                entry_id=EntryId(derive("entry", number)),
                list_id=ListId("BL-COURT-SX"),
                source=SourceId("court"),
                subject_kind=kind_of(subject),
                subject_id=subject,
                subject_name=f"（测）青岛{number}号有限公司",
                document_number=document,
                provisions=("2",),
                decided_on=date(2026, 8, 1),
                ends_at=None,
                disputed=False,
                revision=1,
                synthetic=True,
            )
            value = self._codec.encode(exposure)
            self._producer.produce(EXPOSURES, value, exposure.entry_id.encode())
        assert self._producer.flush(BOUND_S) == 0, "the broker did not take every exposure"

    async def ask(self, service: str, callers: int, call: Call) -> BenchRow:
        """Let everybody ask once, at the same moment."""
        waits: list[float] = []
        async with _session(callers) as session:
            assert await call(session, callers), f"{service} does not answer one caller"

        async def one(session: aiohttp.ClientSession, number: int) -> None:
            began = time.perf_counter()
            try:
                is_good = await call(session, number)
            except (aiohttp.ClientError, TimeoutError):
                is_good = False
            if is_good:
                waits.append((time.perf_counter() - began) * 1000)

        async def all_of_them() -> None:
            async with _session(callers) as session:
                await asyncio.gather(*(one(session, number) for number in range(callers)))

        return await self._row(service, callers, waits, all_of_them())

    async def follow(self, callers: int, exposed: int) -> BenchRow:
        """Let everybody follow the exposures: all that stands, a silence, and one change."""
        waits: list[float] = []
        changed: list[float] = []
        more: dict[str, float] = {}
        told = [asyncio.Event() for _ in range(callers)]

        async def one(session: aiohttp.ClientSession, number: int) -> None:
            began, count = time.perf_counter(), 0
            headers = self._as("court-platform")
            async with session.get(
                self._url("feed", "/v1/exposures/stream"), headers=headers
            ) as it:
                while it.status == 200 and (line := await it.content.readline()):
                    count += line.startswith(b"event: exposed")
                    if count == exposed and not told[number].is_set():
                        waits.append((time.perf_counter() - began) * 1000)
                        told[number].set()
                    if count > exposed:
                        changed.append(time.perf_counter())
                        return

        async def all_of_them() -> None:
            async with _session(callers) as session, asyncio.TaskGroup() as group:
                for number in range(callers):
                    group.create_task(one(session, number))
                await asyncio.gather(*(each.wait() for each in told))
                before = await self._commands()
                await asyncio.sleep(HELD_S)
                more["redis_commands_per_s"] = (await self._commands() - before) / HELD_S
                began = time.perf_counter()
                await asyncio.to_thread(self.expose, range(exposed, exposed + 1), _NEW)
            more["change_p99_ms"] = percentile([(at - began) * 1000 for at in changed], 0.99)

        return await self._row("feed", callers, waits, all_of_them(), more)

    async def check(self, session: aiohttp.ClientSession, number: int) -> bool:
        """Ask whether a firm may bid."""
        question = {**_QUESTION, "subject": organisation(number)}
        return await self._post(session, "query", "/v1/checks", "trade-centre", question)

    async def file(self, session: aiohttp.ClientSession, number: int) -> bool:
        """File a removal, of which the gateway asks least and the broker as much as of any."""
        removal = {
            "type": "entry_removed",
            "list_id": "BL-BID-ZT",
            "cause": "REVOKED",
            "envelope": {
                "record_id": f"crowd-{number}",
                "record_revision": 1,
                "subject_id": organisation(number),
                "decided_on": "2026-08-01",
                "document_number": "（测）1号",
                "synthetic": True,
            },
        }
        return await self._post(session, "gateway", "/v1/events", "tender", removal)

    async def page(self, session: aiohttp.ClientSession, _number: int) -> bool:
        """Open the console's first page; who is not logged in yet does so once for all."""
        url = self._url("console", "/")
        if not any(each.key == COOKIE for each in session.cookie_jar):
            token = self._file.secrets[token_name("operator")]
            async with session.post(self._url("console", "/login"), data={"token": token}):
                pass
        async with session.get(url) as answer:
            return answer.status == 200 and b"/_nicegui/" in await answer.read()

    async def _post(
        self, session: aiohttp.ClientSession, service: str, path: str, party: str, content: Any
    ) -> bool:
        body = msgspec.json.encode(content)
        headers = {**self._as(party), "Content-Type": "application/json"}
        async with session.post(self._url(service, path), data=body, headers=headers) as answer:
            await answer.read()
            return answer.status in {200, 202}

    async def _row(
        self,
        service: str,
        callers: int,
        waits: list[float],
        running: Awaitable[None],
        more: dict[str, float] | None = None,
    ) -> BenchRow:
        pid = next(
            each.pid for each in self._bus.services.states() if each.name == worker_name(service)
        )
        assert pid is not None, f"{service} runs"
        rest, peak = own_memory(pid) / _MB, 0.0

        async def look() -> None:
            nonlocal peak
            while True:
                peak = max(peak, await asyncio.to_thread(own_memory, pid) / _MB)
                await asyncio.sleep(_LOOK_S)

        with spending(self._broker, pid) as spent:
            looking = asyncio.create_task(look())
            try:
                await running
            finally:
                looking.cancel()
        return BenchRow(
            name=f"crowd at {service}",
            events=callers,
            peak_mb=round(peak, 1),
            p50_ms=round(percentile(waits, 0.5), 1),
            p99_ms=round(percentile(waits, 0.99), 1),
            extra={
                "failed": callers - len(waits),
                "rest_mb": round(rest, 1),
                "cpu_s": round(spent.cpu_s, 2),
                **{name: round(value, 1) for name, value in (more or {}).items()},
                "others_cores": spent.others_cores,
                "probe_ms": spent.probe_ms,
            },
        )

    async def _commands(self) -> float:
        async with Redis.from_url(self._file.redis_url) as client:
            return float((await client.info("stats"))["total_commands_processed"])

    def _url(self, service: str, path: str) -> str:
        return f"http://{HOST}:{getattr(self._file.ports, service)}{path}"

    def _as(self, party: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._file.secrets[token_name(party)]}"}


def _session(callers: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, limit_per_host=callers + 1),
        timeout=aiohttp.ClientTimeout(total=BOUND_S),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
    )
