"""The link: a source's connection to the broker, and what is heard on it.

The library retries a wrong password for ever and tells nobody; here it is refused once, for all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from creditbus.engine.failures import Reaction, rule_for
from creditbus.sdk.receipts import NotPublished, Outgoing, advice
from creditbus.wire.addresses import ADVICE, are_brokers
from creditbus.wire.topics import INBOX_BATCH_BYTES, inbox

QUEUE_KB: Final = 64 * 1024
"""How many KiB of records the client holds that the broker has not taken."""
QUEUE_RECORDS: Final = 100_000
SILENCE_S: Final = 30.0
"""For how long the broker may take nothing before whoever waits for it is told."""
_NAME_S: Final = 5.0
"""The same where nobody knows its name: a name server may be away for a moment."""

Reported = Callable[[KafkaError | None, Message], None]


class PublisherTls(msgspec.Struct, frozen=True, kw_only=True):
    """PEM files: whose servers are believed, by default as the system does, and what is shown.

    ``certificate`` holds its key as well. ``mechanism`` is how the source logs in there: a bus on
    Kubernetes asks for SCRAM-SHA-512.
    """

    ca: Path | None = None
    certificate: Path | None = None
    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-256"

    def files(self) -> dict[str, str]:
        """Return the files as the broker's and the registry's clients both name them."""
        found = {
            "ssl.ca.location": self.ca,
            "ssl.certificate.location": self.certificate,
            "ssl.key.location": self.certificate,
        }
        for name, file in found.items():
            if file is not None and not file.is_file():
                raise NotPublished(f"{file} ({name}) is no file: give the path of a PEM file")
        return {name: str(file) for name, file in found.items() if file is not None}


class BrokerLink:
    """One source's producer: idempotent, each record acknowledged by all replicas.

    ``patience_ms`` is for how long a record waits for a broker that does not answer; 0: for ever,
    and no record ever overtakes another.
    """

    def __init__(
        self, source: str, kafka: str, password: str, tls: PublisherTls | None, patience_ms: int
    ) -> None:
        self.source, self.kafka = source, kafka
        if not are_brokers(kafka or ""):
            raise NotPublished(f"{kafka!r} is no broker's address: {ADVICE}")
        if not password:
            raise NotPublished(f"{source} has no password: give the one that the operator gave you")
        self.heard: KafkaError | None = None
        self.taken = 0
        """How many records the broker has taken."""
        self._refusal: KafkaError | None = None
        self._inbox = inbox(source)
        settings = {
            **(tls.files() if tls is not None else {}),
            "bootstrap.servers": kafka,
            "security.protocol": "SASL_PLAINTEXT" if tls is None else "SASL_SSL",
            "sasl.mechanism": (tls or PublisherTls()).mechanism,
            "sasl.username": source,
            "sasl.password": password,
            "client.id": source,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 2,
            "batch.size": INBOX_BATCH_BYTES,
            "queue.buffering.max.kbytes": QUEUE_KB,
            "queue.buffering.max.messages": QUEUE_RECORDS,
            "message.timeout.ms": patience_ms,
            # The longest that a broker that is back is not noticed.
            "reconnect.backoff.max.ms": 1000,
            # The library's own partitioner disagrees with everybody else's about a key.
            "partitioner": "murmur2_random",
            "error_cb": self._hear,
            "log_level": 2,
        }
        try:
            self._producer = Producer(settings)
        except (KafkaException, TypeError, ValueError) as fault:
            raise NotPublished(
                f"{source} cannot even try to log in with what it was given: {fault}"
            ) from fault
        self.poll = self._producer.poll
        self.flush = self._producer.flush
        self._produce = self._producer.produce

    def left(self) -> int:
        """Return how many records the client holds that nobody has answered for."""
        return len(self._producer)

    def took(self) -> None:
        """Hear that the broker has taken one more record, so whatever was heard is over."""
        self.taken += 1
        self.heard = None

    def takes(self, outgoing: Outgoing, reported: Reported) -> bool:
        """Hand a record to the client; False while it has no room. Raises ``NotPublished``."""
        try:
            self._produce(
                self._inbox,
                outgoing.value,
                outgoing.key,
                headers=list[tuple[str, str | bytes | None]](outgoing.headers),
                on_delivery=reported,
            )
        except BufferError:
            return False
        except KafkaException as failure:
            self.refuse(failure.args[0])
            raise NotPublished(advice(self.source, failure.args[0])) from failure
        return True

    def refuse(self, error: KafkaError) -> None:
        """Take an error for one that the next record would have as well."""
        self._refusal = self._refusal or error

    def check(self) -> None:
        """Raise ``NotPublished`` if nothing is taken at all, and say why."""
        if self._refusal is not None:
            # They would wait for their time to be over, and whoever leaves with them.
            self._producer.purge()
            raise NotPublished(advice(self.source, self._refusal))

    @property
    def is_refused(self) -> bool:
        """Whether nothing is taken at all."""
        return self._refusal is not None

    def _hear(self, error: KafkaError) -> None:
        if rule_for(error).kind is Reaction.FATAL:
            self.refuse(error)
        elif self.heard is None or error.code() != KafkaError._ALL_BROKERS_DOWN:
            # That none is left says less than what became of the last.
            self.heard = error


class Silence:
    """For how long the broker has taken nothing, while somebody waits."""

    def __init__(self, link: BrokerLink) -> None:
        self.link = link
        self._taken, self._since = link.taken, time.monotonic()

    def is_over_long(self) -> bool:
        """Whether waiting on is in vain: as long as records go out, it is not."""
        if self.link.taken != self._taken:
            self._taken, self._since = self.link.taken, time.monotonic()
        heard = self.link.heard
        is_unknown = heard is not None and heard.code() == KafkaError._RESOLVE
        return self.seconds() > (_NAME_S if is_unknown else SILENCE_S)

    def seconds(self) -> float:
        """Return for how long it has lasted."""
        return time.monotonic() - self._since
