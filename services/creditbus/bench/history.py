"""The history: one line of JSON for each recorded row, with what it was measured on."""

from __future__ import annotations

import math
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from creditbus.bench.rows import BenchRow
from creditbus.runtime.clock import Clock
from creditbus.runtime.interpreter import described

HISTORY: Final = Path("bench/history.ndjson")
OTHERS_CORES: Final = 0.5
"""Beside how much other work a figure still says something of ours."""

UNWATCHED: Final = frozenset({"aliases", "chain", "law", "reform"})
"""What runs on a bus of its own or on none, where nobody looks what else the machine does."""

LIBRARIES: Final = ("confluent-kafka", "faust-streaming", "pyruhvro", "rocksdict")


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row with its commit, day, machine and versions; ``changed``: the tree was not clean."""

    commit: str
    changed: bool
    day: str
    cores: int
    processor: str
    versions: dict[str, str]
    row: BenchRow


def quiet(rows: Sequence[BenchRow]) -> list[BenchRow]:
    """Return the rows that are known to be measured while the machine did little else."""
    return [
        row
        for row in rows
        if row.name in UNWATCHED or row.extra.get("others_cores", math.inf) <= OTHERS_CORES
    ]


def record(rows: Sequence[BenchRow], clock: Clock, path: Path = HISTORY) -> None:
    """Append the rows as measured on this machine at this commit."""
    commit, changed = _git("rev-parse", "--short", "HEAD"), bool(_git("status", "--porcelain"))
    versions = {"python": described()}
    versions |= {library: version(library) for library in LIBRARIES}
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as history:
        for row in rows:
            entry = HistoryLine(
                commit=commit,
                changed=changed,
                day=clock.now().date().isoformat(),
                cores=os.cpu_count() or 0,
                processor=processor(),
                versions=versions,
                row=row,
            )
            history.write(msgspec.json.encode(entry) + b"\n")


def load(path: Path = HISTORY) -> list[HistoryLine]:
    """Return the recorded rows, oldest first; none before the first was recorded."""
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=HistoryLine) for line in path.read_bytes().splitlines()]


def processor() -> str:
    """Return what the machine's processor calls itself."""
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.machine()
    for line in information.read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _git(*words: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run([git, *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()
