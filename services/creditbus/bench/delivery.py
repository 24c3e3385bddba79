"""Delivery, measured: its pace, a lift in a burst, a body that returns, a start with much owed.

A bus of its own with nothing but intake and delivery on it, and bodies of its own. Latencies are
from handing a directive to the client library to its arrival at the body.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import quantiles
from typing import Final

import httpx
import msgspec

from creditbus.bench import bodies
from creditbus.bench.bodies import Arrivals, Manners
from creditbus.bench.buses import BenchBus, bench_bus, replace_worker
from creditbus.bench.issuer import Issuer
from creditbus.bench.machine import Spending, spending
from creditbus.bench.rows import CONSOLE, BenchRow, shown
from creditbus.domain.effects.directives import Action
from creditbus.domain.ids import BodyId, DirectiveId
from creditbus.stack.ports import HOST
from creditbus.stack.principals import ADMIN
from creditbus.stack.services import worker_name

MANY: Final = 190
POOR: Final = 10
"""So many bodies of the many are dead, and so many slow."""

FEW: Final = 1000
LIFT_EVERY_S: Final = 0.05
BOUND_S: Final = 600.0
_WORKER: Final = worker_name("delivery")
_LOOK_S: Final = 0.05


def delivery(events: int, owed: int, away_s: float) -> list[BenchRow]:
    """Measure ``events`` directives a run, a body away for so many seconds, and a restart."""
    with bench_bus(("intake",), _with_bodies) as here:
        exercise = _Exercise(here)
        # The broker's first minute is mostly its compiler's.
        exercise.pace("warm up", max(FEW, events // 2), 1)
        return [
            exercise.pace("delivery one", events, 1),
            exercise.pace("delivery many", events, MANY),
            exercise.burst(events),
            exercise.absence(events, away_s),
            exercise.restart(owed),
        ]


class _Exercise:
    """One bus, its bodies, and what is sent to them."""

    def __init__(self, here: BenchBus) -> None:
        bus, file = here.bus, here.file
        self._services = bus.services
        self._given_up: set[BodyId] = set()
        self._bodies = httpx.Client(base_url=f"http://{HOST}:{file.ports.body}", timeout=60)
        self._metrics = f"http://{HOST}:{file.ports.metrics_of('delivery')}/metrics"
        self._issuer = Issuer(bus.stack.client_config(ADMIN), here.auditor().codec)
        broker = bus.stack.server("kafka").pid
        assert broker is not None, "the broker runs"
        self._broker = broker
        self._services.start([bodies.plan(file.ports.body), bus.plan("delivery")])

    def pace(self, name: str, events: int, count: int) -> BenchRow:
        """Measure how fast applications reach one fast body, or many of which some fare badly."""
        names = [_name(number) for number in range(count)]
        poor = POOR if count > 1 else 0
        dead, slow = names[:poor], names[poor : 2 * poor]
        self._given_up |= set(dead)
        self._behave(slow=slow)
        reached = names[2 * poor :]
        with self._spending() as run:
            began = time.monotonic()
            self._issuer.issue_all(Action.APPLY, dead)
            self._issuer.issue_all(Action.APPLY, slow)
            self._issuer.issue_all(
                Action.APPLY, (reached[number % len(reached)] for number in range(events))
            )
            arrivals = self._wait(events + len(slow))
        return _row(name, arrivals, run, began=began)

    def burst(self, events: int) -> BenchRow:
        """Measure lifts that are stated while a burst of applications to the same body waits."""
        self._behave()
        body, lifts = _name(MANY - 1), dict[DirectiveId, float]()
        with self._spending() as run:
            self._issuer.issue_all(Action.APPLY, [body] * events)
            while self._count() < events + len(lifts):
                name, at = self._issuer.issue(Action.LIFT, body)
                lifts[name] = at
                time.sleep(LIFT_EVERY_S)
            arrivals = self._wait(events + len(lifts))
        delays = [arrivals.at(name) - at for name, at in lifts.items()]
        return _row("delivery burst", arrivals, run, delays=delays)

    def absence(self, events: int, away_s: float) -> BenchRow:
        """Measure how soon a body that was away has its lifts: ``lifts_s``, all in ``all_s``."""
        body = _name(MANY - 2)
        self._behave(dead=[body])
        lifts = [self._issuer.issue(Action.LIFT, body)[0] for _ in range(FEW)]
        self._issuer.issue_all(Action.APPLY, [body] * events)
        time.sleep(away_s)
        with self._spending() as run:
            self._behave()
            returned = time.monotonic()
            arrivals = self._wait(events + FEW)
        last = max(arrivals.at(name) for name in lifts) - returned
        extra = {
            "away_s": away_s,
            "lifts": float(FEW),
            "lifts_s": round(last, 3),
            "all_s": round(arrivals.last_at - returned, 3),
        }
        return _row("delivery return", arrivals, run, extra=extra)

    def restart(self, owed: int) -> BenchRow:
        """Measure a killed worker with much owed: until it is ready, and until it sends a lift."""
        dead, healthy = _name(MANY - 3), _name(MANY - 4)
        self._behave(dead=[dead])
        self._issuer.issue_all(Action.APPLY, [dead] * owed)
        while self._owed(dead) < owed:
            time.sleep(_LOOK_S)
        replace_worker(self._services, _WORKER)
        started = time.monotonic()
        self._issuer.issue_all(Action.LIFT, [healthy])
        self._services.wait_ready([_WORKER], BOUND_S)
        ready = time.monotonic()
        with self._spending() as run:
            arrivals = self._wait(1)
        extra = {
            "ready_s": round(ready - started, 2),
            "lift_s": round(arrivals.last_at - started, 2),
            "owed": float(owed),
        }
        return _row("delivery restart", arrivals, run, extra=extra)

    def _behave(self, *, dead: Sequence[BodyId] = (), slow: Sequence[BodyId] = ()) -> None:
        """Set the manners and forget what came; who was given up stays dead for every later run."""
        manners = Manners(frozenset({*dead, *self._given_up}), frozenset(slow))
        self._bodies.put("/manners", content=msgspec.json.encode(manners)).raise_for_status()

    def _count(self) -> int:
        return int(self._bodies.get("/count").text)

    def _wait(self, count: int) -> Arrivals:
        """Wait until so many directives have come; raises ``TimeoutError`` when they never do."""
        deadline = time.monotonic() + BOUND_S
        while (found := self._count()) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{found} of {count} directives came within {BOUND_S:g} s")
            time.sleep(_LOOK_S)
        return msgspec.json.decode(self._bodies.get("/arrivals").content, type=Arrivals)

    def _owed(self, body: BodyId) -> float:
        """Return how many applications a body owes, as delivery's metrics say."""
        start = f'creditbus_owed_apply{{body="{body}"'
        lines = httpx.get(self._metrics, timeout=10).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))

    def _spending(self) -> AbstractContextManager[Spending]:
        pids = {each.name: each.pid for each in self._services.states() if each.pid is not None}
        worker = pids.pop(_WORKER)
        return spending(self._broker, worker, list(pids.values()))


