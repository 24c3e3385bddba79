"""One measured process: takes its task from the standard input and works until SIGTERM."""

from __future__ import annotations

import gc
import pkgutil
import sys
from pathlib import Path
from typing import Final

import msgspec

from creditbus.bench.stopwatch import Stopwatch
from creditbus.bench.task import Task

MODULE: Final = "creditbus.bench.worker"

WAYS: Final = {
    "engine": "creditbus.bench.hosted:hosted",
    "unhosted": "creditbus.bench.hosted:unhosted",
    "listing": "creditbus.bench.hosted:listing",
    "bare": "creditbus.bench.bare:bare",
    "faust": "creditbus.bench.stock:stock",
    "observer": "creditbus.bench.observer:observe",
}
"""Each way to work, and where it is: no process imports another's."""


def main() -> None:
    """Do the task on the standard input."""
    gc.set_threshold(50_000)  # as in the program's own beginning
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    work = pkgutil.resolve_name(WAYS[task.way])
    work(task, Stopwatch(Path(task.sheet), Path(task.gate) if task.gate else None))


if __name__ == "__main__":
    main()
