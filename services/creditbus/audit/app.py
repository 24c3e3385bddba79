"""Connect audit: read the topics from beginning to end, as committed, and count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from creditbus.audit.decide import BURIED, Reconciliation, Sum, merged, reconcile, tally
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.effects.directives import Directive
from creditbus.domain.effects.obligations import Obligation
from creditbus.runtime.kafka.arrivals import headers_of, position_of
from creditbus.runtime.process import Process
from creditbus.wire.headers import ALIAS, ORIGIN, header
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    DEAD_LETTERS,
    DIRECTIVES,
    DUPLICATES,
    EVENTS,
    OBLIGATIONS,
    REFUSALS,
    application,
    inbox,
    party_of_inbox,
)

_FATES: Final = {DUPLICATES: "duplicate", REFUSALS: "refused", DEAD_LETTERS: "dead"}
_ASK_S: Final = 10.0
_BATCH: Final = 5000
_LAST: Final = 3


@dataclass(frozen=True, slots=True)
class TopicReader:
    """A reader of whole topics, as one principal that may read everything."""

    process: Process

    def sums(self) -> list[Sum]:
        """Return what became of everything that was received, by party."""
        parties = self.process.parties
        inboxes = [inbox(party) for party in (*parties.sources, *parties.bodies)]
        received: dict[str, set[str]] = {party_of_inbox(topic): set() for topic in inboxes}
        for message in self.read(*inboxes):
            position = position_of(message)
            received[party_of_inbox(position.topic)].add(str(position))
        admitted: dict[str, int] = {}
        copies: dict[str, dict[str, int]] = {}
        undecided: set[str] = set()
        decided = self._decided()
        for message in self.read(EVENTS, ACKNOWLEDGEMENTS):
            origin, position = _origin(message), position_of(message)
            if origin is None:
                continue
            # Only what was named by an old code may be about several subjects.
            if header(headers_of(message), ALIAS) is None:
                admitted[origin] = admitted.get(origin, 0) + 1
            else:
                by_subject = copies.setdefault(origin, {})
                subject = (message.key() or b"").decode()
                by_subject[subject] = by_subject.get(subject, 0) + 1
            if position.topic == EVENTS and position.offset >= decided.get(position.partition, 0):
                undecided.add(origin)
        fates = [(_origin(message) or "", self._fate(message)) for message in self.read(*_FATES)]
        renamed, fates = merged(copies, fates)
        return tally(received, admitted | renamed, fates, undecided)

    def reconciliation(self) -> Reconciliation:
        """Return how the directives stand against what delivery says of each obligation."""
        # The obligations last: what is stated meanwhile is open, and never owed by mistake.
        stated = [value for value in self.values(DIRECTIVES) if isinstance(value, Directive)]
        known = (value for value in self.values(OBLIGATIONS) if isinstance(value, Obligation))
        return reconcile(stated, known)

    def values(self, *topics: str) -> Iterator[object]:
        """Yield the value of every committed record of these topics, empty ones left out."""
        codec = self.process.codec
        for message in self.read(*topics):
            if message.value() is not None:
                yield codec.decode(message.value())

    def last_written(self, *topics: str) -> dict[str, int]:
        """Return when the last record of each topic was written, in milliseconds; empty ones lack.

        The last few are read, because a marker of a transaction may lie behind the last record.
        """
        found: dict[str, int] = {}
        for message in self.read(*topics, last=_LAST):
            found[_topic(message)] = max(found.get(_topic(message), 0), message.timestamp()[1])
        return found

    def read(self, *topics: str, last: int | None = None) -> Iterator[Message]:
        """Yield every committed record of these topics up to their present ends.

        With ``last``, only those at the last so many places of each partition.
        """
        consumer = Consumer(
            {
                **self.process.security,
                "bootstrap.servers": self.process.settings.kafka,
                "group.id": application("audit"),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
                "log_level": 2,
            }
        )
        try:
            yield from _to_the_end(consumer, _ends(consumer, topics), last)
        finally:
            consumer.close()

    def _fate(self, message: Message) -> str:
        """Return what a record became; a dead letter tells by its place who could not read it."""
        fate = _FATES[_topic(message)]
        if fate != "dead":
            return fate
        letter = self.process.codec.decode(message.value())
        return BURIED if isinstance(letter, DeadLetter) and letter.topic == EVENTS else fate

    def _decided(self) -> dict[int, int]:
        """Return the offset up to which listing has decided each partition of the log."""
        # An admin client that meets a coordinator in motion ends the process (librdkafka's 5040).
        asker = Consumer(
            {
                **self.process.security,
                "bootstrap.servers": self.process.settings.kafka,
                "group.id": application("listing"),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 2,
            }
        )
        try:
            partitions = asker.list_topics(EVENTS, timeout=_ASK_S).topics[EVENTS].partitions
            wanted = [TopicPartition(EVENTS, partition) for partition in partitions]
            found = asker.committed(wanted, timeout=_ASK_S)
        finally:
            asker.close()
        return {each.partition: each.offset for each in found if each.error is None}


def _ends(consumer: Consumer, topics: tuple[str, ...]) -> dict[tuple[str, int], int]:
    ends = {}
    for topic in topics:
        known = consumer.list_topics(topic, timeout=_ASK_S).topics[topic]
        for partition in known.partitions:
            _, end = consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=_ASK_S
            )
            if end > 0:
                ends[topic, partition] = end
    return ends


def _to_the_end(
    consumer: Consumer, ends: dict[tuple[str, int], int], last: int | None = None
) -> Iterator[Message]:
    if not ends:
        return
    starts = {place: max(0, end - last) if last is not None else 0 for place, end in ends.items()}
    consumer.assign([TopicPartition(*place, start) for place, start in starts.items()])
    left = set(ends)
    while left:
        for message in consumer.consume(_BATCH, 0.05):
            if message.error() is None:
                yield message
            elif (reached := _end_reached(message)) is not None and reached[1] >= ends[reached[0]]:
                left.discard(reached[0])
        # A control record at the end is never yielded, but the position passes it.
        for known in consumer.position([TopicPartition(*place) for place in left]):
            if known.offset >= ends[known.topic, known.partition]:
                left.discard((known.topic, known.partition))


def _end_reached(message: Message) -> tuple[tuple[str, int], int] | None:
    """Return the partition whose end a notice tells, with the offset; None for other notices."""
    fault = message.error()
    if fault is None or fault.code() != KafkaError._PARTITION_EOF:
        return None
    return (_topic(message), message.partition() or 0), message.offset() or 0


def _origin(message: Message) -> str | None:
    origin = header(headers_of(message), ORIGIN)
    return origin.decode() if origin is not None else None


def _topic(message: Message) -> str:
    topic = message.topic()
    assert topic is not None
    return topic
