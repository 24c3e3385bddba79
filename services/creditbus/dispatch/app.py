"""Connect dispatch: standings in; directives out, each beside its kind and in its body's topic."""

from __future__ import annotations

from functools import partial

from creditbus.dispatch.decide import BODIES, LIFTS, TABLES, Arrivals, build
from creditbus.domain.effects.directives import Directive
from creditbus.domain.entries.standings import Standing
from creditbus.engine.job import Job
from creditbus.engine.values import Output, Produced
from creditbus.runtime.kafka import arrivals
from creditbus.runtime.kafka.beginnings import Beginnings
from creditbus.runtime.process import Process
from creditbus.runtime.workers.hosts import host
from creditbus.wire import topics
from creditbus.wire.headers import ORIGIN
from creditbus.wire.records import Codec


def run(process: Process) -> None:
    """Run one dispatch worker until it is stopped."""
    host(process, job(process))


def job(process: Process) -> Job[Arrivals]:
    """Return what a dispatch worker does: standings over one ledger, partition by partition."""
    codec, beginnings = process.codec, Beginnings()
    return Job(
        application=topics.application("dispatch"),
        name=process.name,
        sources=(topics.STANDINGS,),
        tables=TABLES,
        read=beginnings.reading(arrivals.values(codec, accepts=(Standing,))),
        decide=build(process.editions),
        write=beginnings.writing(partial(write, codec)),
    )


def write(codec: Codec, output: Output) -> Produced:
    """Return the record for a directive: in its body's topic under its obligation.

    Everywhere else it lies under its subject, so that it meets the answers to it.
    """
    assert isinstance(output.value, Directive)
    directive = output.value
    topic, key = topics.DIRECTIVES, str(directive.subject_id)
    if output.stream == LIFTS:
        topic = topics.LIFTS
    elif output.stream == BODIES:
        topic, key = topics.directives(directive.body), str(directive.obligation_id)
    return Produced(
        topic=topic,
        key=key.encode(),
        value=codec.encode(directive),
        headers=((ORIGIN, output.origin.encode()),) if output.origin else (),
    )
