"""Connect listing: the log of record in; what follows from each event out."""

from __future__ import annotations

from functools import partial

from creditbus.domain.acts.refusals import Duplicate, Refusal, Taken
from creditbus.domain.aliases.claims import AliasClaims, SubjectIdentityConflict, conflict_key
from creditbus.domain.entries.deadlines import DeadlineMissed
from creditbus.domain.entries.standings import Standing
from creditbus.engine.job import Job
from creditbus.engine.values import Output, Produced
from creditbus.listing.aliases import Settled
from creditbus.listing.decide import LOGGED, TABLES, Arrivals, build
from creditbus.runtime.kafka import arrivals
from creditbus.runtime.kafka.beginnings import Beginnings
from creditbus.runtime.process import Process
from creditbus.runtime.workers.hosts import host
from creditbus.wire.headers import ORIGIN
from creditbus.wire.records import Codec
from creditbus.wire.topics import (
    ALIASES,
    BREACHES,
    DUPLICATES,
    EVENTS,
    REFUSALS,
    STANDINGS,
    TAKEN,
    application,
)


def run(process: Process) -> None:
    """Run one listing worker until it is stopped."""
    host(process, job(process))


def job(process: Process) -> Job[Arrivals]:
    """Return what a listing worker does."""
    codec, beginnings = process.codec, Beginnings()
    return Job(
        application=application("listing"),
        name=process.name,
        sources=(EVENTS,),
        tables=TABLES,
        read=beginnings.reading(arrivals.values(codec, accepts=LOGGED)),
        decide=build(process.editions, process.clocks),
        write=beginnings.writing(partial(write, codec)),
        bury=arrivals.burial(codec, process.meters, process.parties.sources),
    )


def write(codec: Codec, output: Output) -> Produced:
    """Return the record for what was decided, by its type; the empty one ends a conflict."""
    match output.value:
        case Standing() as standing:
            topic, key = STANDINGS, str(standing.subject_id)
        case Refusal() as refusal:
            topic, key = REFUSALS, refusal.source
        case Duplicate() as repeat:
            topic, key = DUPLICATES, repeat.source
        case Taken() as silent:
            topic, key = TAKEN, silent.source
        case DeadlineMissed() as late:
            topic, key = BREACHES, str(late.subject_id)
        case AliasClaims() as claims:
            topic, key = ALIASES, claims.root
        case SubjectIdentityConflict() | Settled() as about:
            topic, key = ALIASES, conflict_key(about.root)
        case other:
            raise AssertionError(f"listing does not write {type(other).__name__}")
    return Produced(
        topic=topic,
        key=key.encode(),
        value=None if isinstance(output.value, Settled) else codec.encode(output.value),
        headers=((ORIGIN, output.origin.encode()),) if output.origin else (),
    )
