"""The driver: the city's statements as bytes, put into the inboxes as fast as is asked for.

Made and encoded beforehand, so that the driver costs the machine little while others are measured.
Persons are left out: they come through the gateway, which is measured by itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message

from creditbus.bench.supply import Headers, producer_of, put
from creditbus.demo.city import Submitted
from creditbus.stack.principals import ClientConfig
from creditbus.wire.headers import event_headers
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.topics import INBOX_BATCH_BYTES, inbox

_TICK_S: Final = 0.005


class Prepared(msgspec.Struct, frozen=True):
    """One statement as it goes to the broker, and the event in it, if it is one."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    event_id: str


def prepare(statements: Sequence[Submitted], codec: Codec) -> list[Prepared]:
    """Return what the sources would produce, without what goes through the gateway."""
    return [_prepared(each, codec) for each in statements if each.person is None]


class Driver:
    """Produces what was prepared; ``sent_at`` is when each event was handed to the client."""

    def __init__(self, client: ClientConfig) -> None:
        self.sent_at: dict[str, float] = {}
        self._refused: list[KafkaError] = []
        further = {"batch.size": INBOX_BATCH_BYTES, "on_delivery": self._hear}
        self._producer = producer_of(client, 2, further)

    def drive(self, prepared: Sequence[Prepared], per_second: float) -> None:
        """Send everything, in its order; 0 a second is at full speed.

        Raises ``KafkaException`` for a record that the broker refused.
        """
        began, sent = time.monotonic(), 0
        while sent < len(prepared):
            due = len(prepared)
            if per_second:
                due = min(due, int((time.monotonic() - began) * per_second) + 1)
            for each in prepared[sent:due]:
                self.sent_at[each.event_id] = time.monotonic()
                put(self._producer, each.topic, each.key, each.value, headers=each.headers)
            sent = due
            self._producer.poll(_TICK_S if per_second else 0)
        assert self._producer.flush(120) == 0, "the broker did not take every record"
        if self._refused:
            raise KafkaException(self._refused[0])

    def _hear(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._refused.append(error)


def _prepared(statement: Submitted, codec: Codec) -> Prepared:
    topic, event = inbox(statement.source), statement.event
    if event is None:
        assert statement.raw is not None
        return Prepared(topic, b"raw", statement.raw, [], "")
    envelope = event.envelope
    headers: Headers = [*event_headers(RECORD_OF[type(event)], envelope)]
    key = envelope.record_id.encode()
    return Prepared(topic, key, codec.encode(event), headers, str(envelope.event_id))
