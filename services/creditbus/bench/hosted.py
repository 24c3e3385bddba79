"""The measured jobs that run on the engine: the yardstick, hosted or not, and listing's own."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import Any

from creditbus.bench import yardstick
from creditbus.bench.stopwatch import Stopwatch, TimedCounters
from creditbus.bench.task import Task
from creditbus.engine.connection import Connection
from creditbus.engine.job import Job
from creditbus.engine.worker import Storage, Worker
from creditbus.listing import app as listing_app
from creditbus.runtime.process import Process
from creditbus.runtime.workers.allocator import give_back_freed
from creditbus.runtime.workers.hosts import calm_collector, host


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
    give_back_freed()
    worker.run()


def listing(task: Task, stopwatch: Stopwatch) -> None:
    """Run listing's own job over another source, as another application."""
    process = task.process(stopwatch)
    job = replace(listing_app.job(process), application=task.application, sources=(task.source,))
    host(process, stopwatch.timed(job))


def _job(task: Task, process: Process) -> Job[Any]:
    return yardstick.job(task.application, process.name, task.source, task.outputs)
