"""One hop under load: latency at a fixed rate, the silence of a rolling restart, and a long run."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psutil

from creditbus.bench.crew import Crew, Post, sightings
from creditbus.bench.engine import peak_mb
from creditbus.bench.load import loaded
from creditbus.bench.machine import watched
from creditbus.bench.observer import Sighting, percentile, silences
from creditbus.bench.rows import BenchRow
from creditbus.bench.track import Track

WARM_S: Final = 3.0
SETTLE_S: Final = 6.0
SAMPLE_S: Final = 5.0
_NUMBERS = itertools.count(1)


def latency(track: Track, rate: float, seconds: float) -> BenchRow:
    """Measure from the instant an event was due to the committed output's arrival elsewhere."""
    with _crew(track, 1) as crew:
        observer = crew.observe()
        began = time.monotonic()
        with watched(track.broker) as watch, loaded(track.client, crew.source, rate) as load:
            time.sleep(WARM_S + seconds)
        crew.wait_done()
        sheets = crew.stop()
        seen = sightings(observer)
    assert len(seen) == load.sent, f"{load.sent} events, {len(seen)} outputs"
    known = [each for each in seen if each.at - each.latency_ms / 1000 >= began + WARM_S]
    return BenchRow(
        name="latency",
        workers=1,
        events=len(known),
        offered=rate,
        cpu_s_per_million=round(sheets[0].cpu_s / load.sent * 1e6, 2),
        peak_mb=peak_mb(sheets),
        **_percentiles(known),
        # The observer's time is among the others'.
        extra={"others_cores": watch.others_cores(sheets[0].cpu_s)},
    )


def rolling(track: Track, rate: float, settle_s: float = SETTLE_S) -> BenchRow:
    """Restart one of two workers under load: the longest silence of its partitions and the rest."""
    with _crew(track, 2) as crew:
        observer = crew.observe()
        with watched(track.broker) as watch, loaded(track.client, crew.source, rate) as load:
            time.sleep(settle_s)
            leaver = crew.posts[1]
            name = f"{leaver.task.application}-{leaver.task.number}"
            own = set(track.owners(crew.application)[name])
            began = time.monotonic()
            crew.posts.remove(leaver)
            leaver.ask_to_end()
            leaver.wait_end()
            left = leaver.sheet()
            crew.start(leaver.task.number)
            crew.wait(lambda: len(track.owners(crew.application)) == crew.workers, "both workers")
            time.sleep(settle_s)
        crew.wait_done()
        cpu_s = left.cpu_s + sum(sheet.cpu_s for sheet in crew.stop())
        seen = sightings(observer)
    assert len(seen) == load.sent, f"{load.sent} events, {len(seen)} outputs"
    longest = silences(seen, began)
    return BenchRow(
        name="rolling",
        workers=2,
        events=load.sent,
        offered=rate,
        **_percentiles(seen),
        extra={
            "others_silence_s": round(max(longest[each] for each in longest if each not in own), 3),
            "own_silence_s": round(max(longest[each] for each in own), 3),
            "others_cores": watch.others_cores(cpu_s),
        },
    )


def soak(track: Track, rate: float, minutes: float) -> BenchRow:
    """Watch one worker's memory: its resident size at start and end, and how it rises.

    The slope is that of the second half: in the first the caches fill.
    """
    with _crew(track, 1) as crew:
        samples: list[tuple[float, float]] = []
        with watched(track.broker) as watch, loaded(track.client, crew.source, rate) as load:
            time.sleep(SETTLE_S)
            began = time.monotonic()
            while (minute := (time.monotonic() - began) / 60) < minutes:
                samples.append((minute, resident_mb(crew.posts[0])))
                crew.posts[0].check()
                time.sleep(SAMPLE_S)
        crew.wait_done()
        sheets = crew.stop()
    late = samples[(len(samples) - 1) // 2 :]
    slope = statistics.linear_regression(*zip(*late, strict=True)).slope
    return BenchRow(
        name="soak",
        workers=1,
        events=load.sent,
        offered=rate,
        cpu_s_per_million=round(sheets[0].cpu_s / load.sent * 1e6, 2),
        peak_mb=peak_mb(sheets),
        extra={
            "minutes": minutes,
            "start_mb": round(samples[0][1], 1),
            "middle_mb": round(late[0][1], 1),
            "end_mb": round(samples[-1][1], 1),
            "slope_mb_per_minute": round(slope, 3),
            "others_cores": watch.others_cores(sheets[0].cpu_s),
        },
    )


def resident_mb(post: Post) -> float:
    """Return a process's resident memory now, in MiB."""
    return int(psutil.Process(post.process.pid).memory_info().rss) / (1 << 20)


@contextmanager
def _crew(track: Track, workers: int) -> Iterator[Crew]:
    """Yield a running crew over an empty source of its own."""
    source = track.create(f"load-{next(_NUMBERS)}")
    with Crew(track, "engine", source, workers) as crew:
        crew.open_gate()
        crew.start_all()
        yield crew


def _percentiles(seen: list[Sighting]) -> dict[str, Any]:
    found = [each.latency_ms for each in seen]
    return {
        "p50_ms": round(percentile(found, 0.50), 2),
        "p99_ms": round(percentile(found, 0.99), 2),
    }
