"""The whole chain, measured: events a second, both latencies at fixed rates, and who spends what.

A bus of its own on free ports in a folder that is removed afterwards: the real servers, the real
services, and bodies of its own that answer at once. Latency is from handing an event to the client
library to the arrival of a directive that it caused: the row's own for what is applied, ``lift_``
for what is lifted. ``NAME_us`` are microseconds of a processor an event.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Final

import httpx
import msgspec

from creditbus.audit.app import TopicReader
from creditbus.bench import bodies
from creditbus.bench.bodies import Arrivals, Manners
from creditbus.bench.buses import BenchBus, bench_bus
from creditbus.bench.driver import Driver, Prepared, prepare
from creditbus.bench.machine import probe_ms, spent
from creditbus.bench.rows import CONSOLE, BenchRow
from creditbus.demo.city import City
from creditbus.domain.calendar import day_of
from creditbus.domain.effects.directives import Action
from creditbus.runtime.clock import SystemClock
from creditbus.stack.ports import HOST
from creditbus.stack.principals import ADMIN
from creditbus.stack.services import SLICED
from creditbus.wire.topics import INBOX_PREFIX

WARM_UP: Final = 3000
BOUND_S: Final = 600.0
CALM_S: Final = 6.0
"""For how long nothing may wait anywhere before all is called done; their lag is told every 5 s."""

_TAKEN_IN: Final = f'creditbus_engine_records_total{{topic="{INBOX_PREFIX}'
_SERVERS: Final = ("kafka", "registry", "valkey")
_LOOK_S: Final = 0.25


def chain(events: int, seconds: int, rates: Sequence[float]) -> list[BenchRow]:
    """Measure at full speed, then at each rate (records a second) for so many seconds."""
    with bench_bus() as here:
        here.bus.services.start([bodies.plan(here.file.ports.body)])
        exercise = _Exercise(here)
        exercise.run(WARM_UP, 0.0)
        plans = [(events, 0.0), *((int(rate * seconds), rate) for rate in rates)]
        rows = [exercise.run(count, rate) for count, rate in plans]
        exercise.check()
        return rows


class _Exercise:
    """One bus, and runs over it; each has a quarter of the city of its own."""

    def __init__(self, here: BenchBus) -> None:
        self._bus = here.bus
        self._process = here.auditor()
        self._runs = 0
        file = here.file
        self._client = httpx.Client(base_url=f"http://{HOST}:{file.ports.body}", timeout=60)
        self._metrics = {
            name: f"http://{HOST}:{file.ports.metrics_of(name)}/metrics" for name in SLICED
        }

    def run(self, events: int, rate: float) -> BenchRow:
        """Send so many of the city's records at a rate and wait until nothing waits any more."""
        prepared = self._prepared(events)
        self._client.put("/manners", content=msgspec.json.encode(Manners())).raise_for_status()
        driver = Driver(self._bus.stack.client_config(ADMIN))
        probed, before, committed = probe_ms(), self._spent(), self._committed()
        taken_in = self._sum(_TAKEN_IN)
        began = time.monotonic()
        driver.drive(prepared, rate)
        driven_s = time.monotonic() - began
        self._settle(taken_in + len(prepared))
        after = self._spent()
        answer = self._client.get("/arrivals").content
        arrivals = msgspec.json.decode(answer, type=Arrivals)
        costs = {name: (after[name] - before[name]) / len(prepared) for name in before}
        seconds = max(arrivals.last_at - began, driven_s)
        applies = _latency(arrivals, driver, Action.APPLY)
        lifts = _latency(arrivals, driver, Action.LIFT)
        row = BenchRow(
            name="chain",
            events=len(prepared),
            offered=rate or None,
            events_per_s=round(len(prepared) / seconds, 1),
            p50_ms=applies[0],
            p99_ms=applies[1],
            extra={
                "lift_p50_ms": lifts[0],
                "lift_p99_ms": lifts[1],
                "directives": len(arrivals.taken),
                "repeated": arrivals.repeated,
                "transactions_per_s": round((self._committed() - committed) / seconds, 1),
                "broker_cores": round((after["kafka"] - before["kafka"]) / seconds, 2),
                **{f"{name}_us": round(cost * 1e6) for name, cost in costs.items()},
                "probe_ms": round((probed + probe_ms()) / 2, 1),
            },
        )
        CONSOLE.print(
            f"{rate or 'full speed'}: {row.events_per_s:g}/s, p50 {row.p50_ms} p99 {row.p99_ms} ms",
            markup=False,
        )
        return row

    def check(self) -> None:
        """See that every record has become something; raises ``ValueError``."""
        wrong = [each for each in TopicReader(self._process).sums() if not each.adds_up]
        if wrong:
            raise ValueError(f"not everything that was received adds up: {wrong}")

    def _prepared(self, events: int) -> list[Prepared]:
        self._runs += 1
        today = day_of(SystemClock().now())
        city = City(self._process.editions, seed=self._runs, run=f"chain{self._runs}", today=today)
        return prepare(city.statements(events), self._process.codec)

    def _settle(self, taken_in: float) -> None:
        """Wait until so much was taken in, nothing waits in any worker and no body owes.

        Raises ``TimeoutError``.
        """
        deadline, calm_since = time.monotonic() + BOUND_S, None
        while calm_since is None or time.monotonic() - calm_since < CALM_S:
            waiting = max(0.0, taken_in - self._sum(_TAKEN_IN))
            waiting += self._sum("creditbus_engine_lag{") + self._sum("creditbus_owed_")
            if waiting:
                calm_since = None
            elif calm_since is None:
                calm_since = time.monotonic()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{waiting:g} records wait after {BOUND_S:g} s")
            time.sleep(_LOOK_S)

    def _committed(self) -> float:
        return self._sum("creditbus_engine_checkpoints_total")

    def _sum(self, start: str) -> float:
        """Return the sum of all workers' metrics that begin so."""
        found = 0.0
        for url in self._metrics.values():
            lines = self._client.get(url).text.splitlines()
            found += sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))
        return found

    def _spent(self) -> dict[str, float]:
        """Return the processor seconds of every process so far, ours among them."""
        states = self._bus.services.states()
        pids = {each.name.removesuffix("-0"): each.pid for each in states}
        pids |= {name: self._bus.stack.server(name).pid for name in _SERVERS}
        found = {name: spent(pid) for name, pid in pids.items() if pid is not None}
        return found | {"driver": spent(None)}


def _latency(arrivals: Arrivals, driver: Driver, action: Action) -> tuple[float, float]:
    """Return the middle and the slow end of one direction, in milliseconds."""
    delays = [
        (each.at - driver.sent_at[each.caused_by]) * 1000
        for each in arrivals.taken.values()
        if each.action is action and each.caused_by in driver.sent_at
    ]
    cuts = quantiles(delays, n=100, method="inclusive")
    return round(cuts[49], 1), round(cuts[98], 1)
