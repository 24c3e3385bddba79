"""``creditbus trace``: the whole chain of an event, a directive or a subject, as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
import typer
from confluent_kafka import Message
from rich.tree import Tree

from creditbus.audit.app import TopicReader
from creditbus.cli.faults import fail, told
from creditbus.cli.places import AsJson, Home, auditor
from creditbus.cli.prints import show, show_json
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
    inbox,
)

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
_FIXED: Final = (
    EVENTS,
    REFUSALS,
    DUPLICATES,
    TAKEN,
    DEAD_LETTERS,
    STANDINGS,
    BREACHES,
    EXPOSURES,
    DIRECTIVES,
    ATTEMPTS,
    ACKNOWLEDGEMENTS,
    OBLIGATIONS,
)


class Link(msgspec.Struct, frozen=True):
    """One record of a chain: where it lies, what it is, and what it says in short."""

    position: str
    record: str
    says: str
    names: frozenset[str]


@told
def trace(
    name: Annotated[
        str, typer.Argument(help="Id of an event, record, directive, entry or subject.")
    ],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Print every record that belongs to an id, in the order of the flow."""
    process = auditor(home)
    parties = process.parties
    topics = (
        *(inbox(party) for party in (*parties.sources, *parties.bodies)),
        *_FIXED,
    )
    links = list(_links(TopicReader(process), topics))
    chain = _chain(name, links)
    if not chain:
        fail(f"none of {len(links)} records names {name}: is the id whole?")
    if as_json:
        show_json(chain)
        return
    show(_tree(name, chain))


def _links(reader: TopicReader, topics: tuple[str, ...]) -> Iterator[Link]:
    codec = reader.process.codec
    past: list[Position] = []
    for message in reader.read(*topics, past=past):
        if message.value() is None:
            continue
        try:
            value = codec.decode(message.value())
        except Undecodable as finding:
            yield _link(message, "unreadable", str(finding), frozenset())
            continue
        content = to_record(value)
        yield _link(message, RECORD_OF[type(value)], _short(content), _names(content))
    for position in map(str, past):
        yield Link(position, "unreadable", "its batch cannot be fetched", frozenset({position}))


def _chain(name: str, links: list[Link]) -> list[Link]:
    """Return the links that carry the name, and those that share an id with one of them.

    A subject's id asks for all of it; any other id leads only to what shares one of its own
    ids.
    """
    found = [link for link in links if name in link.names or link.position == name]
    if name.startswith((USCC, PERSON)):
        return found
    shared = {each for link in found for each in link.names if not each.startswith((USCC, PERSON))}
    return [link for link in links if link.names & shared or link in found]


def _names(content: dict[str, Any]) -> frozenset[str]:
    envelope = content.get("envelope", {})
    found = {content.get(name) or envelope.get(name) for name in _NAMES}
    return frozenset(each for each in found if each)


def _link(message: Message, record: str, says: str, names: frozenset[str]) -> Link:
    position = str(position_of(message))
    origin = header(headers_or_none(message), ORIGIN)
    known = names | ({origin.decode()} if origin else frozenset()) | {position}
    return Link(position, record, says, frozenset(known))


def _short(content: dict[str, Any]) -> str:
    envelope = content.get("envelope", {})
    wanted = (
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
    said = [f"{name} {content[name]}" for name in wanted if content.get(name) not in {None, ""}]
    if envelope:
        said.insert(0, f"{envelope['source']} record {envelope['record_id']}")
    if "entries" in content:
        said += [f"{each['list_id']} {each['stage']}" for each in content["entries"]]
    return ", ".join(said)


def _tree(name: str, chain: list[Link]) -> Tree:
    tree = Tree(name)
    for link in chain:
        tree.add(f"[bold]{link.record}[/] {link.position}\n{link.says}")
    return tree
