"""The stopwatch of one worker process: from its first record to its last checkpoint.

It sits where the engine already calls out: ``read`` is asked for every slice, and the counters hear
of every restore and checkpoint. What it knows lies on a sheet on disk after each checkpoint, so the
process may end in any way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec
from confluent_kafka import Message

from creditbus.engine import surroundings as names
from creditbus.engine.job import Job
from creditbus.engine.values import Unreadable
from creditbus.runtime.metrics import Meters
from creditbus.runtime.whole_files import write_whole

C = TypeVar("C")
_LOOK_S = 0.005


class TimeSheet(msgspec.Struct, kw_only=True):
    """One worker's figures; instants are monotonic seconds, the same in every process."""

    records: int = 0
    checkpoints: int = 0
    began_at: float = 0.0
    ended_at: float = 0.0
    began_cpu_s: float = 0.0
    ended_cpu_s: float = 0.0
    peak_kb: int = 0
    restored: int = 0
    restore_s: list[float] = []

    @property
    def cpu_s(self) -> float:
        """User and system time between the two instants."""
        return self.ended_cpu_s - self.began_cpu_s


class Stopwatch:
    """Notes one process's instants; holds back its partitions until the gate file is there.

    Without the gate the first of two workers would begin alone, and the clock would measure how
    fast processes start.
    """

    def __init__(self, sheet: Path, gate: Path | None = None) -> None:
        self.sheet = TimeSheet()
        self._path = sheet
        self._gate = gate
        # Restores end on threads of their own, several at once.
        self._lock = threading.Lock()

    def timed(self, job: Job[C]) -> Job[C]:
        """Return the job with a stopwatch at its reading."""

        def read(records: Sequence[Message]) -> tuple[C, list[Unreadable]]:
            self.read(len(records))
            return job.read(records)

        return replace(job, read=read)

    def read(self, records: int) -> None:
        """Note that records were consumed; the first ones start the clock."""
        if not self.sheet.records:
            self.sheet.began_cpu_s = time.process_time()
            self.sheet.began_at = time.monotonic()
        self.sheet.records += records

    def committed(self) -> None:
        """Note a checkpoint; the last one is where the clock stops."""
        with self._lock:
            self.sheet.ended_at = time.monotonic()
            self.sheet.ended_cpu_s = time.process_time()
            self.sheet.checkpoints += 1
        self.save()

    def hear(self, name: str, value: float) -> None:
        """Hear what the engine counts and times."""
        if name == names.CHECKPOINT_SECONDS:
            self.committed()
        elif name == names.RESTORED:
            with self._lock:
                self.sheet.restored += int(value)
        elif name == names.RESTORE_SECONDS:
            with self._lock:
                self.sheet.restore_s.append(value)
            self.wait_gate()

    def wait_gate(self) -> None:
        """Say on the sheet that this process is ready, and wait for the gate."""
        self.save()
        while self._gate is not None and not self._gate.exists():
            time.sleep(_LOOK_S)

    def save(self) -> None:
        """Write the sheet whole or not at all."""
        with self._lock:
            self.sheet.peak_kb = peak_kb()
            write_whole(self._path, msgspec.json.encode(self.sheet))


class TimedMeters(Meters):
    """The metrics of a hosted worker, with a stopwatch that hears them too."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        super().__init__()
        self._stopwatch = stopwatch

    def add(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        super().add(name, value, **labels)
        self._stopwatch.hear(name, value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note one duration."""
        super().observe(name, seconds, **labels)
        self._stopwatch.hear(name, seconds)


class TimedCounters:
    """The counters of a worker without a host: the stopwatch alone."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        self._stopwatch = stopwatch

    def add(self, name: str, value: float, **_labels: str) -> None:
        """Pass a count on."""
        self._stopwatch.hear(name, value)

    def observe(self, name: str, seconds: float) -> None:
        """Pass a duration on."""
        self._stopwatch.hear(name, seconds)


def peak_kb(pid: int | str = "self") -> int:
    """Return the largest resident memory that a process has had, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0
