"""The layout: the topics a job needs, looked up once before it starts.

Nothing here creates a topic: one with the wrong partition count would put keys where nobody looks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from creditbus.engine.failures import Halt, TopicMissing, error_of, halt, hindrance_of
from creditbus.engine.job import Job
from creditbus.engine.surroundings import Logger

_TOMBSTONES = "delete.retention.ms"
_TOMBSTONES_MS = 86_400_000  # the broker's own default
_ASK_SECONDS = 5.0
_UNKNOWN_SECONDS = 5.0  # a broker that has just started may not know its own topics for a moment
_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the broker says of a job's changelog: its id, and for how long it keeps deletions.

    ``absent`` are the sources that may wait and are out of reach, with what the broker said.
    """

    topic_id: str = ""
    tombstone_seconds: float = _TOMBSTONES_MS / 1000
    absent: Mapping[str, KafkaError] = field(default_factory=dict)


def look_up(
    admin: AdminClient, job: Job[Any], logger: Logger, stopping: threading.Event
) -> Layout | None:
    """Return the layout, None when stopped meanwhile; raises ``Halt`` with what is missing."""
    topics = list(job.sources) + ([job.changelog] if job.tables else [])
    found = _described(admin, topics, job.may_wait, stopping)
    if found is None:
        return None
    if not job.tables:
        return Layout(absent={name: told for name, told in found.items() if _is_absent(told)})
    check_counts({topic: len(found[topic].partitions) for topic in topics})
    return Layout(
        topic_id=str(found[job.changelog].topic_id),
        tombstone_seconds=_tombstone_seconds(admin, job.changelog, logger),
    )


def _described(
    admin: AdminClient, topics: list[str], may_wait: frozenset[str], stopping: threading.Event
) -> dict[str, Any] | None:
    """Return what is told of each topic; of one that may wait that can be an error."""
    deadline = time.monotonic() + _UNKNOWN_SECONDS
    while not stopping.is_set():
        described = admin.describe_topics(TopicCollection(topics), request_timeout=_ASK_SECONDS)
        try:
            found = {topic: _told(topic, described[topic], may_wait) for topic in topics}
            _refuse_nothing(found)
        except TopicMissing:
            if time.monotonic() >= deadline:
                raise
            stopping.wait(_AGAIN_SECONDS)
        else:
            return found
    return None


def _refuse_nothing(found: Mapping[str, Any]) -> None:
    """Stop when not even one topic is there, although each of them may wait."""
    if all(_is_absent(told) for told in found.values()):
        raise halt(f"no source can be read, {min(found)} first", found[min(found)])


def _is_absent(told: object) -> bool:
    return isinstance(told, KafkaError)


def _told(topic: str, described: Future[Any], may_wait: frozenset[str]) -> Any:
    try:
        return described.result()
    except KafkaException as failure:
        error = error_of(failure)
        if topic in may_wait and hindrance_of(error) is not None:
            return error
        if error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise
        raise TopicMissing(f"the topic {topic} does not exist", "create it") from failure


def check_counts(counts: Mapping[str, int]) -> None:
    """Stop unless all topics over one store have the same number of partitions."""
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{topic} has {count}" for topic, count in sorted(counts.items()))
        raise Halt(
            f"topics that share a store differ in partitions: {told}",
            "give them equal counts under a new application id",
        )


def _tombstone_seconds(admin: AdminClient, changelog: str, logger: Logger) -> float:
    resource = ConfigResource(ResourceType.TOPIC, changelog)
    asked = admin.describe_configs([resource], request_timeout=_ASK_SECONDS)
    try:
        return float(asked[resource].result()[_TOMBSTONES].value) / 1000
    except KafkaException as failure:
        if error_of(failure).code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise
        logger.warning(
            "the worker may not read the changelog's settings; it takes the broker's default of a"
            " day for how long deletions are kept; grant DescribeConfigs on the topic",
            topic=changelog,
        )
        return _TOMBSTONES_MS / 1000
