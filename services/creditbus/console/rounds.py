"""Rounds: the console asks every process how it is, for however many pages are open.

Where they answer is in the file that Prometheus reads too. What a process says of itself, its lag
and the inboxes that it cannot read come from there, and how long the ways took.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from creditbus.console.quantiles import LatencyHistory
from creditbus.runtime.interventions.wishes import ParkedInbox
from creditbus.runtime.kafka.clients import reached
from creditbus.runtime.kafka.stretches import StretchReader
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.wire.topics import inbox, party_of_inbox

ASK_EVERY_S: Final = 2.0
MEASURE_EVERY: Final = 3
"""Every so many rounds the figures are read as well: a scrape costs its process more."""

LOOK_BACK_AFTER_S: Final = 5.0
"""When it is looked back, and how long after a broker was away: a start has enough to do."""

READER: Final = "intake"
WAYS: Final = ("lift", "apply")
_BOUND_S: Final = 1.5
_SETTLED: Final = "creditbus_settled_seconds_bucket"
_LAG: Final = "creditbus_engine_lag"
_SINGLE: Final = {"creditbus_restarts", "creditbus_started_at_seconds"}
_LAST: Final = "creditbus_source_last_record_timestamp_seconds"
_WANTED: Final = (_SETTLED, _LAG, _LAST, *_SINGLE)


class ProcessHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How one process is: what it says, how far it is behind, since when it runs."""

    name: str
    is_ready: bool
    why: str
    lag: int | None = None
    restarts: int = 0
    started_at: float | None = None


class _Target(msgspec.Struct, frozen=True):
    targets: tuple[str, ...]
    labels: dict[str, str]


class _Said(msgspec.Struct, frozen=True):
    ready: bool
    why: str = ""
    parked: tuple[ParkedInbox, ...] = ()


class _Figures(msgspec.Struct, frozen=True, kw_only=True):
    lag: int | None
    single: dict[str, float]
    settled: dict[str, dict[float, float]]
    last: dict[str, float]


class Rounds:
    """What the processes last said; ``at`` is when, none before the first round."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._figures: dict[str, _Figures] = {}
        self.at: datetime | None = None
        self.states: tuple[ProcessHealth, ...] = ()
        self.parked: tuple[ParkedInbox, ...] = ()
        self.last_records: dict[str, float] = {}
        """When the last record of each source came in, in seconds since 1970."""
        self.latencies: dict[str, LatencyHistory] = {way: LatencyHistory() for way in WAYS}

    @property
    def is_told(self) -> bool:
        """Whether the console was told where the processes answer."""
        return self._process.settings.scrapes is not None

    async def go(self) -> None:
        """Ask again and again."""
        number = 0
        async with httpx.AsyncClient(timeout=_BOUND_S, trust_env=False) as client:
            while True:
                await self._round(client, measures=number % MEASURE_EVERY == 0)
                number += 1
                await asyncio.sleep(ASK_EVERY_S)

    async def look_back(self) -> None:
        """Find out once when each source spoke last: intake knows no more than since its start."""
        while True:
            await asyncio.sleep(LOOK_BACK_AFTER_S)
            with suppress(Unavailable):
                for source, at in (await asyncio.to_thread(self._last_written)).items():
                    self._hear(source, at)
                return

    def _last_written(self) -> dict[str, float]:
        topics = [inbox(source) for source in self._process.catalogue.sources]
        with reached():
            found = StretchReader(self._process, []).last_written(topics)
        return {party_of_inbox(topic): at_ms / 1000 for topic, at_ms in found.items()}

    def _hear(self, source: str, at: float) -> None:
        self.last_records[source] = max(at, self.last_records.get(source, 0.0))

    async def _round(self, client: httpx.AsyncClient, *, measures: bool) -> None:
        targets = _targets(self._process.settings.scrapes)
        if measures:
            found = await asyncio.gather(*(_measure(client, at) for at in targets.values()))
            known = zip(targets, found, strict=True)
            self._figures = {name: figures for name, figures in known if figures is not None}
            now = self._process.clock.now()
            for figures in self._figures.values():
                for source, at in figures.last.items():
                    self._hear(source, at)
            for way, history in self.latencies.items():
                history.see(now, {name: at.settled[way] for name, at in self._figures.items()})
        said = await asyncio.gather(*(_ask(client, at) for at in targets.values()))
        self.states = tuple(
            self._state(name, each) for name, each in zip(targets, said, strict=True)
        )
        self.parked = _parked(dict(zip(targets, said, strict=True)))
        self.at = self._process.clock.now()

    def _state(self, name: str, said: _Said | None) -> ProcessHealth:
        figures = self._figures.get(name)
        single = figures.single if figures is not None else {}
        return ProcessHealth(
            name=name,
            is_ready=said is not None and said.ready,
            why="" if said is None else said.why,
            lag=figures.lag if figures is not None else None,
            restarts=int(single.get("creditbus_restarts", 0)),
            started_at=single.get("creditbus_started_at_seconds") if said is not None else None,
        )


def _targets(file: Path | None) -> dict[str, str]:
    """Return where every worker answers, by its name; nobody while the file cannot be read."""
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[_Target]) if file else []
    except (OSError, msgspec.DecodeError):
        return {}
    return {
        f"{row.labels.get('service', '')}-{row.labels.get('worker', '0')}": f"http://{target}"
        for row in rows
        for target in row.targets
    }


def _parked(said: Mapping[str, _Said | None]) -> tuple[ParkedInbox, ...]:
    """Return the inboxes that wait, each once, and which worker of intake has it."""
    found: dict[str, ParkedInbox] = {}
    for name, each in said.items():
        service, _, number = name.rpartition("-")
        for parked in each.parked if each is not None and service == READER else ():
            found.setdefault(parked.topic, replace(parked, worker=int(number)))
    return tuple(found.values())


async def _ask(client: httpx.AsyncClient, address: str) -> _Said | None:
    try:
        answer = await client.get(f"{address}/health/ready")
        return msgspec.json.decode(answer.content, type=_Said)
    except (httpx.HTTPError, msgspec.DecodeError):
        return None


async def _measure(client: httpx.AsyncClient, address: str) -> _Figures | None:
    try:
        text = (await client.get(f"{address}/metrics")).text
    except httpx.HTTPError:
        return None
    return figures_of(text)


def figures_of(text: str) -> _Figures:
    """Return what a scrape says of lag, start, and how long the ways took."""
    lines = [line for line in text.splitlines() if line.startswith(_WANTED)]
    lag: int | None = None
    single: dict[str, float] = {}
    settled: dict[str, dict[float, float]] = {way: {} for way in WAYS}
    last: dict[str, float] = {}
    for family in text_string_to_metric_families("\n".join([*lines, ""])):
        for sample in family.samples:
            if sample.name == _SETTLED and sample.labels.get("action") in settled:
                bound = float(sample.labels["le"])
                settled[sample.labels["action"]][bound] = sample.value
            elif sample.name == _LAST and sample.value:
                last[sample.labels["source"]] = sample.value
            elif sample.name == _LAG:
                lag = (lag or 0) + int(sample.value)
            elif sample.name in _SINGLE:
                single[sample.name] = sample.value
    return _Figures(lag=lag, single=single, settled=settled, last=last)
