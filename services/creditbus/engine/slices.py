"""Slices: what one fetch brought, by topic and partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from confluent_kafka import KafkaError, Message

from creditbus.engine.failures import Reaction, Rule, halt, rule_for
from creditbus.engine.health import Source


def cut(messages: Iterable[Message]) -> tuple[dict[Source, list[Message]], list[KafkaError]]:
    """Return the records by source, in the order of their offsets, and the errors among them."""
    errors: list[KafkaError] = []
    found: defaultdict[Source, list[Message]] = defaultdict(list)
    for message in messages:
        error = message.error()
        if error is not None:
            errors.append(error)
            continue
        found[message.topic() or "", message.partition() or 0].append(message)
    return found, errors


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


def check_fetch(error: KafkaError) -> Rule:
    """Return what to do about a failed fetch, or stop."""
    rule = rule_for(error)
    if error.fatal() or rule.kind in (Reaction.FATAL, Reaction.UNKNOWN):
        raise halt("the sources cannot be read", error)
    return rule
