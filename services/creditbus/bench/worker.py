"""One measured process: takes its task from the standard input and works until SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from creditbus.bench import yardstick
from creditbus.bench.bare import bare
from creditbus.bench.observer import observe
from creditbus.bench.stock import stock
from creditbus.bench.stopwatch import Stopwatch, TimedCounters
from creditbus.bench.task import Task
from creditbus.engine.connection import Connection
from creditbus.engine.job import Job
from creditbus.engine.worker import Storage, Worker
from creditbus.listing import app as listing_app
from creditbus.runtime.hosting import calm_collector, host
from creditbus.runtime.process import Process

MODULE: Final = "creditbus.bench.worker"


def hosted(task: Task, stopwatch: Stopwatch) -> None:
    """Run the yardstick exactly as a service is run."""
    process = task.process(stopwatch)
    host(process, stopwatch.timed(_job(task, process)))


def unhosted(task: Task, stopwatch: Stopwatch) -> None:
    """Run the yardstick on the main thread without Faust."""
    process = task.process(stopwatch)
    worker = Worker(
        stopwatch.timed(_job(task, process)),
        Connection(process.settings.kafka, process.security),
        Storage(process.settings.state, cache_mb=process.settings.store_cache_mb),
        counters=TimedCounters(stopwatch),
        logger=process.logger,
        now=process.clock.now,
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    calm_collector()
    worker.run()


def listing(task: Task, stopwatch: Stopwatch) -> None:
    """Run listing's own job over another source, as another application."""
    process = task.process(stopwatch)
    job = replace(listing_app.job(process), application=task.application, sources=(task.source,))
    host(process, stopwatch.timed(job))


def _job(task: Task, process: Process) -> Job[Any]:
    return yardstick.job(task.application, process.name, task.source, task.outputs)


WAYS: Final[Mapping[str, Callable[[Task, Stopwatch], None]]] = {
    "engine": hosted,
    "unhosted": unhosted,
    "bare": bare,
    "faust": stock,
    "listing": listing,
    "observer": observe,
}


def main() -> None:
    """Do the task on the standard input."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    WAYS[task.way](task, Stopwatch(Path(task.sheet), Path(task.gate) if task.gate else None))


if __name__ == "__main__":
    main()
