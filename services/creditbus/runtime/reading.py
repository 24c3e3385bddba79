"""Reading a slice: the bytes of many records become arrivals, and what cannot be read is set aside.

Two ways: ``events`` decodes the envelope alone and leaves the body until somebody asks, for those
that drop most of what they read; ``values`` decodes the whole record at once, for those that must
vouch for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from confluent_kafka import Message

from creditbus.domain.ids import SourceId
from creditbus.domain.refusals import DeadLetter
from creditbus.engine.values import Arrival, Position, Produced, Unreadable
from creditbus.wire.headers import ORIGIN, header
from creditbus.wire.records import RECORD_OF, Codec, Undecodable
from creditbus.wire.topics import DEAD_LETTERS, INBOX_PREFIX, party_of_inbox

Read = Callable[[Sequence[Message]], tuple[list[Arrival[Any, Any]], list[Unreadable]]]

KEPT_BYTES: Final = 800 * 1024
KEPT_KEY_BYTES: Final = 64 * 1024
DETAIL_CHARACTERS: Final = 500
"""How much of an unreadable record its dead letter keeps: all of it must fit into one record."""


def values(
    codec: Codec, *, accepts: Sequence[type[msgspec.Struct]], max_bytes: int | None = None
) -> Read:
    """Return a reader of whole records; any type but the accepted ones is unreadable here."""

    def arrive(message: Message) -> Arrival[Any, Any]:
        data = message.value()
        if max_bytes is not None and data is not None and len(data) > max_bytes:
            raise Undecodable("OVERSIZED", f"{len(data)} bytes, more than the {max_bytes} allowed")
        value = codec.decode(data)
        if not isinstance(value, tuple(accepts)):
            record = RECORD_OF[type(value)]
            raise Undecodable("UNKNOWN_RECORD", f"{record} is not taken here")
        return _arrival(message, RECORD_OF[type(value)], value, lambda: value)

    return _reader(arrive)


def events(codec: Codec) -> Read:
    """Return a reader of the log's events: the envelope now, the body when it is asked for."""

    def arrive(message: Message) -> Arrival[Any, Any]:
        data = message.value()
        record, envelope = codec.envelope(data)
        return _arrival(message, record, envelope, lambda: codec.decode(data))

    return _reader(arrive)


def dead_letter(unreadable: Unreadable, codec: Codec) -> Produced:
    """Return the dead letter of an unreadable record: its bytes, its place and the reason."""
    position, value = unreadable.position, unreadable.value
    origin = _origin(position, unreadable.headers)
    source = SourceId(party_of_inbox(origin.partition("/")[0]))
    letter = DeadLetter(
        source=source,
        topic=position.topic,
        partition=position.partition,
        offset=position.offset,
        reason=unreadable.reason,
        detail=unreadable.detail[:DETAIL_CHARACTERS],
        key=unreadable.key[:KEPT_KEY_BYTES] if unreadable.key is not None else None,
        value=value[:KEPT_BYTES] if value is not None else None,
        size=len(value) if value is not None else 0,
    )
    return Produced(
        topic=DEAD_LETTERS,
        key=source.encode(),
        value=codec.encode(letter),
        headers=((ORIGIN, origin.encode()),),
    )


def position_of(message: Message) -> Position:
    """Return where a record that came from the broker lies."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return Position(topic, partition, offset)


def headers_of(message: Message) -> tuple[tuple[str, bytes | None], ...]:
    """Return the headers of a record, however the client library gave them."""
    found = message.headers() or []
    pairs = found.items() if isinstance(found, dict) else found
    return tuple(
        (name, value.encode() if isinstance(value, str) else value) for name, value in pairs
    )


def _reader(arrive: Callable[[Message], Arrival[Any, Any]]) -> Read:
    def read(messages: Sequence[Message]) -> tuple[list[Arrival[Any, Any]], list[Unreadable]]:
        arrivals, unreadable = [], []
        for message in messages:
            try:
                arrivals.append(arrive(message))
            except Undecodable as finding:
                unreadable.append(_unreadable(message, finding))
        return arrivals, unreadable

    return read


def _arrival(
    message: Message, record: str, head: object, body: Callable[[], object]
) -> Arrival[Any, Any]:
    data = message.value()
    assert data is not None
    headers = headers_of(message)
    position = position_of(message)
    return Arrival(
        position=position,
        origin=_origin(position, headers),
        kind=record,
        head=head,
        body=body,
        raw=data,
        headers=headers,
    )


def _origin(position: Position, headers: Sequence[tuple[str, bytes | None]]) -> str:
    """Return where a fact first came in.

    In an inbox that is here, whatever a header says: headers there are the party's own words, and
    with another's origin it would speak in that one's name.
    """
    carried = header(headers, ORIGIN)
    if carried is None or position.topic.startswith(INBOX_PREFIX):
        return str(position)
    return carried.decode()


def _unreadable(message: Message, finding: Undecodable) -> Unreadable:
    return Unreadable(
        position=position_of(message),
        reason=finding.reason,
        detail=finding.detail,
        key=message.key(),
        value=message.value(),
        headers=headers_of(message),
    )
