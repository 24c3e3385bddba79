"""Arrivals: what the bytes of many records become, and what cannot be read is set aside.

Records are read whole, all of a schema at once. To leave bodies for later would save nothing: a
repeat is known by its content, so nearly every body is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller
from typing import Any, Final

import msgspec
from confluent_kafka import Message

from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.ids import SourceId
from creditbus.engine.values import Arrival, Position, Produced, Unreadable
from creditbus.runtime.metrics import Meters
from creditbus.wire.headers import ORIGIN, REDRIVEN, first_sent, header
from creditbus.wire.records import RECORD_OF, Codec, Undecodable
from creditbus.wire.topics import DEAD_LETTERS, INBOX_PREFIX, party_of_inbox

Headers = Sequence[tuple[str, bytes | None]]
Read = Callable[[Sequence[Message]], tuple[list[Arrival[Any]], list[Unreadable]]]

KEPT_BYTES: Final = 800 * 1024
KEPT_KEY_BYTES: Final = 64 * 1024
DETAIL_CHARACTERS: Final = 500
"""How much of an unreadable record its dead letter keeps: all of it must fit into one record."""

_checked_headers: Final = methodcaller("headers")
"""A call whose result the interpreter always checks, as it does for what calls from C."""

_NAMELESS: Final = Undecodable(
    "HEADERS_UNREADABLE", "the name of one of its headers is not UTF-8; send it without that header"
)


def values(
    codec: Codec, *, accepts: Sequence[type[msgspec.Struct]], max_bytes: int | None = None
) -> Read:
    """Return a reader of records; any type but the accepted ones is unreadable here."""
    accepted = frozenset(accepts)

    def read(messages: Sequence[Message]) -> tuple[list[Arrival[Any]], list[Unreadable]]:
        data = [message.value() for message in messages]
        short = [None if _is_longer(each, max_bytes) else each for each in data]
        arrivals, unreadable = [], []
        for message, raw, value in zip(messages, data, codec.decode_many(short), strict=True):
            headers = headers_or_none(message)
            if headers is None:
                unreadable.append(_unreadable(message, _NAMELESS, ()))
            elif type(value) in accepted:
                assert raw is not None
                arrivals.append(Arrival(value, _origin(message, headers), raw, headers))
            else:
                finding = _finding(value, raw, max_bytes)
                unreadable.append(_unreadable(message, finding, headers))
        return arrivals, unreadable

    return read


def burial(
    codec: Codec, meters: Meters, parties: Iterable[str]
) -> Callable[[Unreadable], Produced]:
    """Return what makes dead letters and counts them by source; each party's count begins at 0."""
    for party in parties:
        meters.add("dead_letters", 0, source=party)

    def bury(unreadable: Unreadable) -> Produced:
        produced = dead_letter(unreadable, codec)
        meters.add("dead_letters", source=(produced.key or b"").decode())
        return produced

    return bury


def dead_letter(unreadable: Unreadable, codec: Codec) -> Produced:
    """Return the dead letter of an unreadable record: its bytes, its place and the reason."""
    position, value = unreadable.position, unreadable.value
    origin = _first_place(position.topic, unreadable.headers) or str(position)
    source = SourceId(party_of_inbox(origin.partition("/")[0]))
    place = redriven_from(inbox_or_none(position.topic), unreadable.headers)
    redriven = () if place is None else ((REDRIVEN, place),)
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
        headers=((ORIGIN, origin.encode()), *redriven),
    )


def inbox_or_none(topic: str) -> str | None:
    """Return a topic if it is an inbox: what the headers there say are its party's own words."""
    return topic if topic.startswith(INBOX_PREFIX) else None


def redriven_from(inbox: str | None, headers: Headers) -> bytes | None:
    """Return where a redriven record, of an inbox or of none, was first sent; None of any other."""
    return header(headers, REDRIVEN) if inbox is None else first_sent(inbox, headers)


def position_of(message: Message) -> Position:
    """Return where a record that came from the broker lies."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return Position(topic, partition, offset)


def headers_or_none(message: Message) -> Headers | None:
    """Return the headers of a record, None when a name among them is not UTF-8.

    Ask once of each record: the library keeps what it had built when it failed, a list with a hole,
    and gives it to whoever asks again, whose process then ends (2.16). Where it failed it returns
    that list and leaves the exception behind; an ordinary call of a warm interpreter looks for
    none, and the next one that does, wherever it is, would raise it.
    """
    try:
        found: Any = _checked_headers(message)
    except (SystemError, UnicodeDecodeError):
        return None
    return tuple(found.items()) if isinstance(found, dict) else found or ()


def _is_longer(data: bytes | None, most: int | None) -> bool:
    return most is not None and data is not None and len(data) > most


def _finding(value: object, data: bytes | None, most: int | None) -> Undecodable:
    """Return why a record is not taken."""
    if data is not None and _is_longer(data, most):
        return Undecodable("OVERSIZED", f"{len(data)} bytes, more than the {most} allowed")
    if isinstance(value, Undecodable):
        return value
    record = RECORD_OF[type(value)]  # type: ignore[index]
    return Undecodable("UNKNOWN_RECORD", f"{record} is not taken here")


def _origin(message: Message, headers: Headers) -> str:
    return _first_place(str(message.topic()), headers) or str(position_of(message))


def _first_place(topic: str, headers: Headers) -> str:
    """Return where a fact first came in, nothing when it came in here.

    In an inbox that is here, whatever a header says: headers there are the party's own words, and
    with another's origin it would speak in that one's name.
    """
    carried = header(headers, ORIGIN)
    return "" if carried is None or topic.startswith(INBOX_PREFIX) else carried.decode()


def _unreadable(message: Message, finding: Undecodable, headers: Headers) -> Unreadable:
    return Unreadable(
        position=position_of(message),
        reason=finding.reason,
        detail=finding.detail,
        key=message.key(),
        value=message.value(),
        headers=tuple(headers),
    )
