"""Reading topics to their end, for processes that are no slice workers.

Only what is committed is read. A reader of its own, apart from the agents, rebuilds what a process
holds: it joins no group, so no rebalance can make it skip a record.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from confluent_kafka import (
    OFFSET_END,
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from creditbus.domain.calendar import instant_of, millis_of
from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.failures import Reaction, error_of, rule_for
from creditbus.engine.offsets import MOVED
from creditbus.runtime.kafka.arrivals import headers_or_none, position_of
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.wire.headers import ORIGIN, REDRIVEN, header

KAFKA: Final = "kafka"
ANSWER_BOUND_S: Final = 10.0
SILENCE_BOUND_S: Final = 30.0
_AT_ONCE: Final = 2000
Place = tuple[str, int]
"""A topic and one of its partitions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as it came, whichever client brought it."""

    topic: str
    partition: int
    offset: int
    written_at: datetime
    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()

    @property
    def place(self) -> Place:
        """Where the record lies, without its offset."""
        return self.topic, self.partition

    @property
    def origin(self) -> str:
        """Where the fact in it first came in, nothing when it does not say."""
        return (header(self.headers, ORIGIN) or b"").decode()

    @property
    def first_sent(self) -> str:
        """Where the fact in it was first sent, if a person put it in once more since."""
        return (header(self.headers, REDRIVEN) or b"").decode()


class Recreated(Exception):
    """A topic ends before a position that was read in it: it is another topic of the same name."""


def is_passing(error: KafkaError) -> bool:
    """Return whether an error says no more than that the broker is away for now.

    That is what the engine's table says of its code, whatever became of a transaction; but what was
    known of a partition goes with the last broker that led it.
    """
    if error.retriable() or error.code() == KafkaError._UNKNOWN_PARTITION:
        return True
    return rule_for(KafkaError(error.code())).kind in (Reaction.SILENT, Reaction.RETRY)


@contextmanager
def reached() -> Iterator[None]:
    """Turn whatever says that the broker is away into ``Unavailable``."""
    try:
        yield
    except KafkaException as failure:
        error = failure.args[0]
        if is_passing(error):
            raise Unavailable(KAFKA, error.str()) from failure
        raise


def read_to_end(
    process: Process,
    topics: Sequence[str],
    starts: Mapping[Place, int],
    take: Callable[[Sequence[Record]], None],
) -> dict[Place, int]:
    """Give every committed record from the starts on to ``take``, and return where the ends lie.

    A place without a start is read from its beginning. Raises ``Recreated``, and ``Unavailable``
    when the broker falls silent.
    """
    consumer = _reader(process)
    try:
        with reached():
            wanted = _assignment(consumer, topics, starts)
            consumer.assign(wanted)
            return _read(consumer, {(each.topic, each.partition) for each in wanted}, take)
    finally:
        consumer.close()


def first_after(process: Process, starts: Mapping[Place, int]) -> dict[Place, int]:
    """Return where the first committed record from each start on lies, or the end if none does.

    However much lies there, little of it is read. Raises ``Unavailable``.
    """
    found: dict[Place, int] = {}

    def take(records: Sequence[Record]) -> None:
        for record in records:
            found.setdefault(record.place, record.offset)

    consumer = _reader(process)
    try:
        with reached():
            consumer.assign([TopicPartition(*place, start) for place, start in starts.items()])
            ends = _read(consumer, set(starts), take, enough=found)
    finally:
        consumer.close()
    return {place: found.get(place, ends.get(place, start)) for place, start in starts.items()}


def holds_more(process: Process, place: Place, position: int) -> bool:
    """Return whether a committed record lies at a position or after it; markers are none."""
    found: list[Record] = []
    consumer = _reader(process)
    try:
        with reached():
            consumer.assign([TopicPartition(*place, position)])
            _read(consumer, {place}, found.extend)
    finally:
        consumer.close()
    return bool(found)


def bounds_of(process: Process, place: Place) -> tuple[int, int]:
    """Return where the log of a place begins and ends now; raises ``Unavailable``."""
    consumer = _reader(process)
    try:
        with reached():
            begins, end = consumer.get_watermark_offsets(TopicPartition(*place), ANSWER_BOUND_S)
            return begins, end
    finally:
        consumer.close()


def record_at(process: Process, place: Place, offset: int) -> Record | None:
    """Return the record at an offset, None when it is gone or was never committed.

    Raises ``Unavailable``, and the library's own exception for a batch that cannot be unpacked.
    """
    consumer = _reader(process)
    try:
        with reached():
            begins, end = consumer.get_watermark_offsets(TopicPartition(*place), ANSWER_BOUND_S)
            if not begins <= offset < end:
                return None
            found: list[Record] = []
            consumer.assign([TopicPartition(*place, offset)])
            deadline = time.monotonic() + ANSWER_BOUND_S
            while not found:
                if time.monotonic() > deadline:
                    raise Unavailable(KAFKA, f"nothing was heard for {ANSWER_BOUND_S:g} s")
                message = consumer.poll(0.5)
                if message is None:
                    continue
                if (error := message.error()) is None:
                    found.append(record_of(message))
                elif error.code() == KafkaError._PARTITION_EOF:
                    return None
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
    return found[0] if found[0].offset == offset else None


def ends(consumer: Consumer, places: Sequence[Place]) -> dict[Place, int]:
    """Return where each place ends now, asked for all of them at once."""
    asked = [TopicPartition(*place, OFFSET_END) for place in places]
    with reached():
        try:
            told = consumer.offsets_for_times(asked, ANSWER_BOUND_S)
            return {(each.topic, each.partition): _offset_in(each) for each in told}
        except KafkaException as failure:
            if error_of(failure).code() in {*MOVED, KafkaError._UNKNOWN_PARTITION}:
                # The client would go on so for ever: only this makes it look who leads them now.
                for topic in {topic for topic, _ in places}:
                    consumer.list_topics(topic, ANSWER_BOUND_S)
            raise


def _offset_in(told: TopicPartition) -> int:
    """Return the offset that is told, or raise what is told instead.

    While a partition gets another leader, the client tells neither.
    """
    if told.error is not None or told.offset < 0:
        raise KafkaException(told.error or KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION))
    return told.offset


def since(process: Process, topic: str, *instants: datetime) -> list[dict[Place, int]]:
    """Return, of each instant, where to read a topic from to miss nothing written after it."""
    consumer = _reader(process)
    try:
        with reached():
            partitions = consumer.list_topics(topic, ANSWER_BOUND_S).topics[topic].partitions
            # Asked first: what is written between the two questions lies at this end, or after it.
            ended = ends(consumer, [(topic, number) for number in partitions])
            found = []
            for instant in instants:
                millis = millis_of(instant)
                asked = [TopicPartition(topic, number, millis) for number in partitions]
                told = consumer.offsets_for_times(asked, ANSWER_BOUND_S)
                after = [each for each in told if each.offset >= 0]
                found.append(ended | {(each.topic, each.partition): each.offset for each in after})
            return found
    finally:
        consumer.close()


def go_on_from(process: Process, application: str, positions: Mapping[Place, int]) -> bool:
    """Let the agents of an application begin at these positions; tell whether that was possible.

    While a member of the group lives, or is not yet forgotten, its own positions are recent enough.
    """
    consumer = Consumer({**_client(process), "group.id": application, "enable.auto.commit": False})
    offsets = [TopicPartition(*place, position) for place, position in positions.items()]
    try:
        with reached():
            consumer.commit(offsets=offsets, asynchronous=False)
    except KafkaException:
        return False
    finally:
        consumer.close()
    return True


def positions_of(consumer: Consumer, places: Sequence[Place]) -> dict[Place, TopicPartition]:
    """Return what a group has committed, by place; places without a position are left out."""
    with reached():
        held = consumer.committed([TopicPartition(*each) for each in places], ANSWER_BOUND_S)
    return {(each.topic, each.partition): each for each in held if each.offset != OFFSET_INVALID}


def group_reader(process: Process, application: str) -> Consumer:
    """Return a client that asks about a group's positions and never joins it."""
    return Consumer({**_client(process), "group.id": application, "enable.auto.commit": False})


