"""Chains: every record that belongs to an id, in the order in which things happened.

Of the millions of records of a log a few belong to an id, and whatever names one holds its letters
in its bytes. So those are looked at first, and only what holds them is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from confluent_kafka import Message

from creditbus.audit.app import TopicReader
from creditbus.domain.calendar import instant_of
from creditbus.domain.subjects import PERSON, USCC
from creditbus.engine.values import Position
from creditbus.runtime.kafka.arrivals import headers_or_none, position_of
from creditbus.wire.headers import ORIGIN, header
from creditbus.wire.records import RECORD_OF, Undecodable, to_record
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    ATTEMPTS,
    BREACHES,
    DEAD_LETTERS,
    DIRECTIVES,
    DUPLICATES,
    EVENTS,
    EXPOSURES,
    OBLIGATIONS,
    REFUSALS,
    STANDINGS,
    TAKEN,
)

FLOW: Final = (
    EVENTS,
    DEAD_LETTERS,
    REFUSALS,
    DUPLICATES,
    TAKEN,
    STANDINGS,
    BREACHES,
    EXPOSURES,
    DIRECTIVES,
    ATTEMPTS,
    ACKNOWLEDGEMENTS,
    OBLIGATIONS,
)
"""What follows an inbox, in the order of the flow."""

_NAMES: Final = (
    "event_id",
    "record_id",
    "directive_id",
    "obligation_id",
    "entry_id",
    "subject_id",
    "caused_by",
    "causation_id",
)
_SAID: Final = (
    "list_id",
    "cause",
    "measure_id",
    "action",
    "outcome",
    "reason",
    "detail",
    "revision",
    "status",
)
_PLACES: Final = {topic: place for place, topic in enumerate(FLOW, 1)}


class ChainLink(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a chain: when it was written and where, what it is, what it says in short."""

    at: datetime
    position: str
    record: str
    says: str
    names: frozenset[str]

    @property
    def topic(self) -> str:
        """Return the topic that it lies in."""
        return self.position.partition("/")[0]


def chain_of(reader: TopicReader, inboxes: Sequence[str], name: str) -> list[ChainLink]:
    """Return the links that carry a name, and those that share an id with one of them.

    A subject's id asks for all of it; any other id leads only to what shares one of its own ids.
    """
    topics = (*inboxes, *FLOW)
    found = [link for link in links(reader, topics, {name}) if name in link.names]
    if not name.startswith((USCC, PERSON)):
        shared = {each for link in found for each in link.names if not _is_subject(each)}
        if shared - {name}:
            found = [link for link in links(reader, topics, shared) if link.names & shared]
    return sorted(found, key=lambda link: (link.at, _PLACES.get(link.topic, 0)))


def links(reader: TopicReader, topics: Sequence[str], names: set[str]) -> Iterator[ChainLink]:
    """Yield a link of each record that may carry one of these names, by its bytes alone."""
    wanted = tuple(each.encode() for each in names)
    past: list[Position] = []
    for message in reader.read(*topics, past=past):
        value = message.value()
        if value is None:
            continue
        position = str(position_of(message))
        if position in names or any(each in value for each in wanted):
            yield _link(reader, message, value, position)
            continue
        headers = headers_or_none(message)
        if (header(headers, ORIGIN) or b"").decode() in names:
            yield _link(reader, message, value, position, headers)
    for unread in map(str, past):
        if unread in names:
            yield ChainLink(
                at=datetime.fromtimestamp(0, UTC),
                position=unread,
                record="unreadable",
                says="its batch cannot be fetched",
                names=frozenset({unread}),
            )


def verdict(chain: Sequence[ChainLink]) -> str:
    """Return in a sentence what has become of what a chain is about, as far as it tells."""
    count: dict[str, int] = {}
    for link in chain:
        count[link.record] = count.get(link.record, 0) + 1
    last = {link.record: link for link in chain}
    for record, word in (("dead_letter", "could not be read"), ("refusal", "refused")):
        if record in last and "standing" not in last:
            return f"{word}: {last[record].says}"
    if "standing" in last:
        said = f"applied: {last['standing'].says}"
        stated, answered = count.get("directive", 0), count.get("acknowledgement", 0)
        return f"{said}; {stated} directives, {answered} acknowledgements" if stated else said
    if "taken" in last:
        return f"applied, and moves no standing: {last['taken'].says}"
    if "duplicate" in last:
        return "a duplicate: it was here before"
    return "waits: nobody has decided"


def _is_subject(name: str) -> bool:
    return name.startswith((USCC, PERSON))


def _link(
    reader: TopicReader, message: Message, value: bytes, position: str, headers: Any = None
) -> ChainLink:
    headers = headers_or_none(message) if headers is None else headers
    origin = (header(headers, ORIGIN) or b"").decode()
    known = {position, origin} if origin else {position}
    try:
        decoded = reader.process.codec.decode(value)
    except Undecodable as finding:
        record, says = "unreadable", str(finding)
    else:
        content = to_record(decoded)
        record, says = RECORD_OF[type(decoded)], _short(content)
        known |= _names(content)
    return ChainLink(
        at=instant_of(message.timestamp()[1]),
        position=position,
        record=record,
        says=says,
        names=frozenset(known),
    )


def _names(content: Mapping[str, Any]) -> set[str]:
    envelope = content.get("envelope", {})
    found = {content.get(name) or envelope.get(name) for name in _NAMES}
    return {each for each in found if each}


def _short(content: Mapping[str, Any]) -> str:
    envelope = content.get("envelope", {})
    said = [f"{name} {content[name]}" for name in _SAID if content.get(name) not in {None, ""}]
    if envelope:
        said.insert(0, f"{envelope['source']} record {envelope['record_id']}")
    if "entries" in content:
        said += [f"{each['list_id']} {each['stage']}" for each in content["entries"]]
    return ", ".join(said)
