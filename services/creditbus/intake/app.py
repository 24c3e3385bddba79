"""Connect intake: inboxes in; events, acknowledgements, refusals and dead letters out.

Every worker holds all aliases: no inbox is keyed by them, so none could hold a part of its own. It
reads their topic to the end before it joins its group, and follows it beside its work. Whom record
ids have named it remembers of late, and asks views, whose Redis it does without while that is away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
from confluent_kafka import Message

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.kinds import STATEMENTS, is_way_out
from creditbus.domain.aliases.claims import AliasClaims, SubjectIdentityConflict, alias_of, root_of
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.effects.directives import Acknowledgement
from creditbus.engine.connection import Connection
from creditbus.engine.job import Job
from creditbus.engine.values import (
    Arrival,
    Slice,
    SliceOutcome,
    State,
    Unreadable,
)
from creditbus.intake.decide import Arrivals, build
from creditbus.intake.gaps import Gaps
from creditbus.intake.namesakes import RecentRecords
from creditbus.intake.outputs import write
from creditbus.intake.quota import LogQuota, log_quota
from creditbus.intake.recollection import Recollection
from creditbus.intake.tries import Tries
from creditbus.runtime.attestations import Attestation
from creditbus.runtime.kafka import arrivals
from creditbus.runtime.kafka.beginnings import Beginnings
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.kafka.follower import Follower
from creditbus.runtime.metrics import Meters
from creditbus.runtime.process import Process
from creditbus.runtime.redis.recall import Respite, ThreadRecall
from creditbus.runtime.workers.hosts import host
from creditbus.wire.records import Codec
from creditbus.wire.topics import (
    ALIASES,
    INBOX_MAX_BYTES,
    application,
    inbox,
    party_of_inbox,
    that_may_wait,
)

Decide = Callable[[Slice[Arrivals], State], SliceOutcome]


def run(process: Process) -> None:
    """Run one intake worker until it is stopped."""
    host(process, job(process))


def job(process: Process) -> Job[Arrivals]:
    """Return what an intake worker does: all inboxes in, no tables; waits for the aliases."""
    codec, parties = process.codec, process.parties
    if not process.settings.attestation_key:
        raise ValueError("set CREDITBUS_ATTESTATION_KEY, or anyone could vouch for a record")
    attestation = Attestation.of(process.settings.attestation_key)
    accepts: tuple[type[msgspec.Struct], ...] = (*STATEMENTS, Acknowledgement)
    aliases = Aliases()
    following = Follower(process, ALIASES)
    following.begin()
    take(following.drain(), codec, aliases)
    process.logger.info("aliases are read", aliases=len(aliases), position=aliases.position)
    sources = tuple(inbox(party) for party in (*parties.sources, *parties.bodies))
    tries = Tries(process.catalogue.sources)
    recall = ThreadRecall.of(process.settings, Respite(process.logger))
    views = Recollection(recall.named, frozenset(process.parties.sources))
    door = build(
        process.editions,
        party_of_inbox,
        attestation.holds,
        aliases,
        tries.holds,
        RecentRecords(views.of),
    )
    read = arrivals.values(codec, accepts=accepts, max_bytes=INBOX_MAX_BYTES)
    beginnings = Beginnings()
    return Job(
        application=application("intake"),
        name=process.name,
        sources=sources,
        tables=(),
        read=watched(beginnings, tries.reading(read), process.meters, frozenset(parties.sources)),
        decide=_informed(door, following, partial(take, codec=codec, aliases=aliases), aliases),
        write=beginnings.writing(partial(write, codec)),
        bury=arrivals.burial(codec, process.meters, (*parties.sources, *parties.bodies)),
        may_wait=that_may_wait(sources),
        quota=_quota(process),
        foresee=views.foresee,
    )


def _quota(process: Process) -> LogQuota:
    connection = Connection(process.settings.kafka, process.security)
    tell = partial(process.meters.set, "source_held_back")
    return log_quota(connection, process.parties.sources, tell, process.logger)


def watched(
    beginnings: Beginnings, read: arrivals.Read, meters: Meters, sources: frozenset[str]
) -> arrivals.Read:
    """Return the reader, which notes beginnings and tells when each source last said something.

    What a person has put in once more says nothing of its source.
    """
    gaps: defaultdict[str, Gaps] = defaultdict(Gaps)
    noted = beginnings.reading(read)

    def reads(messages: Sequence[Message]) -> tuple[list[Arrival[Any]], list[Unreadable]]:
        source, found = party_of_inbox(str(messages[0].topic())), noted(messages)
        if source in sources:
            of_source = gaps[source]
            for message in beginnings.as_sent(messages):
                of_source.note(message.timestamp()[1] / 1000)
            meters.set("source_last_record_timestamp_seconds", of_source.last or 0, source=source)
            meters.set("source_usual_gap_seconds", of_source.usual, source=source)
        return found

    return reads


def take(records: Iterable[Record], codec: Codec, aliases: Aliases) -> None:
    """Let the aliases learn what records of their topic say."""
    arrived = list(records)
    values = codec.decode_many([record.value for record in arrived])
    for record, value in zip(arrived, values, strict=True):
        match value:
            case AliasClaims():
                aliases.learn(value)
            case SubjectIdentityConflict():
                aliases.doubt(value)
            case _ if record.value is None:
                aliases.settle(root_of(record.key.decode()))
            case other:
                raise AssertionError(f"{record.place}/{record.offset} is no alias: {other}")
        aliases.position = record.offset + 1


def _informed(
    decide: Decide,
    following: Follower,
    learn: Callable[[Iterable[Record]], None],
    aliases: Aliases,
) -> Decide:
    """Return the decision, made with the aliases as far as they are read.

    Another worker may have read further when it admitted a listing, so before a removal under an
    unknown code is decided, everything is read that there is.
    """

    def informed(arrived: Slice[Arrivals], state: State) -> SliceOutcome:
        learn(following.drain())
        if any(_is_lost(arrival.value, aliases) for arrival in arrived.columns):
            following.catch_up()
            learn(following.drain())
        return decide(arrived, state)

    return informed


def _is_lost(event: object, aliases: Aliases) -> bool:
    if not isinstance(event, Act) or not is_way_out(event):
        return False
    alias = alias_of(event.envelope.subject_id)
    return alias is not None and not aliases.ever_meant(alias)