def _row(
    name: str,
    arrivals: Arrivals,
    run: Spending,
    *,
    began: float | None = None,
    delays: Sequence[float] = (),
    extra: Mapping[str, float] | None = None,
) -> BenchRow:
    """Return the row: the pace from ``began`` to the last arrival, the delays of lifts."""
    taken = len(arrivals.taken)
    cuts = quantiles(delays, n=100, method="inclusive") if delays else None
    pace = taken / (arrivals.last_at - began) if began is not None else None
    row = BenchRow(
        name=name,
        events=taken,
        events_per_s=round(pace, 1) if pace is not None else None,
        cpu_s_per_million=round(run.cpu_s / taken * 1e6, 1) if pace is not None else None,
        peak_mb=round(run.memory_mb, 1),
        p50_ms=round(cuts[49] * 1000, 1) if cuts is not None else None,
        p99_ms=round(cuts[98] * 1000, 1) if cuts is not None else None,
        extra={**(extra or {}), "repeated": arrivals.repeated, **run.beside(taken)},
    )
    CONSOLE.print(f"{name}: {told(row)}", markup=False)
    return row


def told(row: BenchRow) -> str:
    """Return what a run came to, in one line."""
    figures = {
        "directives/s": row.events_per_s,
        "lift p50 ms": row.p50_ms,
        "lift p99 ms": row.p99_ms,
        **row.extra,
    }
    return ", ".join(f"{name} {shown(value)}" for name, value in figures.items() if value)


def _with_bodies(catalogue: Path, copy: Path) -> Path:
    """Copy a catalogue and add the many bodies, each like the first one of the file."""
    shutil.copytree(catalogue, copy)
    path = copy / "bodies.toml"
    rows = path.read_text()
    found = re.search(r"^\[[^\]]+\]\n(?P<row>[^\[]*)", rows, re.MULTILINE)
    assert found is not None, f"{path} has a first body"
    more = "".join(f"\n[{_name(number)}]\n{found['row']}" for number in range(MANY))
    path.write_text(rows + more)
    return copy


def _name(number: int) -> BodyId:
    return BodyId(f"bench-{number:03}")
