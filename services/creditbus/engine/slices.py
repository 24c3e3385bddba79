"""Slices: what one fetch brought, by topic and partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message

from creditbus.engine.failures import Reaction, Rule, halt, rule_for
from creditbus.engine.health import Source


@dataclass(frozen=True, slots=True)
class FetchFault:
    """An error that a fetch brought in the place of records, and the source that it names."""

    error: KafkaError
    topic: str | None
    partition: int | None

    @property
    def source(self) -> Source:
        """Which source it is about; of a whole topic, or of the client, no partition that there is.

        Of what befell the client itself, the library names no topic and, sometimes, partition 0.
        """
        if self.topic is None or self.partition is None:
            return self.topic or "", -1
        return self.topic, self.partition


def cut(messages: Iterable[Message]) -> tuple[dict[Source, list[Message]], list[FetchFault]]:
    """Return the records by source, in the order of their offsets, and the errors among them."""
    faults: list[FetchFault] = []
    found: defaultdict[Source, list[Message]] = defaultdict(list)
    for message in messages:
        error = message.error()
        if error is not None:
            faults.append(FetchFault(error, message.topic(), message.partition()))
            continue
        found[message.topic() or "", message.partition() or 0].append(message)
    return found, faults


def unread(messages: list[Message], position: int) -> list[Message]:
    """Return the records that are not decided yet: a new place may bring some twice."""
    if messages and offset_of(messages[0]) >= position:
        return messages
    return [message for message in messages if offset_of(message) >= position]


def offset_of(message: Message) -> int:
    """Return the record's offset."""
    offset = message.offset()
    assert offset is not None, "a record has an offset"
    return offset


def check_fetch(fault: FetchFault, position: int | None) -> Rule:
    """Return what to do about a failed fetch at a position, if it is known, or stop."""
    error = fault.error
    rule = rule_for(error)
    if error.fatal() or rule.kind in (Reaction.FATAL, Reaction.UNKNOWN):
        known = (fault.topic, fault.partition, position)
        place = "/".join(str(each) for each in known if each is not None)
        raise halt(f"the sources cannot be read{f', {place}' if place else ''}", error)
    return rule
