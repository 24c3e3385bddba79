"""Publish credit events as a source: idempotent, with receipts, from the published schemas alone.

A source needs its id, its password, the broker's and the registry's address; nothing is registered
from here. A receipt is given only after the broker has acknowledged the record.

What is written is what this SDK was made for: the version and the content of each schema are pinned
(``pins.json``), and never whatever a registry calls its latest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, Self

import httpx2
import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError

from creditbus.domain.acts.kinds import STATEMENTS
from creditbus.domain.effects.directives import Acknowledgement, Statement
from creditbus.engine.failures import Reaction, rule_for
from creditbus.wire.headers import event_headers
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.schemas import Schema, Schemas, meaning_hash, published
from creditbus.wire.topics import INBOX_MAX_BYTES, inbox

STATED: Final = (*map(RECORD_OF.__getitem__, STATEMENTS), RECORD_OF[Acknowledgement])
"""All that a party may state."""

_FLUSH_BOUND_S: Final = 30.0
_POLL_S: Final = 0.1
_NAME_BOUND_S: Final = 5.0
"""For how long a name that nobody knows is asked for: a name server may be away for a moment."""
_REGISTRY_BOUND_S: Final = 5.0
_NOT_FOUND: Final = 404


class Pin(msgspec.Struct, frozen=True):
    """Which version of a schema this SDK writes, and the hash of its content."""

    version: int
    sha256: str


class Receipt(msgspec.Struct, frozen=True):
    """Where the broker keeps the record: the inbox, its partition and the offset."""

    event_id: str
    inbox: str
    partition: int
    offset: int


class PublisherTls(msgspec.Struct, frozen=True, kw_only=True):
    """PEM files: whose servers are believed, by default as the system does, and what is shown.

    ``certificate`` holds its key as well. ``mechanism`` is how the source logs in there: a bus on
    Kubernetes asks for SCRAM-SHA-512.
    """

    ca: Path | None = None
    certificate: Path | None = None
    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-256"


class NotPublished(Exception):
    """The broker did not take a record; the message says why and what to do."""


class Publisher:
    """One source's (or executing body's) way in.

    Use it as a context, its end waits for receipts. Without ``tls`` the broker is spoken to in the
    clear.
    """

    def __init__(
        self,
        source: str,
        *,
        kafka: str,
        registry: str,
        password: str,
        compression: str = "none",
        tls: PublisherTls | None = None,
    ) -> None:
        """Ask the registry for the schemas; raises ``NotPublished`` with what to do."""
        self.source = source
        self._kafka = kafka
        self._refusal: KafkaError | None = None
        self._failures: list[KafkaError] = []
        self._heard: KafkaError | None = None
        files = _files(tls or PublisherTls())
        self._codec = _codec(registry, tuple(files.items()))
        self._producer = Producer(
            {
                **(files if tls is not None else {}),
                "bootstrap.servers": kafka,
                "security.protocol": "SASL_PLAINTEXT" if tls is None else "SASL_SSL",
                "sasl.mechanism": (tls or PublisherTls()).mechanism,
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
                # The longest that a broker that is back is not noticed.
                "reconnect.backoff.max.ms": 1000,
                # The library's own partitioner disagrees with everybody else's about a key.
                "partitioner": "murmur2_random",
                "error_cb": self._hear,
                "log_level": 2,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        # Whoever leaves with a fault knows already that something has no receipt.
        if kind is None:
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

        Raises ``NotPublished`` when it does not take it: at once for what will not change by
        waiting, such as a wrong password.
        """
        began = time.monotonic()
        while left := self._producer.flush(_POLL_S):
            self._check()
            waited = time.monotonic() - began
            is_unknown = self._heard is not None and self._heard.code() == KafkaError._RESOLVE
            if waited > (_NAME_BOUND_S if is_unknown else _FLUSH_BOUND_S):
                raise NotPublished(self._unanswered(left, waited))
        self._check()

    def _unanswered(self, left: int, waited: float) -> str:
        heard = f"; the last that was heard: {self._heard.str()}" if self._heard else ""
        return (
            f"{left} records of {self.source} have no receipt after {waited:.0f} s: is the broker"
            f" up, and is {self._kafka} its address? Sending them again is safe{heard}"
        )

    def _delivered(
        self, on_receipt: Callable[[Message], object] | None
    ) -> Callable[[KafkaError | None, Message], None]:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._failures.append(error)
                return
            self._heard = None
            if on_receipt is not None:
                on_receipt(message)

        return delivered

    def _hear(self, error: KafkaError) -> None:
        # The library retries a wrong password for ever; nobody else would say it.
        if rule_for(error).kind is Reaction.FATAL:
            self._refusal = self._refusal or error
        elif self._heard is None or error.code() != KafkaError._ALL_BROKERS_DOWN:
            # That none is left says less than what became of the last.
            self._heard = error

    def _check(self) -> None:
        """Raise why nothing is taken at all; or, once, why one record was not."""
        if self._refusal is not None:
            # They would wait for their time to be over, and whoever leaves with them.
            self._producer.purge()
            raise NotPublished(_advice(self.source, self._refusal))
        if self._failures:
            raise NotPublished(_advice(self.source, self._failures.pop(0)))


