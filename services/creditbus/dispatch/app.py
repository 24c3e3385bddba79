"""Connect dispatch: standings and acknowledgements in; directives out, a topic for each body."""

from __future__ import annotations

from functools import partial

from creditbus.dispatch.decide import TABLES, Arrivals, build
from creditbus.domain.effects.directives import Acknowledgement, Directive
from creditbus.domain.entries.standings import Standing
from creditbus.engine.job import Job
from creditbus.engine.values import Output, Produced
from creditbus.runtime.kafka import arrivals
from creditbus.runtime.process import Process
from creditbus.runtime.workers.hosts import host
from creditbus.wire.headers import ORIGIN
from creditbus.wire.records import Codec
from creditbus.wire.topics import ACKNOWLEDGEMENTS, STANDINGS, application, directives


def run(process: Process) -> None:
    """Run one dispatch worker until it is stopped."""
    host(process, job(process))


def job(process: Process) -> Job[Arrivals]:
    """Return what a dispatch worker does: two topics over one ledger, partition by partition."""
    codec = process.codec
    return Job(
        application=application("dispatch"),
        name=process.name,
        sources=(STANDINGS, ACKNOWLEDGEMENTS),
        tables=TABLES,
        read=arrivals.values(codec, accepts=(Standing, Acknowledgement)),
        decide=build(process.editions),
        write=partial(write, codec),
    )


def write(codec: Codec, output: Output) -> Produced:
    """Return the record for a directive, on its body's topic under its obligation."""
    assert isinstance(output.value, Directive)
    directive = output.value
    return Produced(
        topic=directives(directive.body),
        key=directive.obligation_id.encode(),
        value=codec.encode(directive),
        headers=((ORIGIN, output.origin.encode()),) if output.origin else (),
    )
