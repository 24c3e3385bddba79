"""The observer: a process of its own that reads the outputs, committed, and notes when they came.

An output carries the instant at which its event was due to be sent, so what is noted is what an
open loop's subscriber would see, queues included.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

import msgspec
from confluent_kafka import Consumer, TopicPartition

from creditbus.bench.stopwatch import Stopwatch
from creditbus.bench.task import Task
from creditbus.bench.yardstick import change_of


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """One output: its partition, when it came (monotonic seconds), and how long it took."""

    partition: int
    at: float
    latency_ms: float


def observe(task: Task, stopwatch: Stopwatch) -> None:
    """Read until SIGTERM, then write what was seen to the sheet's place."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    reader = Consumer(
        {
            **task.client,
            "group.id": f"{task.application}-observer",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.queue.backoff.ms": 5,
        }
    )
    reader.assign([TopicPartition(task.outputs, number, 0) for number in range(task.partitions)])
    seen: list[Sighting] = []
    stopwatch.save()
    while not stopping.is_set():
        message = reader.poll(0.05)
        if message is None or message.error() is not None:
            continue
        now = time.monotonic()
        due = change_of(message.value() or b"")["at"] / 1e6
        seen.append(Sighting(message.partition() or 0, now, (now - due) * 1000))
    reader.close()
    Path(task.sheet).write_bytes(msgspec.json.encode(seen))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies, in hundredths of them."""
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def silences(sightings: Sequence[Sighting], since: float) -> dict[int, float]:
    """Return each partition's longest time without an output after an instant, in seconds."""
    last: dict[int, float] = {}
    longest: dict[int, float] = {}
    for each in sightings:
        if each.at >= since and each.partition in last:
            gap = each.at - last[each.partition]
            longest[each.partition] = max(longest.get(each.partition, 0.0), gap)
        last[each.partition] = each.at
    return longest
