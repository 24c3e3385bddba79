"""Beginnings: how each fact came in, carried from the inbox to what it leads to in the end.

The pure decisions between know no instants. What came in with a record's origin goes out with it,
in headers beside the origin: when that was, so that delivery can tell how long it all took, and
that a person put it in once more, so that its source's own counts leave it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from creditbus.engine.values import Arrival, Output, Produced, Unreadable
from creditbus.runtime.kafka.arrivals import Headers, Read, position_of, redriven_from
from creditbus.wire.headers import REDRIVEN, SINCE, header
from creditbus.wire.topics import INBOX_PREFIX

Write = Callable[[Output], Produced]


class Beginnings:
    """The beginnings of one slice, from its read to the writing of what it led to."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[tuple[str, bytes], ...]] = {}

    def reading(self, read: Read) -> Read:
        """Return the reader, which notes the beginning of every record that it reads."""

        def reads(
            messages: Sequence[Message],
        ) -> tuple[list[Arrival[Any]], list[Unreadable]]:
            arrivals, unreadable = read(messages)
            readable = readables(messages, unreadable)
            self._of = {
                arrival.origin: carried
                for arrival, message in zip(arrivals, readable, strict=True)
                if (carried := _carried(message, arrival.headers))
            }
            return arrivals, unreadable

        return reads

    def writing(self, write: Write) -> Write:
        """Return the writer, which gives each record the beginning of what led to it."""

        def writes(output: Output) -> Produced:
            produced, carried = write(output), self._of.get(output.origin)
            if carried is None:
                return produced
            return msgspec.structs.replace(produced, headers=(*produced.headers, *carried))

        return writes


def _carried(message: Message, headers: Headers) -> tuple[tuple[str, bytes], ...]:
    began = began_at(message, headers)
    since = () if began is None else ((SINCE, str(began).encode()),)
    place = redriven_from(str(message.topic()), headers)
    return since if place is None else (*since, (REDRIVEN, place))


def readables(messages: Sequence[Message], unreadable: Sequence[Unreadable]) -> Sequence[Message]:
    """Return the records of one partition without those that cannot be read."""
    if not unreadable:
        return messages
    bad = {each.position.offset for each in unreadable}
    return [message for message in messages if message.offset() not in bad]


def as_sent(
    messages: Sequence[Message], arrivals: Sequence[Arrival[Any]], unreadable: Sequence[Unreadable]
) -> Sequence[Message]:
    """Return the records of one partition without those that a person has put in once more."""
    topic = str(messages[0].topic())
    again = {each.origin for each in arrivals if redriven_from(topic, each.headers)}
    again.update(str(each.position) for each in unreadable if redriven_from(topic, each.headers))
    return [each for each in messages if str(position_of(each)) not in again] if again else messages


def began_at(message: Message, headers: Headers) -> int | None:
    """Return when the fact of a record came in, in milliseconds; None when nobody knows.

    In an inbox that is when the broker took it, whatever a header says: those are its party's own
    words. Without a header it is when the record was written.
    """
    carried = None if str(message.topic()).startswith(INBOX_PREFIX) else header(headers, SINCE)
    if carried is not None:
        return int(carried)
    kind, at = message.timestamp()
    return None if kind == TIMESTAMP_NOT_AVAILABLE else at
