"""A session: one track, and the benchmarks run on it, one after another and round after round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from creditbus.bench import engine, latency, listing, recovery
from creditbus.bench.crew import CACHE_MB
from creditbus.bench.machine import probe_ms
from creditbus.bench.rows import CONSOLE, BenchRow, middle, shown
from creditbus.bench.track import Track, track

WARM_UP_RATE: Final = 5000.0
WARM_UP_S: Final = 45.0


class SessionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark to run; a rate is in events a second, ``profile`` a file for py-spy."""

    name: str
    events: int = 0
    workers: int = 1
    rate: float = 0.0
    seconds: float = 0.0
    cache_mb: int = CACHE_MB
    profile: Path | None = None

    def __str__(self) -> str:
        size = f"{self.rate:,.0f}/s" if self.rate else f"{self.events:,}"
        return f"{self.name} x{self.workers}, {size}"


class Session:
    """Runs plans; what they read is written once and read by every repetition."""

    def __init__(self, place: Track) -> None:
        self._track = place
        self._inputs: dict[int, engine.Input] = {}
        self._cases: dict[int, str] = {}
        self._is_warm = False

    def run(self, plan: SessionPlan) -> BenchRow:
        """Run one plan once."""
        return WAYS[plan.name](self, plan)

    def yardstick(self, plan: SessionPlan) -> BenchRow:
        """Run the yardstick in one of its ways."""
        return engine.repetition(
            self._track,
            plan.name,
            self._input(plan.events),
            workers=plan.workers,
            profile=plan.profile,
        )

    def listing(self, plan: SessionPlan) -> BenchRow:
        """Run listing's own job."""
        if plan.events not in self._cases:
            CONSOLE.print(f"writing {plan.events:,} of the city's events")
            self._cases[plan.events] = listing.prepare(self._track, plan.events)
        topic = self._cases[plan.events]
        return listing.listing(self._track, topic, workers=plan.workers, cache_mb=plan.cache_mb)

    def recovery(self, plan: SessionPlan) -> BenchRow:
        """Rebuild the yardstick's state."""
        return recovery.recovery(self._track, self._input(plan.events))

    def latency(self, plan: SessionPlan) -> BenchRow:
        """Measure one hop at a fixed rate."""
        self._warm_up()
        return latency.latency(self._track, plan.rate, plan.seconds)

    def rolling(self, plan: SessionPlan) -> BenchRow:
        """Restart one of two workers under load."""
        self._warm_up()
        return latency.rolling(self._track, plan.rate)

    def soak(self, plan: SessionPlan) -> BenchRow:
        """Watch the memory of one worker for long."""
        return latency.soak(self._track, plan.rate, plan.seconds / 60)

    def _warm_up(self) -> None:
        """Keep the broker busy once: its first minute is mostly its compiler's."""
        if not self._is_warm:
            CONSOLE.print("warming the broker up")
            latency.latency(self._track, WARM_UP_RATE, WARM_UP_S)
            self._is_warm = True

    def _input(self, events: int) -> engine.Input:
        if events not in self._inputs:
            CONSOLE.print(f"writing {events:,} events of the yardstick")
            self._inputs[events] = engine.prepare(self._track, events)
        return self._inputs[events]


WAYS: Final[dict[str, Callable[[Session, SessionPlan], BenchRow]]] = {
    "engine": Session.yardstick,
    "unhosted": Session.yardstick,
    "bare": Session.yardstick,
    "faust": Session.yardstick,
    "listing": Session.listing,
    "recovery": Session.recovery,
    "latency": Session.latency,
    "rolling": Session.rolling,
    "soak": Session.soak,
}


def run(plans: Sequence[SessionPlan], rounds: int) -> list[BenchRow]:
    """Run the plans in turn, round after round, and return each one's medians."""
    found: list[list[BenchRow]] = [[] for _ in plans]
    with track() as place:
        session = Session(place)
        for _ in range(rounds):
            for plan, rows in zip(plans, found, strict=True):
                row = _probed(session, plan)
                rows.append(row)
                figure = row.events_per_s or row.p50_ms or row.peak_mb
                CONSOLE.print(f"{plan}: {shown(figure)}", markup=False)
    return [middle(rows) for rows in found]


def _probed(session: Session, plan: SessionPlan) -> BenchRow:
    """Run a plan once and say how fast the machine was before and after it."""
    before = probe_ms()
    row = session.run(plan)
    probed = round((before + probe_ms()) / 2, 1)
    return msgspec.structs.replace(row, extra={**row.extra, "probe_ms": probed})


def everything(events: int) -> list[SessionPlan]:
    """Return the sensible whole: what a change of the engine should be judged by."""
    return [
        *(
            SessionPlan(name=name, events=events, workers=workers)
            for name in ("engine", "bare")
            for workers in (1, 2)
        ),
        SessionPlan(name="faust", events=max(1000, events * 3 // 100)),
        SessionPlan(name="listing", events=max(1000, events * 3 // 10)),
        SessionPlan(name="recovery", events=events),
        *(SessionPlan(name="latency", rate=rate, seconds=10) for rate in (100.0, 1000.0, 5000.0)),
    ]
