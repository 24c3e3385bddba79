"""The whole chain, measured: events a second, and both latencies at rates that leave room.

A bus of its own on free ports in a folder that is removed afterwards; the real servers, the real
services, the demonstration's agencies and bodies. Latency is from handing an event to the client
library to the body's receipt of the directive that it caused: the row's own for what is applied,
``lift_`` for what is lifted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from creditbus.bench.rows import CONSOLE, BenchRow
from creditbus.demo.run import Demonstration
from creditbus.domain.effects.directives import Action
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, read_settings
from creditbus.stack.bus import LocalBus, Sites, bodies_plan
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import free
from creditbus.stack.reports import Report
from creditbus.wire.topics import service_principal

WARM_UP: Final = 300


def chain(events: int, seconds: int, rates: Sequence[float]) -> list[BenchRow]:
    """Measure at full speed, then at each rate (records a second) for so many seconds."""
    settings = read_settings()
    catalogue = load_catalogue(settings.catalogue)
    with TemporaryDirectory(prefix="creditbus-bench-") as home:
        sites = Sites(
            home=Path(home),
            cache=read_settings().cache,
            schemas=settings.schemas,
            catalogue=settings.catalogue,
            editions=settings.editions,
        )
        with LocalBus(sites, catalogue, ports=free(), say=Report(CONSOLE.print)) as bus:
            bus.services.start([bodies_plan(bus.stack.file, sites)])
            process = auditor(bus.stack.file, sites)
            asyncio.run(_run(bus.stack.file, process, WARM_UP, 0.0))
            plans = [(events, 0.0), *((int(rate * seconds), rate) for rate in rates)]
            return [
                asyncio.run(_run(bus.stack.file, process, count, rate)) for count, rate in plans
            ]


async def _run(file: StackFile, process: Process, events: int, rate: float) -> BenchRow:
    demonstration = Demonstration(file, process, CONSOLE)
    statements = demonstration.city(7, f"{events}-{rate}").statements(events)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await demonstration.live(statements, per_second=rate or None)
    await demonstration.settle()
    seconds = loop.time() - began
    latency = demonstration.latency()
    apply, lift = latency[Action.APPLY], latency[Action.LIFT]
    return BenchRow(
        name="chain",
        events=len(statements),
        offered=rate or None,
        events_per_s=round(len(statements) / seconds, 1),
        p50_ms=round(apply.p50_ms, 1),
        p99_ms=round(apply.p99_ms, 1),
        extra={"lift_p50_ms": round(lift.p50_ms, 1), "lift_p99_ms": round(lift.p99_ms, 1)},
    )


def auditor(file: StackFile, sites: Sites) -> Process:
    """Return a process that may read every topic of a bus."""
    principal = service_principal("audit")
    settings = Settings(
        kafka=file.bootstrap,
        kafka_user=principal,
        kafka_password=file.credentials[principal],
        registry=file.registry_url,
        redis=file.redis_url,
        schemas=sites.schemas,
        catalogue=sites.catalogue,
        editions=sites.editions,
        log_level="error",
    )
    return Process("audit", 0, settings)
