"""Connect intake: inboxes in; events, acknowledgements, refusals and dead letters out."""

from __future__ import annotations

import hmac
from functools import partial

from creditbus.domain.directives import Acknowledgement
from creditbus.domain.events import EntryListed, EntryRemoved
from creditbus.domain.refusals import Refusal
from creditbus.engine.job import Job
from creditbus.engine.values import Arrival, Output, Produced
from creditbus.intake.decide import Arrivals, build
from creditbus.runtime import reading
from creditbus.runtime.hosting import host
from creditbus.runtime.process import Process
from creditbus.wire.headers import ORIGIN, event_headers
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    EVENTS,
    INBOX_MAX_BYTES,
    REFUSALS,
    application,
    inbox,
    party_of_inbox,
)

_TOPICS = {"events": EVENTS, "acknowledgements": ACKNOWLEDGEMENTS}


def run(process: Process) -> None:
    """Run one intake worker until it is stopped."""
    host(process, job(process))


def job(process: Process) -> Job[Arrivals]:
    """Return what an intake worker does: all inboxes in, no tables."""
    codec, catalogue = process.codec, process.catalogue
    key = process.settings.attestation_key.encode()
    if not key:
        raise ValueError(
            "set CREDITBUS_ATTESTATION_KEY: without it anyone could vouch for a record"
        )
    accepts = (EntryListed, EntryRemoved, Acknowledgement)
    return Job(
        application=application("intake"),
        name=process.name,
        sources=tuple(inbox(party) for party in (*catalogue.sources, *catalogue.bodies)),
        tables=(),
        read=reading.values(codec, accepts=accepts, max_bytes=INBOX_MAX_BYTES),
        decide=build(catalogue, party_of_inbox, lambda raw: hmac.digest(key, raw, "sha256")),
        write=partial(write, codec),
        bury=partial(reading.dead_letter, codec=codec),
    )


def write(codec: Codec, output: Output) -> Produced:
    """Return the record for an admitted arrival, its bytes unchanged, or for a refusal."""
    origin = (ORIGIN, output.origin.encode())
    if isinstance(output.value, Refusal):
        refusal = output.value
        return Produced(
            topic=REFUSALS,
            key=refusal.source.encode(),
            value=codec.encode(refusal),
            headers=(origin,),
        )
    assert isinstance(output.value, Arrival)
    arrival = output.value
    envelope = arrival.value.envelope
    return Produced(
        topic=_TOPICS[output.stream],
        key=envelope.subject_id.encode(),
        value=arrival.raw,
        headers=(*event_headers(RECORD_OF[type(arrival.value)], envelope), origin),
    )
