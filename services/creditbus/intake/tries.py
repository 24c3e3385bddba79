"""Tries: which records of an inbox are only tried, because their source is in the sandbox.

A source that has left the sandbox has left it at an instant, and the broker's own time says of each
record on which side of it that lies: what was sent to be tried stays a try, however late it is
read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Message

from creditbus.domain.calendar import instant_of
from creditbus.domain.ids import SourceId
from creditbus.domain.law.catalogue import Source
from creditbus.engine.values import Arrival, Unreadable
from creditbus.runtime.kafka.arrivals import Read
from creditbus.runtime.kafka.beginnings import readables
from creditbus.wire.headers import SANDBOX, header
from creditbus.wire.topics import party_of_inbox


class Tries:
    """The tries of one slice, from its read to its decision."""

    def __init__(self, sources: Mapping[SourceId, Source]) -> None:
        self._sources = {
            name: each
            for name, each in sources.items()
            if each.sandbox or each.sandbox_until is not None
        }
        self._of: frozenset[str] = frozenset()

    def reading(self, read: Read) -> Read:
        """Return the reader, which notes what the broker took while the source was trying."""

        def reads(messages: Sequence[Message]) -> tuple[list[Arrival[Any]], list[Unreadable]]:
            found = arrivals, unreadable = read(messages)
            source = self._sources.get(SourceId(party_of_inbox(str(messages[0].topic()))))
            self._of = frozenset()
            if source is not None:
                pairs = zip(arrivals, readables(messages, unreadable), strict=True)
                self._of = frozenset(
                    arrival.origin
                    for arrival, message in pairs
                    if source.is_trying(instant_of(max(0, message.timestamp()[1])))
                )
            return found

        return reads

    def holds(self, arrival: Arrival[Any]) -> bool:
        """Return whether a record is only tried: its sender may say so of any record itself."""
        return arrival.origin in self._of or header(arrival.headers, SANDBOX) is not None
