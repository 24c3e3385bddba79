"""When a source last said something: what a person puts in once more is no word of its own."""

from __future__ import annotations

from typing import Final

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message

from creditbus.domain.acts.events import EntryListed
from creditbus.intake.app import watched
from creditbus.runtime.kafka.arrivals import values
from creditbus.runtime.kafka.beginnings import Beginnings
from creditbus.runtime.metrics import Meters
from creditbus.wire.topics import inbox
from tests.examples import a_codec, a_listing

READ: Final = values(a_codec(), accepts=(EntryListed,))
GOOD: Final = a_codec().encode(a_listing())


def message(offset: int, at_s: int, value: bytes = GOOD, *, sent: int | None = None) -> Message:
    topic = inbox("court")
    return Message(
        topic=topic,
        partition=0,
        offset=offset,
        value=value,
        headers=[] if sent is None else [("redriven", f"{topic}/0/{sent}".encode())],
        timestamp=(TIMESTAMP_LOG_APPEND_TIME, at_s * 1000),
    )


def test_a_redriven_record_ends_no_silence_of_its_source() -> None:
    meters = Meters()
    read = watched(Beginnings(), READ, meters, frozenset({"court"}))

    def told(name: str) -> float | None:
        return meters.registry.get_sample_value(f"creditbus_source_{name}", {"source": "court"})

    read([message(0, 100), message(1, 160, b"no record")])
    arrivals, unreadable = read([message(2, 900, sent=1), message(3, 950, b"no record", sent=1)])
    assert (len(arrivals), len(unreadable)) == (1, 1)
    assert told("last_record_timestamp_seconds") == 160
    read([message(4, 1000, sent=1), message(5, 1010)])
    assert told("last_record_timestamp_seconds") == 1010
    assert told("usual_gap_seconds") == 850
