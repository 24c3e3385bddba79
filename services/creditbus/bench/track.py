"""The track: a broker of its own on free ports, in a folder that goes when the run ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import NewTopic

from creditbus.bench.rows import CONSOLE
from creditbus.engine import offsets
from creditbus.engine.health import Source
from creditbus.runtime.settings import read_settings
from creditbus.stack.local import LocalStack, Parties
from creditbus.stack.ports import free
from creditbus.stack.principals import ADMIN, admin_with
from creditbus.stack.reports import Report

PARTITIONS: Final = 4
BOUND_S: Final = 30.0
COMPACTED: Final = {"cleanup.policy": "compact"}


class Track:
    """Topics and offsets on the run's own broker, and a folder for what workers keep."""

    def __init__(self, stack: LocalStack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.settled = read_settings()
        self.client = {**stack.client_config(ADMIN), "log_level": 2}
        self.admin = admin_with(self.client)

    @property
    def broker(self) -> int:
        """The broker's process."""
        pid = self.stack.server("kafka").pid
        assert pid is not None, "the broker runs"
        return pid

    def settings(self, folder: Path) -> dict[str, str]:
        """Return the settings of a process on this track, as a service finds them."""
        file = self.stack.file
        return {
            "kafka": file.bootstrap,
            "kafka_user": ADMIN,
            "kafka_password": file.credentials[ADMIN],
            "registry": file.registry_url,
            "schemas": str(self.settled.schemas.absolute()),
            "catalogue": str(self.settled.catalogue.absolute()),
            "editions": str(self.settled.editions.absolute()),
            "state": str(folder),
            "log_level": "warning",
        }

    def create(
        self, topic: str, partitions: int = PARTITIONS, config: Mapping[str, str] | None = None
    ) -> str:
        """Create a topic, wait until the broker knows it, and return its name."""
        wanted = NewTopic(topic, partitions, 1, config=dict(config or {}))
        self.admin.create_topics([wanted])[topic].result(BOUND_S)
        deadline = time.monotonic() + BOUND_S
        while topic not in self.admin.list_topics(timeout=BOUND_S).topics:
            assert time.monotonic() < deadline, f"the broker never knew {topic}"
            time.sleep(0.02)
        return topic

    def delete(self, topics: Sequence[str]) -> None:
        """Delete topics, so that repetitions do not fill the disk."""
        for deleted in self.admin.delete_topics(list(topics)).values():
            deleted.result(BOUND_S)

    def asker(self, group: str) -> Consumer:
        """Return a client that can be asked where the group stands; it joins nothing.

        An admin client can be asked too, but one that meets a coordinator that is only being made
        ends the process (librdkafka issue 5040).
        """
        return Consumer({**self.client, "group.id": group, "isolation.level": "read_committed"})

    def is_done(self, asker: Consumer, topic: str) -> bool:
        """Return whether the asker's group has committed everything in the topic."""
        sources = [(topic, number) for number in range(self.partitions_of(topic))]
        try:
            stands = asker.committed([TopicPartition(*source) for source in sources], timeout=5)
        except KafkaException:
            return False  # a transaction is open, or the coordinator is only being made
        ends = offsets.log_ends(self.admin, sources)
        # A group that has committed nothing stands at a negative number.
        return all(max(0, place.offset) >= ends[place.topic, place.partition] for place in stands)

    def partitions_of(self, topic: str) -> int:
        """Return how many partitions the topic has."""
        return len(self.admin.list_topics(topic, timeout=BOUND_S).topics[topic].partitions)

    def owners(self, group: str) -> dict[str, list[int]]:
        """Return each member's partitions by its stable name; none while the group is in motion."""
        asked = self.admin.describe_consumer_groups([group])
        try:
            found = asked[group].result()
        except KafkaException:
            return {}  # its coordinator is only being made
        if found.state.name != "STABLE":
            return {}
        return {
            member.group_instance_id: [
                place.partition for place in member.assignment.topic_partitions
            ]
            for member in found.members
        }

    def read(self, topic: str) -> Iterator[tuple[bytes, bytes]]:
        """Give every committed record of the topic, in each partition's order."""
        places = [(topic, number) for number in range(self.partitions_of(topic))]
        ends = offsets.log_ends(self.admin, places)
        reader = Consumer(
            {
                **self.client,
                "group.id": "the-truth",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.queue.backoff.ms": 5,
            }
        )
        reader.assign([TopicPartition(*place, 0) for place in places])
        try:
            yield from _until_ends(reader, ends)
        finally:
            reader.close()


def _until_ends(reader: Consumer, ends: Mapping[Source, int]) -> Iterator[tuple[bytes, bytes]]:
    left = set(ends)
    heard_at = time.monotonic()
    while left:
        for message in reader.consume(5000, 0.2):
            heard_at = time.monotonic()
            error = message.error()
            if error is None:
                yield message.key() or b"", message.value() or b""
                continue
            assert error.code() == KafkaError._PARTITION_EOF, error
            source = (message.topic() or "", message.partition() or 0)
            if (message.offset() or 0) >= ends[source]:
                left.discard(source)
        assert time.monotonic() - heard_at < BOUND_S, f"no end of {sorted(left)}"


@contextmanager
def track() -> Iterator[Track]:
    """Start a broker for the run and end it afterwards."""
    with TemporaryDirectory(prefix="creditbus-bench-") as home:
        stack = LocalStack(
            Path(home) / "stack",
            read_settings().cache,
            ports=free(),
            parties=Parties(sources=(), bodies=()),
            say=Report(CONSOLE.print),
        )
        with stack:
            yield Track(stack, Path(home))
