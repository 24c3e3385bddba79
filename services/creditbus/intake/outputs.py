"""The records that intake writes: admitted arrivals, refusals, and what was renamed."""

from __future__ import annotations

from creditbus.domain.acts.mappings import SubjectAliasMapped
from creditbus.domain.acts.refusals import Refusal
from creditbus.engine.values import Arrival, Output, Produced
from creditbus.intake.decide import Renamed
from creditbus.wire.headers import ALIAS, ORIGIN, event_headers
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.topics import ACKNOWLEDGEMENTS, EVENTS, REFUSALS

_TOPICS = {"events": EVENTS, "acknowledgements": ACKNOWLEDGEMENTS}


def write(codec: Codec, output: Output) -> Produced:
    """Return the record for an admitted arrival, its bytes unchanged, or for a refusal.

    Of a record that named its subject by an old code the bytes are new: they name the subject.
    """
    origin = (ORIGIN, output.origin.encode())
    if isinstance(output.value, Refusal):
        refusal = output.value
        return Produced(
            topic=REFUSALS,
            key=refusal.source.encode(),
            value=codec.encode(refusal),
            headers=(origin,),
        )
    if isinstance(output.value, Renamed):
        return _renamed(codec, output.value, origin)
    assert isinstance(output.value, Arrival)
    arrival = output.value
    event = arrival.value
    envelope = event.envelope
    key = event.named.root if isinstance(event, SubjectAliasMapped) else envelope.subject_id
    return Produced(
        topic=_TOPICS[output.stream],
        key=key.encode(),
        value=arrival.raw,
        headers=(*event_headers(RECORD_OF[type(event)], envelope), origin),
    )


def _renamed(codec: Codec, renamed: Renamed, origin: tuple[str, bytes]) -> Produced:
    event = renamed.event
    used = (ALIAS, f"{renamed.alias}@{renamed.position}".encode())
    return Produced(
        topic=EVENTS,
        key=event.envelope.subject_id.encode(),
        value=codec.encode(event),
        headers=(*event_headers(RECORD_OF[type(event)], event.envelope), origin, used),
    )
