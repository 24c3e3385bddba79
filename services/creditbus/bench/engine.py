"""The yardstick, run: one repetition from new topics to figures that were checked."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from creditbus.bench.crew import Crew
from creditbus.bench.machine import MachineWatch, watched
from creditbus.bench.rows import BenchRow
from creditbus.bench.stopwatch import TimeSheet
from creditbus.bench.supply import Truth, supply
from creditbus.bench.track import Track
from creditbus.bench.yardstick import SEEN, SUBJECTS
from creditbus.engine.store import Store
from creditbus.engine.values import Table

TOLD: Final = frozenset({"engine", "unhosted", "faust"})
"""The ways whose outputs must be the truth's."""

HELD: Final = frozenset({"engine", "unhosted"})
"""The ways whose stores must hold the truth's rows."""

_FORMATS: Final = {".svg": "flamegraph", ".json": "speedscope"}
_HERTZ: Final = "200"
_SPY: Final = Path(sys.executable).with_name("py-spy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A topic with the yardstick's events, and what must come of them."""

    topic: str
    truth: Truth


def prepare(track: Track, events: int) -> Input:
    """Write so many events to a topic of their own."""
    topic = track.create(f"yardstick-{events}")
    return Input(topic=topic, truth=supply(track.client, topic, events))


def repetition(
    track: Track, way: str, given: Input, *, workers: int, profile: Path | None = None
) -> BenchRow:
    """Run the job over the input once, as a new application, and check what came of it."""
    with Crew(track, way, given.topic, workers) as crew:
        crew.start_all()
        with profiled(crew.posts[0].process.pid, profile), watched(track.broker) as watch:
            crew.open_gate()
            crew.wait_done()
        sheets = crew.stop()
        if way in TOLD:
            check_told(track, crew.outputs, given.truth)
        if way in HELD:
            check_held(crew.state, given.truth)
    return row_of(way, sheets, watch)


def row_of(name: str, sheets: Sequence[TimeSheet], watch: MachineWatch) -> BenchRow:
    """Return the figures of the workers' sheets together, and what the machine did beside."""
    records = sum(sheet.records for sheet in sheets)
    seconds = max(sheet.ended_at for sheet in sheets) - min(sheet.began_at for sheet in sheets)
    cpu_s = sum(sheet.cpu_s for sheet in sheets)
    return BenchRow(
        name=name,
        workers=len(sheets),
        events=records,
        events_per_s=round(records / seconds, 1),
        cpu_s_per_million=round(cpu_s / records * 1e6, 2),
        peak_mb=peak_mb(sheets),
        extra={
            "broker_cpu_s_per_million": round(watch.broker_s / records * 1e6, 2),
            "others_cores": watch.others_cores(cpu_s),
        },
    )


def peak_mb(sheets: Sequence[TimeSheet]) -> float:
    """Return the workers' largest resident memory together, in MiB."""
    return round(sum(sheet.peak_kb for sheet in sheets) / 1024, 1)


def check_told(track: Track, outputs: str, truth: Truth) -> None:
    """See that the outputs are the truth's, in each subject's order, each exactly once."""
    told: dict[bytes, list[bytes]] = {}
    for key, value in track.read(outputs):
        told.setdefault(key, []).append(value)
    assert told == truth.told, _difference("outputs", told, truth.told)


def check_held(state: Path, truth: Truth) -> None:
    """See that the workers' stores hold the truth's rows and no others."""
    seen: dict[bytes, Any] = {}
    held: dict[bytes, Any] = {}
    for folder in sorted(state.glob("*/p[0-9]")):
        store = Store(folder)
        seen.update(rows_of(store, SEEN))
        held.update(rows_of(store, SUBJECTS))
        store.close()
    assert seen == truth.seen, _difference("seen", seen, truth.seen)
    assert held == truth.held, _difference("subjects", held, truth.held)


def rows_of(store: Store, table: Table[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """Give the rows of one table in a store."""
    prefix = table.stored(b"")
    for key, value in store.scan(prefix, prefix + b"\xff" * 8, 1 << 30):
        yield table.unpack_key(key[len(prefix) :]), table.unpack_value(value)


@contextmanager
def profiled(pid: int, target: Path | None) -> Iterator[None]:
    """Sample a process's stacks with py-spy into a file; its ending says the format.

    ``.svg`` is a flame graph, ``.json`` for speedscope, anything else one stack a line.
    """
    if target is None:
        yield
        return
    kind = _FORMATS.get(target.suffix, "raw")
    spy = subprocess.Popen(
        [str(_SPY), "record", "-p", str(pid), "-r", _HERTZ, "-t", "-f", kind, "-o", str(target)],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        spy.send_signal(signal.SIGINT)
        spy.wait(60)


def _difference(what: str, found: Mapping[bytes, Any], wanted: Mapping[bytes, Any]) -> str:
    keys = [key for key in wanted.keys() | found.keys() if found.get(key) != wanted.get(key)]
    key = min(keys)
    return f"{what}: {len(keys)} differ; of {key!r} {found.get(key)}, not {wanted.get(key)}"
