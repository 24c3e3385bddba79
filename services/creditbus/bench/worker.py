"""One measured process: reads its task as JSON from the standard input and works until SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from creditbus.bench import yardstick
from creditbus.bench.stopwatch import Stopwatch, TimedCounters, TimedMeters
from creditbus.engine.connection import Connection
from creditbus.engine.job import Job
from creditbus.engine.worker import Worker
from creditbus.runtime.hosting import host
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings

MODULE: Final = "creditbus.bench.worker"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What one process is told to do; ``gate`` is a file to wait for, empty for none."""

    way: str
    settings: dict[str, str]
    application: str
    number: int
    source: str
    outputs: str
    sheet: str
    gate: str = ""

    @property
    def process_settings(self) -> Settings:
        """The settings that a service would find in its environment."""
        return Settings(**self.settings)  # type: ignore[arg-type]


def process_of(task: Task, stopwatch: Stopwatch) -> Process:
    """Return the process as the runtime sees it, timed."""
    return Process(
        task.application, task.number, task.process_settings, meters=TimedMeters(stopwatch)
    )


def hosted(task: Task, stopwatch: Stopwatch) -> None:
    """Run the yardstick exactly as a service is run."""
    process = process_of(task, stopwatch)
    host(process, stopwatch.timed(_job(task, process)))


def unhosted(task: Task, stopwatch: Stopwatch) -> None:
    """Run the yardstick on the main thread without Faust."""
    process = process_of(task, stopwatch)
    worker = Worker(
        stopwatch.timed(_job(task, process)),
        Connection(process.settings.kafka, process.security),
        process.settings.state,
        counters=TimedCounters(stopwatch),
        logger=process.logger,
        now=process.clock.now,
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


def _job(task: Task, process: Process) -> Job[Any]:
    return yardstick.job(task.application, process.name, task.source, task.outputs)


WAYS: Final[Mapping[str, Callable[[Task, Stopwatch], None]]] = {
    "engine": hosted,
    "unhosted": unhosted,
}


def main() -> None:
    """Do the task on the standard input."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    WAYS[task.way](task, Stopwatch(Path(task.sheet), Path(task.gate) if task.gate else None))


if __name__ == "__main__":
    main()
