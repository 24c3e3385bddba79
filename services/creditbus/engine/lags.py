"""Lags: how far a worker is behind the broker, partition by partition, and whether it moves.

The client tells it every few seconds. Where it stands is behind the last marker of a transaction
that it has seen, so a log that ends with one is no lag.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from creditbus.engine.health import Source

TELL_SECONDS: Final = 5.0
STALLED_SECONDS: Final = 30.0
_ASK_SECONDS = 1.0


class Lags:
    """What the client has told last; read from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._moved: dict[Source, tuple[int, float]] = {}
        self._asked_at = -math.inf
        self.behind: Mapping[Source, int] = {}

    def hear(self, statistics: str) -> None:
        """Take what the client tells, as its ``stats_cb``."""
        if self._clock() - self._asked_at < 2 * TELL_SECONDS:
            return
        found: dict[Source, int] = {}
        for topic, told in json.loads(statistics)["topics"].items():
            for number, place in told["partitions"].items():
                if place["fetch_state"] == "active" and place["ls_offset"] >= 0:
                    found[topic, int(number)] = self._note((topic, int(number)), place)
        # One that went away and comes back is not blamed for the time between.
        self._moved = {source: self._moved[source] for source in found}
        self.behind = found

    def ask(self, consumer: Consumer) -> None:
        """Ask the broker, now and then, for the ends that a paused client does not hear of."""
        now = self._clock()
        if now - self._asked_at < TELL_SECONDS:
            return
        self._asked_at = now
        found: dict[Source, int] = {}
        for place in consumer.position(consumer.assignment()):
            source = (place.topic, place.partition)
            stands = place.offset if place.offset >= 0 else self._moved.get(source, (0, now))[0]
            self._moved[source] = (stands, now)
            with suppress(KafkaException):
                bounds = consumer.get_watermark_offsets(TopicPartition(*source), _ASK_SECONDS)
                found[source] = max(0, bounds[1] - max(stands, bounds[0]))
        self.behind = found

    def excuse(self, source: Source) -> None:
        """Blame a source no more for the time up to now, in which it could not move."""
        if source in self._moved:
            self._moved[source] = (self._moved[source][0], self._clock())

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

    def _note(self, source: Source, place: Mapping[str, Any]) -> int:
        """Return how far a partition is behind, and note when it moved or had nothing to do."""
        # Before its first record it has fetched up to somewhere and handed nothing over.
        stands = max(int(place["app_offset"]), 0) or int(place["next_offset"])
        behind = max(0, int(place["ls_offset"]) - stands)
        if not behind or self._moved.get(source, (-1, 0.0))[0] != stands:
            self._moved[source] = (stands, self._clock())
        return behind
