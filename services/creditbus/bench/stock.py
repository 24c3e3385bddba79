"""Stock Faust: the yardstick as its documentation would have one write it, tables in RocksDB."""

from __future__ import annotations

from typing import Any

import faust
from faust.types.auth import SASLMechanism

from creditbus.bench.stopwatch import Stopwatch
from creditbus.bench.task import Task
from creditbus.bench.yardstick import (
    LISTED,
    REMOVED,
    SEEN,
    SUBJECTS,
    event_of,
    packed,
)
from creditbus.runtime.workers.apps import run_app


def stock(task: Task, stopwatch: Stopwatch) -> None:
    """Run the agent until SIGTERM."""
    settings = task.process_settings
    settings.state.mkdir(parents=True, exist_ok=True)
    _ = task.process(stopwatch).logger  # so that what Faust says of its end is not lost
    app = faust.App(
        task.application,
        broker=f"kafka://{settings.kafka}",
        broker_credentials=faust.SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password,
            mechanism=SASLMechanism.SCRAM_SHA_256,
        ),
        store="rocksdb://",
        datadir=settings.state / "faust",
        topic_partitions=task.partitions,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        broker_commit_interval=0.5,
        web_enabled=False,
    )
    types: dict[str, Any] = {"key_type": bytes, "value_type": bytes}
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw"}
    source = app.topic(task.source, **types, **raw)
    outputs = app.topic(task.outputs, **types, **raw)
    seen = app.Table("seen", partitions=task.partitions, **types)
    subjects = app.Table("subjects", partitions=task.partitions, **types)
    app.sensors.add(_CommitSensor(stopwatch))

    @app.agent(source)
    async def fold(stream: Any) -> None:
        async for value in stream:
            stopwatch.read(1)
            told = _fold(value, seen, subjects)
            if told is not None:
                _sent = await outputs.send(key=told[0], value=told[1])

    run_app(app)


def _fold(value: bytes, seen: Any, subjects: Any) -> tuple[bytes, bytes] | None:
    """Fold one event into the tables; return the key and the value to tell, if any."""
    event = event_of(value)
    event_id, subject = event["event_id"].encode(), event["subject_id"].encode()
    if event_id in seen:
        return None
    seen[event_id] = SEEN.pack_value(event["occurred_at"])
    known = subjects.get(subject)
    count, codes = (0, ()) if known is None else SUBJECTS.unpack_value(known)
    code, kind = event["list_code"].encode(), event["kind"]
    after = codes
    if kind == LISTED and code not in codes:
        after = (*codes, code)
    elif kind == REMOVED and code in codes:
        after = tuple(each for each in codes if each != code)
    subjects[subject] = SUBJECTS.pack_value((count + 1, after))
    if after is codes:
        return None
    moved = (subject, code, kind == LISTED, count + 1, event_id, event["occurred_at"])
    return subject, packed(moved)


class _CommitSensor(faust.Sensor):
    """Tells the stopwatch of every commit."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        super().__init__()
        self._stopwatch = stopwatch

    def on_commit_completed(self, consumer: Any, state: Any) -> None:  # noqa: ARG002
        """Note a commit."""
        if self._stopwatch.sheet.records:
            self._stopwatch.committed()
