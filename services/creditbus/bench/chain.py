"""The whole chain, measured: events a second, and both latencies at rates that leave room.

A bus of its own on free ports in a folder that is removed afterwards; the real servers, the real
services, the demonstration's agencies and bodies. Latency is from handing an event to the client
library to the body's receipt of the directive that it caused.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from creditbus.demo.latencies import Latency
from creditbus.demo.run import Demonstration
from creditbus.domain.directives import Action
from creditbus.runtime.catalogue import load_catalogue
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, read_settings
from creditbus.stack.bus import LocalBus, Sites, bodies_plan
from creditbus.stack.downloads import DEFAULT_CACHE
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import free
from creditbus.wire.topics import service_principal

WARM_UP: Final = 300
_console = Console(highlight=False, stderr=True)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement; ``offered`` is records a second, 0 for as fast as it goes."""

    name: str
    events: int
    offered: float
    events_per_s: float
    apply_p50_ms: float
    apply_p99_ms: float
    lift_p50_ms: float
    lift_p99_ms: float


def chain(
    events: Annotated[int, typer.Option(help="Records of the run at full speed.")] = 10_000,
    seconds: Annotated[int, typer.Option(help="Length of each run at a fixed rate.")] = 20,
    rates: Annotated[str, typer.Option(help="Records a second, with commas.")] = "20,100",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a row.")] = False,
) -> None:
    """Measure the whole chain, from an agency's client to the executing body's webhook."""
    settings = read_settings()
    catalogue = load_catalogue(settings.catalogue)
    with TemporaryDirectory(prefix="creditbus-bench-") as home:
        sites = Sites(
            home=Path(home),
            cache=Path(DEFAULT_CACHE),
            schemas=settings.schemas,
            catalogue=settings.catalogue,
        )
        with LocalBus(sites, catalogue, ports=free(), say=_console.print) as bus:
            bus.services.start([bodies_plan(bus.stack.file, sites)])
            process = _auditor(bus.stack.file, sites)
            asyncio.run(_run(bus.stack.file, process, WARM_UP, 0.0))
            plans = [(events, 0.0), *((int(r) * seconds, float(r)) for r in rates.split(","))]
            for count, rate in plans:
                _tell(asyncio.run(_run(bus.stack.file, process, count, rate)), as_json=as_json)


async def _run(file: StackFile, process: Process, events: int, rate: float) -> Row:
    demonstration = Demonstration(file, process, _console)
    statements = demonstration.city(7, f"{events}-{rate}").statements(events)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await demonstration.live(statements, per_second=rate or None)
    await demonstration.settle()
    seconds = loop.time() - began
    latency = demonstration.latency()
    apply, lift = latency[Action.APPLY], latency[Action.LIFT]
    return Row(
        name="chain",
        events=len(statements),
        offered=rate,
        events_per_s=round(len(statements) / seconds, 1),
        **_figures("apply", apply),
        **_figures("lift", lift),
    )


def _figures(name: str, latency: Latency) -> dict[str, float]:
    return {
        f"{name}_p50_ms": round(latency.p50_ms, 1),
        f"{name}_p99_ms": round(latency.p99_ms, 1),
    }


def _auditor(file: StackFile, sites: Sites) -> Process:
    principal = service_principal("audit")
    settings = Settings(
        kafka=file.bootstrap,
        kafka_user=principal,
        kafka_password=file.credentials[principal],
        registry=file.registry_url,
        redis=file.redis_url,
        schemas=sites.schemas,
        catalogue=sites.catalogue,
        log_level="error",
    )
    return Process("audit", 0, settings)


def _tell(row: Row, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        sys.stdout.flush()
        return
    offered = f"{row.offered:.0f}/s offered" if row.offered else "as fast as it goes"
    _console.print(
        f"{row.events} records, {offered}: {row.events_per_s:.0f} events/s; "
        f"apply p50 {row.apply_p50_ms:.0f} p99 {row.apply_p99_ms:.0f} ms; "
        f"lift p50 {row.lift_p50_ms:.0f} p99 {row.lift_p99_ms:.0f} ms",
        markup=False,
    )
