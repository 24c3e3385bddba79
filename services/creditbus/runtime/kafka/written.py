"""Written: a record that is to be written, whether in a transaction or without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, Message, Producer

ANY_PARTITION: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One record that is to be written, into the partition of its key unless one is named."""

    topic: str
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    key: bytes | None = None
    partition: int = ANY_PARTITION


def put(
    producer: Producer,
    record: Written,
    on_delivery: Callable[[KafkaError | None, Message], None] | None = None,
) -> None:
    """Hand a record over to a producer, which tells what became of it if that is asked for."""
    producer.produce(
        record.topic,
        value=record.value,
        key=record.key,
        partition=record.partition,
        headers=list(record.headers),
        on_delivery=on_delivery,
    )
