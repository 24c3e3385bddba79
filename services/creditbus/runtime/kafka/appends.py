"""Appends: one record behind the others of its partition, by a producer without transactions.

A transaction leaves a marker, which takes an offset of the partition for ever. An inbox has none:
each of its offsets is a record of its source, and the signed statements count them.
"""

from __future__ import annotations

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.values import Position
from creditbus.runtime.kafka.arrivals import position_of
from creditbus.runtime.kafka.clients import ANSWER_BOUND_S, KAFKA, reached
from creditbus.runtime.kafka.written import Written, put
from creditbus.runtime.outages import OutcomeUnknown
from creditbus.runtime.process import Process
from creditbus.wire.topics import INBOX_BATCH_BYTES

_SPARE_S: Final = 5.0
_NOBODY_KNOWS: Final = frozenset({KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT})


def append(process: Process, record: Written) -> Position:
    """Put a record behind the others and return where the broker keeps it.

    Raises ``Unavailable`` and the library's own exception: then it is not there; and
    ``OutcomeUnknown``.
    """
    connection = Connection(process.settings.kafka, process.security)
    producer = connection.idempotent(
        Alarm(), ANSWER_BOUND_S, batch_bytes=INBOX_BATCH_BYTES, linger_ms=0
    )
    reports: list[tuple[KafkaError | None, Message]] = []

    def report(error: KafkaError | None, message: Message) -> None:
        reports.append((error, message))

    with reached():
        put(producer, record, on_delivery=report)
        producer.flush(ANSWER_BOUND_S + _SPARE_S)
        return _place(record, reports)


def _place(record: Written, reports: list[tuple[KafkaError | None, Any]]) -> Position:
    if not reports:
        raise OutcomeUnknown(KAFKA, f"no acknowledgement; look in {record.topic}")
    (error, message), *_ = reports
    if error is not None and error.code() in _NOBODY_KNOWS:
        raise OutcomeUnknown(KAFKA, f"{error.str()}; look in {record.topic}")
    if error is not None:
        raise KafkaException(error)
    return position_of(message)
