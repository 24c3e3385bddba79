"""Publish credit events as a source: idempotent, with receipts, from the published schemas alone.

A source needs its id, its password, the broker's and the registry's address; nothing is registered
from here. A receipt is given only after the broker has acknowledged the record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, Self

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient

from creditbus.domain.acts.kinds import STATEMENTS
from creditbus.domain.effects.directives import Acknowledgement, Statement
from creditbus.engine.failures import Reaction, rule_for
from creditbus.wire.headers import event_headers
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.schemas import Schema, Schemas, published
from creditbus.wire.topics import INBOX_MAX_BYTES, inbox

_RECORDS: Final = (*map(RECORD_OF.__getitem__, STATEMENTS), RECORD_OF[Acknowledgement])
"""All that a party may state."""

_FLUSH_BOUND_S: Final = 30.0


class Receipt(msgspec.Struct, frozen=True):
    """Where the broker keeps the record: the inbox, its partition and the offset."""

    event_id: str
    inbox: str
    partition: int
    offset: int


class NotPublished(Exception):
    """The broker did not take a record; the message says why and what to do."""


class Publisher:
    """One source's (or executing body's) way in.

    Use it as a context, its end waits for receipts.
    """

    def __init__(
        self,
        source: str,
        *,
        kafka: str,
        registry: str,
        password: str,
        protocol: str = "SASL_PLAINTEXT",
        compression: str = "none",
    ) -> None:
        self.source = source
        self._failure: KafkaError | None = None
        self._codec = _codec(registry)
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "security.protocol": protocol,
                "sasl.mechanism": "SCRAM-SHA-256",
                "sasl.username": source,
                "sasl.password": password,
                "client.id": source,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 2,
                # The broker holds a batch to the inbox's limit as if it were one record.
                "batch.size": INBOX_MAX_BYTES // 2,
                "compression.type": compression,
                "message.timeout.ms": 60_000,
                # The library's own partitioner disagrees with everybody else's about a key.
                "partitioner": "murmur2_random",
                "error_cb": self._hear,
                "log_level": 2,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.flush()

    def publish(self, event: Statement) -> Receipt:
        """Send one event and return its receipt; raises ``NotPublished``."""
        receipts: list[Receipt] = []
        self.send(event, receipts.append)
        self.flush()
        return receipts[0]

    def send(self, event: Statement, on_receipt: Callable[[Receipt], None] | None = None) -> None:
        """Send one event without waiting.

        Failures are raised by a later ``send`` or by ``flush``.
        """
        record = RECORD_OF[type(event)]
        envelope = event.envelope
        self.send_bytes(
            envelope.record_id.encode(),
            self._codec.encode(event),
            headers=event_headers(record, envelope),
            on_receipt=lambda message: (
                on_receipt and on_receipt(_receipt(envelope.event_id, message))
            ),
        )

    def send_bytes(
        self,
        key: bytes,
        value: bytes | None,
        *,
        headers: Sequence[tuple[str, bytes]] = (),
        on_receipt: Callable[[Message], object] | None = None,
    ) -> None:
        """Send a record as it is, for sources that encode by themselves."""
        self._check()
        while True:
            try:
                self._producer.produce(
                    inbox(self.source),
                    key=key,
                    value=value,
                    headers=list[tuple[str, str | bytes | None]](headers),
                    on_delivery=self._delivered(on_receipt),
                )
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as failure:
                raise NotPublished(_advice(self.source, failure.args[0])) from failure
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Wait until the broker has everything.

        Raises ``NotPublished`` when it does not take it.
        """
        left = self._producer.flush(_FLUSH_BOUND_S)
        self._check()
        if left:
            raise NotPublished(
                f"{left} records of {self.source} have no receipt after {_FLUSH_BOUND_S:.0f} s: "
                "is the broker up? Sending them again is safe."
            )

    def _delivered(
        self, on_receipt: Callable[[Message], object] | None
    ) -> Callable[[KafkaError | None, Message], None]:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._failure = self._failure or error
            elif on_receipt is not None:
                on_receipt(message)

        return delivered

    def _hear(self, error: KafkaError) -> None:
        # The library retries a wrong password for ever; nobody else would say it.
        if rule_for(error).kind is Reaction.FATAL:
            self._failure = self._failure or error

    def _check(self) -> None:
        if self._failure is not None:
            raise NotPublished(_advice(self.source, self._failure))


@lru_cache(maxsize=8)
def _codec(url: str) -> Codec:
    """Return the codec of a registry; many publishers of one process ask it once."""
    schemas: dict[tuple[str, int], Schema] = {}
    ids: dict[tuple[str, int], int] = {}
    with SchemaRegistryClient({"url": url}) as client:
        for record in _RECORDS:
            registered = client.get_latest_version(record)
            assert registered.schema is not None
            assert registered.version is not None
            assert registered.schema_id is not None
            key = record, registered.version
            schemas[key] = published(*key, registered.schema.schema_str or "")
            ids[key] = registered.schema_id
    # A publisher only writes, so no id of another's ever has to be resolved.
    return Codec(Schemas(schemas), ids, lambda _: None)


def _receipt(event_id: str, message: Message) -> Receipt:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return Receipt(event_id, topic, partition, offset)


def _advice(source: str, error: KafkaError) -> str:
    what = {
        KafkaError._AUTHENTICATION: "the broker refuses the password: ask for a new one",
        KafkaError.TOPIC_AUTHORIZATION_FAILED: "this principal may not write the inbox",
        KafkaError.MSG_SIZE_TOO_LARGE: "the record is over 256 KiB: keep documents elsewhere",
        KafkaError._MSG_TIMED_OUT: "the broker did not answer in time: sending again is safe",
    }.get(error.code(), "see the broker's own words")
    return f"{source}: {what} ({error.name()}: {error.str()})"