def _files(tls: PublisherTls) -> dict[str, str]:
    """Return the files as the broker's and the registry's clients both name them."""
    found = {
        "ssl.ca.location": tls.ca,
        "ssl.certificate.location": tls.certificate,
        "ssl.key.location": tls.certificate,
    }
    for name, file in found.items():
        if file is not None and not file.is_file():
            raise NotPublished(f"{file} ({name}) is no file: give the path of a PEM file")
    return {name: str(file) for name, file in found.items() if file is not None}


@lru_cache(maxsize=8)
def _codec(url: str, tls: tuple[tuple[str, str], ...]) -> Codec:
    """Return the codec of a registry; many publishers of one process ask it once.

    Raises ``NotPublished`` when the registry is away or is none.
    """
    settings = {**dict(tls), "url": url, "timeout": _REGISTRY_BOUND_S, "max.retries": 1}
    try:
        return _asked(settings)
    except SchemaRegistryError as refused:
        if refused.http_status_code == _NOT_FOUND:
            raise NotPublished(
                f"the registry at {url} does not hold the bus's schemas ({refused.error_message}):"
                " is the address complete, such as http://host:port/apis/ccompat/v7? If it is, ask"
                " the bus's operator to publish them"
            ) from refused
        raise NotPublished(
            f"the registry at {url} refuses to answer: {refused}; ask the bus's operator"
        ) from refused
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as away:
        raise NotPublished(
            f"the registry at {url} does not answer: {away}. Check the address, and whether it is"
            " up; nothing was sent"
        ) from away


def _asked(settings: dict[str, object]) -> Codec:
    schemas: dict[tuple[str, int], Schema] = {}
    ids: dict[tuple[str, int], int] = {}
    with SchemaRegistryClient(settings) as client:
        for record, pin in _pins().items():
            key = record, pin.version
            text, ids[key] = _pinned(client, record, pin)
            schemas[key] = published(*key, text)
    # A publisher only writes, so no id of another's ever has to be resolved.
    return Codec(Schemas(schemas), ids, lambda _: None)


@cache
def _pins() -> dict[str, Pin]:
    text = files("creditbus.sdk").joinpath("pins.json").read_bytes()
    pins = msgspec.json.decode(text, type=dict[str, Pin])
    assert set(pins) == set(STATED), "every statement is pinned, and nothing else"
    return pins


def _pinned(client: SchemaRegistryClient, record: str, pin: Pin) -> tuple[str, int]:
    """Return the pinned schema and its id in this registry; raises ``NotPublished``."""
    found = client.get_version(record, pin.version)
    text = found.schema.schema_str or "{}"
    if found.schema_id is None or meaning_hash(text) != pin.sha256:
        raise NotPublished(
            f"{record} {pin.version} in the registry is not the bus's schema: is it the bus's "
            "registry? Nothing was sent."
        )
    return text, found.schema_id


def _receipt(event_id: str, message: Message) -> Receipt:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return Receipt(event_id, topic, partition, offset)


def _advice(source: str, error: KafkaError) -> str:
    what = {
        KafkaError._AUTHENTICATION: "the broker refuses the password: ask for a new one",
        KafkaError.SASL_AUTHENTICATION_FAILED: "the broker refuses the password: ask for a new one",
        KafkaError.TOPIC_AUTHORIZATION_FAILED: "this principal may not write the inbox",
        KafkaError.MSG_SIZE_TOO_LARGE: "the record is over 256 KiB: keep documents elsewhere",
        KafkaError._MSG_TIMED_OUT: "the broker did not answer in time: sending again is safe",
        KafkaError._SSL: "its certificate is not believed: name its authority with tls=",
    }.get(error.code(), "see the broker's own words")
    return f"{source}: {what} ({error.name()}: {error.str()})"
