"""``creditbus trace``: what became of an id, and the whole chain of it in the order of the flow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.tree import Tree

from creditbus.audit.app import TopicReader
from creditbus.cli.chains import ChainLink, chain_of, verdict
from creditbus.cli.faults import fail, told
from creditbus.cli.instants import Since, since_ms
from creditbus.cli.places import Home, auditor
from creditbus.cli.prints import give, show
from creditbus.domain.calendar import instant_of
from creditbus.domain.ids import SourceId
from creditbus.engine.values import Position
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.fates import Fates
from creditbus.runtime.redis.reads import Rebuilding, Serving
from creditbus.wire.topics import inbox


class Traced(msgspec.Struct, frozen=True):
    """What is told of an id: in a sentence, then record by record."""

    verdict: str
    chain: Sequence[ChainLink]


@told
def trace(
    name: Annotated[
        str, typer.Argument(help="Id of an event, record, directive, entry or subject.")
    ],
    since: Since = "",
    home: Home = None,
) -> None:
    """Print what became of an id, and every record that belongs to it, in the order of the flow.

    A record of the last 30 days is found by its id at once; for anything else every topic is read
    from its beginning, or from --since.
    """
    process = auditor(home)
    parties = (*process.parties.sources, *process.parties.bodies)
    begun = since_ms(since, process.clock.now())
    if begun is None:
        begun = asyncio.run(_arrived(process, parties, name))
    chain = chain_of(TopicReader(process, begun), [inbox(party) for party in parties], name)
    if not chain:
        bound = f" since {instant_of(begun):%Y-%m-%d %H:%M}" if begun else ""
        fail(f"no record{bound} names {name}: is the id whole?")
    give(Traced(verdict(chain), chain))
    show(_tree(name, chain))


async def _arrived(process: Process, parties: Sequence[str], name: str) -> int | None:
    """Return since when a record of this id can be anywhere, by what views has kept of it.

    None for an id that is no record's, or older; and where Redis is away, or not built yet.
    """
    serving = Serving.of(process.settings)
    fates = Fates(serving)
    places: list[Position] = []
    try:
        async with serving.reached():
            for party in parties:
                try:
                    arrivals = await fates.of_record(SourceId(party), name)
                except Rebuilding:
                    return None
                topic = inbox(party)
                places += [Position(topic, each.partition, each.offset) for each in arrivals]
    except Unavailable:
        return None
    finally:
        await serving.close()
    reader = TopicReader(process)
    written = [at for place in places if (at := reader.written_at(place))]
    return min(written) if written and len(written) == len(places) else None


def _tree(name: str, chain: Sequence[ChainLink]) -> Tree:
    tree = Tree(f"[bold]{escape(name)}[/]: {escape(verdict(chain))}")
    for link in chain:
        tree.add(
            f"{link.at:%Y-%m-%d %H:%M:%S.%f} [bold]{link.record}[/] {escape(link.position)}\n"
            f"{escape(link.says)}"
        )
    return tree
