"""Connect exposure: standings in; exposures out, and empty values where one is withdrawn."""

from __future__ import annotations

from functools import partial

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.entries.standings import Standing
from creditbus.engine.job import Job
from creditbus.engine.values import Output, Produced
from creditbus.exposure.decide import TABLES, Arrivals, Withdrawal, build
from creditbus.runtime.kafka import arrivals
from creditbus.runtime.process import Process
from creditbus.runtime.workers.hosts import host
from creditbus.wire.headers import ORIGIN
from creditbus.wire.records import Codec
from creditbus.wire.topics import EXPOSURES, STANDINGS, application


def run(process: Process) -> None:
    """Run one exposure worker until it is stopped."""
    host(process, job(process))


def job(process: Process) -> Job[Arrivals]:
    """Return what an exposure worker does."""
    codec = process.codec
    return Job(
        application=application("exposure"),
        name=process.name,
        sources=(STANDINGS,),
        tables=TABLES,
        read=arrivals.values(codec, accepts=(Standing,)),
        decide=build(process.editions),
        write=partial(write, codec),
    )


def write(codec: Codec, output: Output) -> Produced:
    """Return the record for an exposure, or the empty one that withdraws it."""
    assert isinstance(output.value, Exposure | Withdrawal)
    return Produced(
        topic=EXPOSURES,
        key=output.value.entry_id.encode(),
        value=codec.encode(output.value) if isinstance(output.value, Exposure) else None,
        headers=((ORIGIN, output.origin.encode()),) if output.origin else (),
    )
