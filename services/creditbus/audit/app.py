"""Connect audit: read the topics from beginning to end, as committed, and count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, Message, TopicPartition

from creditbus.audit.decide import BURIED, Reconciliation, Sum, merged, reconcile, tally
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.effects.directives import Directive
from creditbus.domain.effects.obligations import Obligation
from creditbus.engine.values import Position
from creditbus.runtime.kafka.arrivals import Headers, headers_or_none, position_of
from creditbus.runtime.kafka.clients import KAFKA, reached
from creditbus.runtime.kafka.stretches import StretchReader
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.stack.sockets import listens
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


@dataclass(frozen=True, slots=True)
class TopicReader:
    """A reader of whole topics, as one principal that may read everything.

    With ``since_ms`` it reads only what was written since that instant. What becomes of a record is
    written after the record, so sums over what was received since then are whole. Making one
    raises ``Unavailable`` when no broker listens: a person asks, and waits for no server to start.
    """

    process: Process
    since_ms: int | None = None

    def __post_init__(self) -> None:
        """See that there is a broker to read from."""
        addresses = self.process.settings.kafka
        if not listens(addresses):
            raise Unavailable(KAFKA, f"nobody listens at {addresses}; `creditbus up` starts a bus")

    def sums(self) -> list[Sum]:
        """Return what became of everything that was received, by party."""
        parties = self.process.parties
        inboxes = [inbox(party) for party in (*parties.sources, *parties.bodies)]
        received: dict[str, set[str]] = {party_of_inbox(topic): set() for topic in inboxes}
        past: list[Position] = []
        found = [position_of(message) for message in self.read(*inboxes, past=past)]
        for position in (*found, *past):
            received[party_of_inbox(position.topic)].add(str(position))
        admitted: dict[str, int] = {}
        copies: dict[str, dict[str, int]] = {}
        undecided: set[str] = set()
        decided = self._decided()
        for message in self.read(EVENTS, ACKNOWLEDGEMENTS):
            headers, position = headers_or_none(message), position_of(message)
            origin = _origin(headers)
            if origin is None:
                continue
            # Only what was named by an old code may be about several subjects.
            if header(headers, ALIAS) is None:
                admitted[origin] = admitted.get(origin, 0) + 1
            else:
                by_subject = copies.setdefault(origin, {})
                subject = (message.key() or b"").decode()
                by_subject[subject] = by_subject.get(subject, 0) + 1
            if position.topic == EVENTS and position.offset >= decided.get(position.partition, 0):
                undecided.add(origin)
        fates = [
            (_origin(headers_or_none(message)) or "", self._fate(message))
            for message in self.read(*_FATES)
        ]
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
        """Return when each topic was last written to, in milliseconds; empty ones lack."""
        with reached():
            return StretchReader(self.process, []).last_written(topics)

    def written_at(self, position: Position) -> int | None:
        """Return when a record of an inbox was written, in milliseconds; None if it is gone."""
        with reached():
            found = StretchReader(self.process, []).first_at(
                (position.topic, position.partition), position.offset
            )
        # Behind what is gone lies a record that was written later.
        if found is None or found.offset() != position.offset:
            return None
        return found.timestamp()[1]

    def read(
        self, *topics: str, last: int | None = None, past: list[Position] | None = None
    ) -> Iterator[Message]:
        """Yield every committed record of these topics up to their present ends.

        With ``last``, only those at the last so many places of each partition. What cannot be
        fetched is read past, and told to ``past``.
        """
        with reached():
            stretches = StretchReader(self.process, [] if past is None else past)
            yield from stretches.read(topics, last, self.since_ms if last is None else None)

    def unread(self, *topics: str) -> list[Position]:
        """Return where records lie in these topics that nobody can fetch."""
        past: list[Position] = []
        for _ in self.read(*topics, past=past):
            pass
        return past

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


def _origin(headers: Headers | None) -> str | None:
    origin = header(headers, ORIGIN)
    return origin.decode() if origin is not None else None


def _topic(message: Message) -> str:
    topic = message.topic()
    assert topic is not None
    return topic
