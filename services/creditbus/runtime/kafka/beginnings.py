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
from creditbus.runtime.kafka.arrivals import (
    Headers,
    Read,
    inbox_or_none,
    position_of,
    redriven_from,
)
from creditbus.wire.headers import REDRIVEN, SINCE, header

Write = Callable[[Output], Produced]


class Beginnings:
    """The beginnings of one slice, from its read to the writing of what it led to."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[tuple[str, bytes], ...]] = {}
        self._again: set[str] = set()

    def reading(self, read: Read) -> Read:
        """Return the reader, which notes the beginning of every record that it reads."""

        def reads(
            messages: Sequence[Message],
        ) -> tuple[list[Arrival[Any]], list[Unreadable]]:
            arrivals, unreadable = read(messages)
            inbox = inbox_or_none(str(messages[0].topic()))
            self._of, self._again = {}, set()
            for arrival, message in zip(arrivals, readables(messages, unreadable), strict=True):
                place = redriven_from(inbox, arrival.headers)
                if place is not None:
                    self._again.add(arrival.origin)
                carried = _carried(began_at(message, arrival.headers, inbox=inbox), place)
                if carried:
                    self._of[arrival.origin] = carried
            bad = (each for each in unreadable if redriven_from(inbox, each.headers))
            self._again.update(str(each.position) for each in bad)
            return arrivals, unreadable

        return reads

    def as_sent(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the records of an inbox, which were read last, as far as its party sent them.

        Left out are those that a person has put in once more.
        """
        if not self._again:
            return messages
        return [each for each in messages if str(position_of(each)) not in self._again]

    def writing(self, write: Write) -> Write:
        """Return the writer, which gives each record the beginning of what led to it."""

        def writes(output: Output) -> Produced:
            produced, carried = write(output), self._of.get(output.origin)
            if carried is None:
                return produced
            return msgspec.structs.replace(produced, headers=(*produced.headers, *carried))

        return writes


def _carried(began: int | None, place: bytes | None) -> tuple[tuple[str, bytes], ...]:
    since = () if began is None else ((SINCE, str(began).encode()),)
    return since if place is None else (*since, (REDRIVEN, place))


def readables(messages: Sequence[Message], unreadable: Sequence[Unreadable]) -> Sequence[Message]:
    """Return the records of one partition without those that cannot be read."""
    if not unreadable:
        return messages
    bad = {each.position.offset for each in unreadable}
    return [message for message in messages if message.offset() not in bad]


def began_at(message: Message, headers: Headers, *, inbox: str | None) -> int | None:
    """Return when the fact of a record came in, in milliseconds; None when nobody knows.

    In an inbox, which is named if it lies in one, that is when the broker took it, whatever a
    header says: those are its party's own words. Without a header it is when it was written.
    """
    carried = header(headers, SINCE) if inbox is None else None
    if carried is not None:
        return int(carried)
    kind, at = message.timestamp()
    return None if kind == TIMESTAMP_NOT_AVAILABLE else at