def record_of(message: Message) -> Record:
    """Return a record that the C client brought."""
    position = position_of(message)
    return Record(
        topic=position.topic,
        partition=position.partition,
        offset=position.offset,
        written_at=instant_of(message.timestamp()[1]),
        key=message.key() or b"",
        value=message.value(),
        headers=headers_or_none(message) or (),
    )


def _client(process: Process) -> dict[str, Any]:
    return Connection(process.settings.kafka, process.security).base(Alarm())


_NOTHING: Final[Mapping[Place, int]] = {}


def _reader(process: Process) -> Consumer:
    connection = Connection(process.settings.kafka, process.security)
    return connection.reader(f"creditbus-{process.service}", Alarm())


def _assignment(
    consumer: Consumer, topics: Sequence[str], starts: Mapping[Place, int]
) -> list[TopicPartition]:
    wanted = []
    for topic in topics:
        found = consumer.list_topics(topic, ANSWER_BOUND_S).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        for partition in found.partitions:
            bounds = TopicPartition(topic, partition)
            first, end = consumer.get_watermark_offsets(bounds, ANSWER_BOUND_S)
            start = starts.get((topic, partition), 0)
            if start > end:
                raise Recreated(f"{topic}/{partition} ends at {end}, but {start} was read in it")
            wanted.append(TopicPartition(topic, partition, max(start, first)))
    return wanted


def _read(
    consumer: Consumer,
    reading: set[Place],
    take: Callable[[Sequence[Record]], None],
    enough: Mapping[Place, int] = _NOTHING,
) -> dict[Place, int]:
    """Read until each place has ended, or is among those of which enough was read."""
    found: dict[Place, int] = {}
    heard = time.monotonic()
    while reading - found.keys() - enough.keys():
        first = consumer.poll(0.5)
        if first is None:
            if time.monotonic() - heard > SILENCE_BOUND_S:
                raise Unavailable(KAFKA, f"nothing was heard for {SILENCE_BOUND_S:g} s")
            continue
        heard = time.monotonic()
        messages = [first, *consumer.consume(_AT_ONCE, 0)]
        take([record_of(each) for each in messages if each.error() is None])
        for message in messages:
            if (error := message.error()) is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                position = position_of(message)
                found[position.topic, position.partition] = position.offset
    return found
