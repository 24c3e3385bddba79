"""The job of a delivery worker: four topics that meet by subject, over what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from confluent_kafka import Message

from creditbus.delivery.decide import TABLES, Heard, Heards, decide
from creditbus.delivery.holdings import Holdings
from creditbus.domain.acts.interventions import Intervention
from creditbus.domain.calendar import instant_of
from creditbus.domain.effects.directives import Acknowledgement, Attempt, Directive
from creditbus.domain.effects.obligations import Obligation
from creditbus.engine.job import Job
from creditbus.engine.values import Output, Produced, Unreadable
from creditbus.runtime.kafka import arrivals
from creditbus.runtime.kafka.beginnings import began_at, readables
from creditbus.runtime.process import Process
from creditbus.wire.records import Codec
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    ATTEMPTS,
    DIRECTIVES,
    INTERVENTIONS,
    OBLIGATIONS,
    application,
)

_HEARD = (Directive, Acknowledgement, Attempt, Intervention)


def job(process: Process, holdings: Holdings) -> Job[Heards]:
    """Return what a delivery worker does: four topics over what is owed, by partition."""
    codec = process.codec
    return Job(
        application=application("delivery"),
        name=process.name,
        sources=(DIRECTIVES, ACKNOWLEDGEMENTS, ATTEMPTS, INTERVENTIONS),
        tables=TABLES,
        read=partial(read, arrivals.values(codec, accepts=_HEARD)),
        decide=decide,
        write=partial(write, codec),
        onlooker=holdings,
    )


def read(
    values: arrivals.Read, messages: Sequence[Message]
) -> tuple[list[Heard], list[Unreadable]]:
    """Return what was heard and when it was written, and the records that cannot be read."""
    found, unreadable = values(messages)
    heard = [
        Heard(
            arrival.value,
            instant_of(message.timestamp()[1]),
            began_at(message, arrival.headers, inbox=None),
        )
        for arrival, message in zip(found, readables(messages, unreadable), strict=True)
    ]
    return heard, unreadable


def write(codec: Codec, output: Output) -> Produced:
    """Return the record of an obligation."""
    assert isinstance(output.value, Obligation)
    return Produced(
        topic=OBLIGATIONS,
        key=output.value.obligation_id.encode(),
        value=codec.encode(output.value),
    )
