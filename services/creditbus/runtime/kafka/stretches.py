"""Stretches: whole topics up to their present ends, past what cannot be fetched.

What one party has put into its inbox must not keep anybody from counting the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from creditbus.engine.connection import UNPACKED_BYTES
from creditbus.engine.failures import Hindrance, hindrance_of
from creditbus.engine.values import Position
from creditbus.runtime.kafka.arrivals import position_of
from creditbus.runtime.kafka.batches import offsets_behind
from creditbus.runtime.kafka.clients import KAFKA, Place, is_passing
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.wire.topics import application

_ASK_S: Final = 10.0
_SILENCE_S: Final = 30.0
_BATCH: Final = 5000
_LOOK_S: Final = 0.05
_LAST: Final = 3


@dataclass(slots=True)
class StretchReader:
    """Reads once; ``past`` hears of each offset that could not be fetched."""

    process: Process
    past: list[Position]
    _heard_at: float = field(default_factory=time.monotonic)

    def read(
        self, topics: Sequence[str], last: int | None = None, since_ms: int | None = None
    ) -> Iterator[Message]:
        """Yield every committed record of the topics up to their present ends.

        With ``last``, only those at the last so many places of each partition; with ``since_ms``,
        only those that were written since that instant.
        Raises ``Unavailable`` when the broker falls silent, and the library's own exception for
        what it refuses.
        """

        def starts(consumer: Consumer, ends: dict[Place, int]) -> dict[Place, int]:
            if since_ms is not None:
                return _since(consumer, ends, since_ms)
            return {place: max(0, end - (last or end)) for place, end in ends.items()}

        return self._from(topics, starts)

    def last_written(self, topics: Sequence[str]) -> dict[str, int]:
        """Return when the last record of each topic was written, in milliseconds; empty ones lack.

        The last few are read, because a marker of a transaction may lie behind the last record.
        """
        found: dict[str, int] = {}
        for message in self.read(topics, last=_LAST):
            topic, _ = _place(message)
            found[topic] = max(found.get(topic, 0), message.timestamp()[1])
        return found

    def first_at(self, place: Place, offset: int) -> Message | None:
        """Return the first committed record from an offset on, None when there is none."""
        with closing(self._from([place[0]], lambda *_: {place: offset})) as found:
            return next(found, None)

    def _from(
        self,
        topics: Sequence[str],
        starts_of: Callable[[Consumer, dict[Place, int]], dict[Place, int]],
    ) -> Generator[Message, None, None]:
        consumer = Consumer(
            {
                **self.process.security,
                "bootstrap.servers": self.process.settings.kafka,
                "group.id": application(self.process.service),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
                "log_level": 2,
                # What a party's batch may unpack to, as for those who decide.
                "receive.message.max.bytes": UNPACKED_BYTES,
                "fetch.max.bytes": UNPACKED_BYTES // 2,
                "max.partition.fetch.bytes": UNPACKED_BYTES // 16,
            }
        )
        try:
            if ends := _ends(consumer, topics):
                starts = {
                    place: start
                    for place, start in starts_of(consumer, ends).items()
                    if start < ends.get(place, 0)
                }
                consumer.assign([TopicPartition(*place, start) for place, start in starts.items()])
                yield from self._to_the_end(consumer, {place: ends[place] for place in starts})
        finally:
            consumer.close()

    def _to_the_end(self, consumer: Consumer, ends: dict[Place, int]) -> Iterator[Message]:
        left = set(ends)
        while left:
            for message in consumer.consume(_BATCH, _LOOK_S):
                self._heard_at = time.monotonic()
                if message.error() is None:
                    yield message
                elif _has_ended(message, ends):
                    left.discard(_place(message))
                else:
                    self._pass(consumer, message)
            # A control record at the end is never yielded, but the position passes it.
            left -= _passed(consumer, left, ends)
            if time.monotonic() - self._heard_at > _SILENCE_S:
                raise Unavailable(KAFKA, f"nothing was heard for {_SILENCE_S:g} s")

    def _pass(self, consumer: Consumer, message: Message) -> None:
        """Go on behind a batch that cannot be unpacked; raise for what is no party's doing."""
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            return
        if hindrance_of(error) is Hindrance.BATCH_UNREADABLE:
            position = position_of(message)
            place = (position.topic, position.partition)
            batch = offsets_behind(self.process, place, position.offset)
            known = {each.offset for each in self.past if (each.topic, each.partition) == place}
            self.past += [Position(*place, offset) for offset in batch if offset not in known]
            consumer.seek(TopicPartition(*place, max(batch.stop, position.offset + 1)))
        elif not is_passing(error):
            raise KafkaException(error)


def _ends(consumer: Consumer, topics: Sequence[str]) -> dict[Place, int]:
    ends = {}
    for topic in topics:
        known = consumer.list_topics(topic, timeout=_ASK_S).topics[topic]
        if known.error is not None and hindrance_of(known.error) is not Hindrance.TOPIC_MISSING:
            raise KafkaException(known.error)
        for partition in known.partitions:
            _, end = consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=_ASK_S
            )
            if end > 0:
                ends[topic, partition] = end
    return ends


def _since(consumer: Consumer, ends: dict[Place, int], since_ms: int) -> dict[Place, int]:
    """Return where each place is read from that anything was written to since an instant."""
    wanted = [TopicPartition(*place, since_ms) for place in ends]
    found = consumer.offsets_for_times(wanted, timeout=_ASK_S)
    return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0}


def _has_ended(message: Message, ends: dict[Place, int]) -> bool:
    """Return whether a notice says that its place is read to the end."""
    error = message.error()
    is_end = error is not None and error.code() == KafkaError._PARTITION_EOF
    return is_end and (message.offset() or 0) >= ends[_place(message)]


def _passed(consumer: Consumer, left: set[Place], ends: dict[Place, int]) -> set[Place]:
    known = consumer.position([TopicPartition(*place) for place in left])
    return {
        (each.topic, each.partition)
        for each in known
        if each.offset >= ends[each.topic, each.partition]
    }


def _place(message: Message) -> Place:
    return message.topic() or "", message.partition() or 0
