"""The machine: what it did beside the workers while they were measured.

On a shared machine a slow run may be somebody else's doing: the row says how many cores were, and
how fast the machine was at a fixed piece of work, which also tells of what it does not let us see.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

import psutil

_MB: Final = 1 << 20
_PROBE_ROWS: Final = 100_000
_PROBES: Final = 3
_SCATTER: Final = 7919  # a prime, so that the keys come in no order


@dataclass(slots=True)
class MachineWatch:
    """Processor seconds between two looks: the broker's, our own, and everybody's."""

    seconds: float = 0.0
    broker_s: float = 0.0
    own_s: float = 0.0
    busy_s: float = 0.0

    def others_cores(self, workers_s: float) -> float:
        """Return how many cores were busy with what is no part of the measurement."""
        others_s = self.busy_s - self.broker_s - self.own_s - workers_s
        return round(max(0.0, others_s) / self.seconds, 2)


@contextmanager
def watched(broker: int) -> Iterator[MachineWatch]:
    """Watch the machine and the broker's process."""
    watch = MachineWatch()
    before = _look(broker)
    try:
        yield watch
    finally:
        after = _look(broker)
        watch.seconds, watch.broker_s, watch.own_s, watch.busy_s = (
            end - start for start, end in zip(before, after, strict=True)
        )


def _look(broker: int) -> tuple[float, float, float, float]:
    """Return the instant and the processor seconds so far: broker, own, all."""
    times = psutil.cpu_times()
    # What the host gave to other guests was taken from us as well.
    busy = times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    return time.monotonic(), spent(broker), spent(None), busy


def spent(pid: int | None) -> float:
    """Return a process's user and system seconds so far; none is this process."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@dataclass(slots=True)
class Spending:
    """What one process took while others did their part: processor seconds, memory at the end."""

    watch: MachineWatch
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    others_cores: float = 0.0
    probe_ms: float = 0.0

    def beside(self, records: int) -> dict[str, float]:
        """Return what else a row says of a run over so many records."""
        return {
            "broker_cpu_s_per_million": round(self.watch.broker_s / records * 1e6, 1),
            "others_cores": self.others_cores,
            "probe_ms": self.probe_ms,
        }


@contextmanager
def spending(broker: int, worker: int, helpers: Sequence[int] = ()) -> Iterator[Spending]:
    """Watch a process while the block lasts; helpers are parts of the measurement too."""
    probed, own, all_s = probe_ms(), spent(worker), sum(map(spent, helpers))
    with watched(broker) as watch:
        found = Spending(watch)
        yield found
    found.cpu_s = spent(worker) - own
    found.others_cores = watch.others_cores(found.cpu_s + sum(map(spent, helpers)) - all_s)
    found.memory_mb = psutil.Process(worker).memory_info().rss / _MB
    found.probe_ms = round((probed + probe_ms()) / 2, 1)


def probe_ms() -> float:
    """Return how long the machine takes, in milliseconds, for packing, sorting and indexing rows.

    The work is the same for ever, so that figures of a fast hour and of a slow one compare.
    """
    return round(median(_probe_s() for _ in range(_PROBES)) * 1000, 1)


def _probe_s() -> float:
    began = time.perf_counter()
    rows = [(b"%d" % (number * _SCATTER % _PROBE_ROWS), number) for number in range(_PROBE_ROWS)]
    dict(sorted(rows))
    return time.perf_counter() - began
