"""A bus for one benchmark: real servers and services on free ports, in a folder that goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from creditbus.bench.rows import CONSOLE
from creditbus.domain.law.catalogue import Catalogue
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, read_settings
from creditbus.stack.bus import LocalBus, Sites
from creditbus.stack.folder import StackFile
from creditbus.stack.interrupts import raise_when_asked
from creditbus.stack.ports import free
from creditbus.stack.reports import Report
from creditbus.stack.services import HOSTED, Services
from creditbus.wire.topics import service_principal

_LOOK_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class BenchBus:
    """The running bus, where it lies, and the law that it goes by."""

    bus: LocalBus
    sites: Sites
    catalogue: Catalogue

    @property
    def file(self) -> StackFile:
        """Its addresses and credentials."""
        return self.bus.stack.file

    def auditor(self) -> Process:
        """Return a process that may read every topic."""
        principal = service_principal("audit")
        settings = Settings(
            kafka=self.file.bootstrap,
            kafka_user=principal,
            kafka_password=self.file.credentials[principal],
            registry=self.file.registry_url,
            redis=self.file.redis_url,
            schemas=self.sites.schemas,
            catalogue=self.sites.catalogue,
            editions=self.sites.editions,
            log_level="error",
        )
        return Process("audit", 0, settings)


def _as_it_is(catalogue: Path, _into: Path) -> Path:
    return catalogue


@contextmanager
def bench_bus(
    services: Sequence[str] = HOSTED, law: Callable[[Path, Path], Path] = _as_it_is
) -> Iterator[BenchBus]:
    """Run a bus with these services; ``law`` may copy the catalogue elsewhere and change it.

    It goes with whoever runs it, also when asked to end by a signal (as ``timeout`` does).
    """
    raise_when_asked()
    settings = read_settings()
    with TemporaryDirectory(prefix="creditbus-bench-") as folder:
        sites = Sites(
            home=Path(folder) / "bus",
            cache=settings.cache,
            schemas=settings.schemas,
            catalogue=law(settings.catalogue, Path(folder) / "catalogue"),
            editions=settings.editions,
        )
        catalogue = load_catalogue(sites.catalogue)
        say = Report(CONSOLE.print)
        with LocalBus(sites, catalogue, ports=free(), say=say, services=services) as bus:
            yield BenchBus(bus, sites, catalogue)


def pid_of(services: Services, name: str) -> int | None:
    """Return the process of a worker, None between two."""
    return next(each.pid for each in services.states() if each.name == name)


def replace_worker(services: Services, name: str) -> None:
    """Kill a worker, and return as soon as another process has its place."""
    before = pid_of(services, name)
    services.kill(name)
    while pid_of(services, name) in {before, None}:
        time.sleep(_LOOK_S)
