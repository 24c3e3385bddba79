"""Compaction: make the broker's cleaner work on a small topic, and wait until it has.

The cleaner never touches the segment that is being written, so a few more words close it first.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import sleep

from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from creditbus.engine.store import position_key
from tests.crash.run import Run
from tests.integration.engine.stage import BOUND_SECONDS, wait_until
from tests.integration.engine.words import COUNTS

SEGMENT_MS = 200
TOMBSTONE_MS = 2000
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": str(SEGMENT_MS),
    "min.cleanable.dirty.ratio": "0.001",
    "delete.retention.ms": str(TOMBSTONE_MS),
}
LAST, LAST_WORDS = "last-", 40  # so many that every partition gets one
CLEANER_SECONDS = 150.0  # it rests between its rounds, longer on a busy machine


def configure(run: Run, topic: str, settings: Mapping[str, str]) -> None:
    """Set the topic's settings."""
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    run.admin.incremental_alter_configs([resource])[resource].result(BOUND_SECONDS)


def compact(run: Run, topic: str) -> None:
    """Wait until the cleaner has left one record of each key before the last words."""
    wait_until(lambda: is_clean(run, topic), f"the cleaner of {topic}", CLEANER_SECONDS)


def forget(run: Run, topic: str, keys: set[bytes]) -> None:
    """Wait until the cleaner has left no record of the keys, not even their deletion."""

    def is_gone() -> bool:
        close_segments(run)
        return not keys & set(kept(run, topic))

    wait_until(is_gone, "deletions to be gone", CLEANER_SECONDS)


def is_clean(run: Run, topic: str) -> bool:
    """Close the segments, and tell whether a full read finds each key once."""
    close_segments(run)
    return has_each_once(run, topic)


def has_each_once(run: Run, topic: str) -> bool:
    """Tell whether a full read finds each key once."""
    keys = kept(run, topic)
    return len(keys) == len(set(keys))


def close_segments(run: Run) -> None:
    """Let a word come out at the end of each partition, so that the cleaner may take the rest."""
    sleep(SEGMENT_MS / 1000)
    run.feed([(f"{LAST}{number}", "said") for number in range(LAST_WORDS)])
    run.wait_done()


def kept(run: Run, topic: str) -> list[bytes]:
    """Return the keys of the topic without the last words and the positions."""
    passing = (LAST.encode(), COUNTS.stored(LAST.encode()), position_key(run.sources[0]))
    return [key for key, _ in run.read(topic, run.partitions) if not key.startswith(passing)]
