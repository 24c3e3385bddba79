"""The supply: the yardstick's events, the same for the same seed, and what must come of them.

The truth is a plain fold in dictionaries that shares no line with the job.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

import fastavro
from confluent_kafka import KafkaError, Message, Producer

from creditbus.bench.yardstick import (
    CHANGE_FRAME,
    CHANGE_PARSED,
    CHECKED,
    FRAME,
    LISTED,
    REMOVED,
    Held,
    avro_long,
    avro_text,
)
from creditbus.stack.principals import ClientConfig

SEED: Final = 20_260_101
BEGAN_AT: Final = 1_767_225_600_000_000  # microseconds; the first of January 2026
PER_SUBJECT: Final = 5
REPEATED: Final = 0.05
CHANGING: Final = 0.60 / (1 - REPEATED)  # so that 60 % of all events change a set
LISTS: Final = tuple(b"LIST-%02d" % number for number in range(39))
_DIGITS: Final = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_DETAILS: Final = b"what the agency adds in words about the act itself. "
_WIDTH: Final = 237

Headers = list[tuple[str, str | bytes | None]]

Event = tuple[bytes, bytes, str, bytes, int]
"""An event's id, subject, kind, list code and instant."""


@dataclass(slots=True)
class Truth:
    """What the job must tell and hold after the events."""

    told: dict[bytes, list[bytes]] = field(default_factory=dict)
    seen: dict[bytes, int] = field(default_factory=dict)
    held: dict[bytes, Held] = field(default_factory=dict)

    def fold(self, event: Event) -> None:
        """Take one event."""
        event_id, subject, kind, code, at = event
        if event_id in self.seen:
            return
        self.seen[event_id] = at
        count, codes = self.held.get(subject, (0, ()))
        after = [each for each in codes if kind != REMOVED or each != code]
        if kind == LISTED and code not in codes:
            after.append(code)
        self.held[subject] = (count + 1, tuple(after))
        if len(after) != len(codes):
            self.told.setdefault(subject, []).append(_told(subject, event, count + 1))


def events(count: int, subjects: int = 0, seed: int = SEED) -> Iterator[Event]:
    """Give the events in their order; as many subjects as the yardstick has, unless said."""
    chance = random.Random(seed)
    subjects = subjects or max(1, count // PER_SUBJECT)
    names = [subject_of(number) for number in range(subjects)]
    sets: list[list[bytes]] = [[] for _ in names]
    past: list[Event] = []
    for number in range(count):
        if past and chance.random() < REPEATED:
            yield past[chance.randrange(len(past))]
            continue
        place = chance.randrange(subjects)
        kind, code = _act(chance, sets[place])
        digits = b"%032x" % chance.getrandbits(128)
        event_id = b"-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        event = (event_id, names[place], kind, code, BEGAN_AT + number * 1000)
        past.append(event)
        yield event


def subject_of(number: int) -> bytes:
    """Return a subject that nobody can take for a real one: 18 characters, an impossible body."""
    body = bytearray()
    for _ in range(4):
        number, digit = divmod(number, len(_DIGITS))
        body.append(_DIGITS[digit])
    assert number == 0, "there are no more synthetic bodies"
    return b"913702000000" + bytes(reversed(body)) + b"00"


def framed(event: Event, sequence: int) -> bytes:
    """Return the event's record: 14 fields in 237 bytes."""
    event_id, subject, kind, code, at = event
    filled = b"".join(
        (
            FRAME,
            avro_text(event_id),
            avro_text(b"qingdao-court-03"),
            avro_long((1 << 20) + sequence),
            avro_text(subject),
            avro_text(kind.encode()),
            avro_text(code),
            avro_text(b"(2026)-0203-%07d" % (sequence % 10_000_000)),
            avro_text(b"basis-000117"),
            avro_long(at),
            avro_long(at),
            avro_long(at + 94_608_000_000_000),
            avro_text(b"370203"),
        )
    )
    left = _WIDTH - len(filled) - 3  # two bytes of length before it, the revision behind it
    return filled + avro_text((_DETAILS * 2)[:left]) + avro_long(1)


def supply(client: ClientConfig, topic: str, count: int) -> Truth:
    """Write the events to the topic, keyed by subject, and return the truth about them."""
    faults: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            faults.append(error)

    further = {"delivery.report.only.error": True, "on_delivery": delivered}
    producer = producer_of(client, 20, further)
    truth = Truth()
    for sequence, event in enumerate(events(count)):
        truth.fold(event)
        put(producer, topic, event[1], framed(event, sequence))
    assert producer.flush(60) == 0, "the broker did not take every event"
    assert not faults, faults[0]
    return truth


def producer_of(
    client: ClientConfig, linger_ms: int, further: Mapping[str, Any] | None = None
) -> Producer:
    """Return a producer that loses and doubles nothing, and places keys as everybody does."""
    return Producer(
        {
            **client,
            "log_level": 2,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": linger_ms,
            "partitioner": "murmur2_random",
            **(further or {}),
        }
    )


def put(
    producer: Producer,
    topic: str,
    key: bytes | None,
    value: bytes | None,
    headers: Headers | None = None,
) -> None:
    """Produce one record, waiting for room when the queue is full."""
    while True:
        try:
            producer.produce(topic, value, key, headers=headers)
        except BufferError:
            producer.poll(0.05)
        else:
            return


def _act(chance: random.Random, held: list[bytes]) -> tuple[str, bytes]:
    """Return a kind and a code, and move the subject's set as they will."""
    if chance.random() >= CHANGING:
        return (LISTED, held[0]) if held and chance.random() < 0.5 else (CHECKED, LISTS[0])
    if held and chance.random() < 0.5:
        return REMOVED, held.pop(chance.randrange(len(held)))
    code = LISTS[chance.randrange(len(LISTS))]
    while code in held:
        code = LISTS[chance.randrange(len(LISTS))]
    held.append(code)
    return LISTED, code


def _told(subject: bytes, event: Event, revision: int) -> bytes:
    """Return the record of a change, written by the library."""
    event_id, _, kind, code, at = event
    change = {
        "subject_id": subject.decode(),
        "list_code": code.decode(),
        "action": "ADDED" if kind == LISTED else "REMOVED",
        "revision": revision,
        "cause": event_id.decode(),
        "at": at,
    }
    buffer = BytesIO()
    buffer.write(CHANGE_FRAME)
    fastavro.schemaless_writer(buffer, CHANGE_PARSED, change)
    return buffer.getvalue()
