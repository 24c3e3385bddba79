"""Lags: how far a worker is behind the broker, partition by partition, and whether it moves.

The client tells it every few seconds. An end that is only the marker of a transaction is no lag:
what counts is whether the client has fetched up to the end and handed everything over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from creditbus.engine.health import Source

TELL_MS: Final = 5000
STALLED_SECONDS: Final = 30.0
_ASK_SECONDS = 1.0


class Lags:
    """What the client has told last; read from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._moved: dict[Source, tuple[int, float]] = {}
        self._asked_at = 0.0
        self.behind: Mapping[Source, int] = {}

    def hear(self, statistics: str) -> None:
        """Take what the client tells, as its ``stats_cb``."""
        found: dict[Source, int] = {}
        for topic, told in json.loads(statistics)["topics"].items():
            for number, place in told["partitions"].items():
                if place["fetch_state"] == "active" and place["ls_offset"] >= 0:
                    found[topic, int(number)] = self._place((topic, int(number)), place)
        self.behind = found

    def ask(self, consumer: Consumer) -> None:
        """Ask the broker, now and then, for the ends that a paused client does not hear of."""
        now = self._clock()
        if now - self._asked_at < TELL_MS / 1000:
            return
        self._asked_at = now
        ends: dict[Source, int] = {}
        for place in consumer.position(consumer.assignment()):
            source = (place.topic, place.partition)
            try:
                end = consumer.get_watermark_offsets(TopicPartition(*source), _ASK_SECONDS)[1]
            except KafkaException:
                return
            stands = self._moved.get(source, (max(place.offset, 0), now))[0]
            ends[source] = max(0, end - stands)
        self.behind = ends

    def stalled(self, sources: Collection[Source]) -> str | None:
        """Return which of the sources is behind and has not moved for too long, if any is."""
        now = self._clock()
        for source, behind in self.behind.items():
            if behind and source in sources:
                since = self._moved.get(source, (0, now))[1]
                if now - since > STALLED_SECONDS:
                    topic, partition = source
                    return (
                        f"{topic}/{partition} is {behind} records behind and has not moved for"
                        f" {now - since:.0f} s"
                    )
        return None

    def _place(self, source: Source, place: Mapping[str, Any]) -> int:
        """Return how far a partition is behind, and note when it moved or had nothing to do."""
        waiting = int(place["fetchq_cnt"])
        behind = max(0, int(place["ls_offset"]) - int(place["next_offset"])) + waiting
        stands = int(place["next_offset"]) - waiting
        if not behind or self._moved.get(source, (-1, 0.0))[0] != stands:
            self._moved[source] = (stands, self._clock())
        return behind
