"""Receipts: what a source gets for a record that the broker holds, and what it is told otherwise.

NotPublished
└── Unsendable   one statement that cannot be sent as it is; its field and what to do
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
from confluent_kafka import KafkaError, Message


class Receipt(msgspec.Struct, frozen=True):
    """Where the broker keeps the record: the inbox, its partition and the offset.

    ``sandbox``: the gateway says that it is only tried; the broker itself does not know.
    """

    event_id: str
    inbox: str
    partition: int
    offset: int
    sandbox: bool = False


class NotPublished(Exception):
    """The broker did not take a record; the message says why and what to do."""


class Unsendable(NotPublished):
    """One statement that nobody would take as it is; all others go on.

    ``field`` is a JSON pointer into the statement, empty where it is about the whole.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}" if field else sentence)
        self.field = field


class Outgoing(msgspec.Struct, frozen=True, array_like=True):
    """One record as it goes to the broker, and the id of the event in it."""

    event_id: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    def size(self) -> int:
        """Return the bytes of its key, value and headers."""
        size = len(self.key) + len(self.value or b"")
        for name, each in self.headers:
            size += len(name) + len(each)
        return size


class Reports(msgspec.Struct, frozen=True):
    """Who is told what became of one record; whoever has no ``on_failure`` is told by ``flush``."""

    on_receipt: Callable[[Message], object] | None = None
    on_failure: Callable[[NotPublished], object] | None = None


UNTOLD: Final = Reports()
"""The reports of a record that nobody asked about."""

CLOSED: Final = (
    "the publisher is closed, and takes nothing more: send before its block is left, or make a new"
    " one, with the same outbox if it had one"
)

_PASSWORD: Final = "the broker refuses the password, or the name: ask for a new one"  # noqa: S105 - a sentence
_ADVICE: Final = {
    KafkaError._AUTHENTICATION: _PASSWORD,
    KafkaError.SASL_AUTHENTICATION_FAILED: _PASSWORD,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "this principal may not write the inbox",
    KafkaError.MSG_SIZE_TOO_LARGE: "the record is over 256 KiB: keep documents elsewhere",
    KafkaError._MSG_TIMED_OUT: "the broker did not answer in time: sending again is safe",
    KafkaError._SSL: "its certificate is not believed: name its authority with tls=",
}


def receipt_of(event_id: str, message: Message) -> Receipt:
    """Return the receipt that a delivered record's report amounts to."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return Receipt(event_id, topic, partition, offset)


def advice(source: str, error: KafkaError, key: bytes | None = None) -> str:
    """Return what a source does about an error of the broker, of one record if its key is given."""
    what = _ADVICE.get(error.code(), "see the broker's own words")
    record = "" if key is None else f", record {key.decode(errors='replace')}"
    return f"{source}{record}: {what} ({error.name()}: {error.str()})"


def told_at_once(failures: deque[NotPublished]) -> NotPublished:
    """Return the first of some failures, with the others as its notes, and forget them."""
    first = failures.popleft()
    for each in failures:
        first.add_note(f"and {each}")
    failures.clear()
    return first
