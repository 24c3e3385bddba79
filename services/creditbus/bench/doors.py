"""The doors, measured: events a second through one gateway, a line each and a request each.

A bus of its own with nothing but the gateway on it, which judges every event by the whole law of
the city before it puts it into the inbox. The caller speaks plain HTTP over sockets, so that it
costs the machine little. ``NAME_ms`` are from the last byte sent to the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from statistics import quantiles
from typing import Any, Final

import msgspec

from creditbus.bench.buses import BenchBus, bench_bus
from creditbus.bench.machine import spending
from creditbus.bench.publishers import SOURCE, events_of
from creditbus.bench.rows import CONSOLE, BenchRow, middle
from creditbus.domain.acts.events import EntryListed
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from creditbus.stack.services import worker_name
from creditbus.wire.records import to_record

CONNECTIONS: Final = 16
WARM_UP: Final = 2000
_CHUNK: Final = 100
_OWN: Final = ("event_id", "subject_kind", "adult_on_decision", "effective_on", "causation_id")
"""What a source leaves to the gateway, or has no need to say."""


def doors(events: int, seconds: int, rates: Sequence[float], rounds: int) -> list[BenchRow]:
    """Hand in so many events by the line, a part of them one by one, then some at fixed rates."""
    with bench_bus(("gateway",)) as here:
        caller = _Caller(here)
        caller.batch(_lines("warm-up", WARM_UP))
        found: dict[str, list[BenchRow]] = {}
        for number in range(rounds):
            by_line = caller.batch(_lines(f"batch {number}", events))
            singly = caller.singly(_lines(f"single {number}", max(events // 10, CONNECTIONS)), 0.0)
            for row in (by_line, singly):
                CONSOLE.print(f"{row.name}: {row.events_per_s:,.0f}/s", markup=False)
                found.setdefault(row.name, []).append(row)
        paced = [
            caller.singly(_lines(f"paced {rate}", int(rate * seconds)), rate) for rate in rates
        ]
        return [*(middle(rows) for rows in found.values()), *paced]


class _Caller:
    """One source that knows the gateway's address and its own token."""

    def __init__(self, here: BenchBus) -> None:
        self._port = here.file.ports.gateway
        self._token = here.file.secrets[token_name(SOURCE)]
        broker = here.bus.stack.server("kafka").pid
        worker = worker_name("gateway")
        pids = {each.name: each.pid for each in here.bus.services.states()}
        assert broker is not None, "the broker runs"
        self._pids = broker, pids[worker]

    def batch(self, lines: Sequence[bytes]) -> BenchRow:
        """Hand in all events in one request."""
        return self._measured("doors_batch", len(lines), 0.0, self._batch(lines))

    def singly(self, lines: Sequence[bytes], rate: float) -> BenchRow:
        """Hand in each event by itself, over several connections; a rate of 0: at full speed."""
        return self._measured("doors_event", len(lines), rate, self._singly(lines, rate))

    def _measured(
        self, name: str, events: int, rate: float, work: Coroutine[Any, Any, list[float]]
    ) -> BenchRow:
        broker, gateway = self._pids
        assert gateway is not None, "the gateway runs"
        with spending(broker, gateway) as run:
            began = time.perf_counter()
            delays = asyncio.run(work)
            seconds = time.perf_counter() - began
        cuts = quantiles(delays, n=100, method="inclusive") if len(delays) > 1 else []
        return BenchRow(
            name=name,
            workers=1,
            events=events,
            offered=rate or None,
            events_per_s=round(events / seconds, 1),
            cpu_s_per_million=round(run.cpu_s / events * 1e6, 1),
            peak_mb=round(run.memory_mb, 1),
            p50_ms=round(cuts[49] * 1000, 1) if cuts else None,
            p99_ms=round(cuts[98] * 1000, 1) if cuts else None,
            extra=run.beside(events),
        )

    async def _batch(self, lines: Sequence[bytes]) -> list[float]:
        reader, writer = await asyncio.open_connection(HOST, self._port)
        size = sum(map(len, lines))
        writer.write(self._head("/v1/batches", "application/x-ndjson", size, "Connection: close"))

        async def send() -> None:
            for first in range(0, len(lines), _CHUNK):
                writer.write(b"".join(lines[first : first + _CHUNK]))
                await writer.drain()

        sending = asyncio.create_task(send())
        answers = await reader.read()
        await sending
        writer.close()
        # A chunk of the answer ends where a line does.
        taken = answers.count(b'"state":"TAKEN"')
        if taken != len(lines):
            raise ValueError(f"{taken} of {len(lines)} lines were taken: {answers[:600]!r}")
        return []

    async def _singly(self, lines: Sequence[bytes], rate: float) -> list[float]:
        began = time.perf_counter()
        waiting = list(enumerate(lines))[::-1]
        delays: list[float] = []

        async def send() -> None:
            reader, writer = await asyncio.open_connection(HOST, self._port)
            while waiting:
                number, line = waiting.pop()
                due = began + number / rate if rate else time.perf_counter()
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                writer.write(self._head("/v1/events", "application/json", len(line)) + line)
                await _accepted(reader)
                delays.append(time.perf_counter() - due)
            writer.close()

        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
        return delays

    def _head(self, path: str, kind: str, size: int, *more: str) -> bytes:
        head = (
            f"POST {path} HTTP/1.1",
            f"Host: {HOST}:{self._port}",
            f"Authorization: Bearer {self._token}",
            f"Content-Type: {kind}",
            f"Content-Length: {size}",
            *more,
        )
        return "\r\n".join((*head, "", "")).encode()


async def _accepted(reader: asyncio.StreamReader) -> None:
    """Read one answer; raise ``ValueError`` for any but a receipt."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(size)
    if b" 202 " not in head.partition(b"\r\n")[0]:
        raise ValueError(f"the gateway answers {head[:40]!r}: {body[:300]!r}")


def _lines(run: str, count: int) -> list[bytes]:
    """Return events as a source writes them down, each with the end of its line."""
    return [msgspec.json.encode(_submission(each)) + b"\n" for each in events_of(run, count)]


def _submission(event: EntryListed) -> dict[str, object]:
    said = to_record(event)
    envelope = {name: value for name, value in said["envelope"].items() if name not in _OWN}
    filled = {name: value for name, value in said.items() if value not in (None, ())}
    return {"type": "entry_listed", **filled, "envelope": envelope}
