"""What the SDK's tests start a source with: a broker and a registry on paper, a full disk."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from confluent_kafka import KafkaError, Message

from creditbus.sdk.links import PublisherTls, Reported
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.pins import STATED, Framed
from creditbus.sdk.receipts import NotPublished, Outgoing, advice
from creditbus.wire.schemas import load_schemas

NOBODY: Final = "127.0.0.1:1"
_SCHEMAS: Final = Path(__file__).parents[3] / "schemas" / "avro"


def framed() -> dict[str, Framed]:
    """Return what a registry answers that holds the bus's schemas."""
    newest = load_schemas(_SCHEMAS).newest
    return {record: Framed(newest[record].text, number) for number, record in enumerate(STATED, 1)}


def a_used_outbox(path: Path, registry: str) -> Outbox:
    """Return the outbox of a source that has asked a registry before."""
    outbox = Outbox(path, "tender")
    outbox.keep_framed(registry, framed())
    return outbox


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file of this process grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class PaperMessage:
    """What a broker says of a record that it has."""

    def __init__(self, key: bytes, offset: int) -> None:
        self._key, self._offset = key, offset

    def key(self) -> bytes:
        return self._key

    def topic(self) -> str:
        return "credit.inbox.tender.v1"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset


class PaperLink:
    """Keeps what it is given, and answers for it when it is polled and not held.

    ``pace`` is for how many a poll answers. It is made as the link is whose place it takes.
    """

    def __init__(
        self,
        source: str = "tender",
        kafka: str = NOBODY,
        _password: str = "",
        _tls: PublisherTls | None = None,
        _patience_ms: int = 0,
    ) -> None:
        self.source, self.kafka = source, kafka
        self.heard: KafkaError | None = None
        self.taken = 0
        self.sent: list[str] = []
        self.is_held = False
        self.pace: int | None = None
        self.errors: dict[str, KafkaError] = {}
        self.refusal: KafkaError | None = None
        self._waiting: list[tuple[Outgoing, Reported]] = []
        self._answered = 0

    @property
    def is_refused(self) -> bool:
        return self.refusal is not None

    def takes(self, outgoing: Outgoing, reported: Reported) -> bool:
        self.sent.append(outgoing.event_id)
        self._waiting.append((outgoing, reported))
        return True

    def poll(self, wait_s: float) -> int:
        if self.is_held or not self._waiting:
            time.sleep(wait_s)
            return 0
        if self.pace is not None:
            time.sleep(max(wait_s, 0.05))
        pace = self.pace or len(self._waiting)
        answered, self._waiting = self._waiting[:pace], self._waiting[pace:]
        for record, reported in answered:
            self._answered += 1
            message = cast(Message, PaperMessage(record.key, self._answered))
            reported(self.errors.get(record.event_id), message)
        return len(answered)

    def flush(self, wait_s: float) -> int:
        self.poll(wait_s)
        return len(self._waiting)

    def left(self) -> int:
        return len(self._waiting)

    def took(self) -> None:
        self.taken += 1

    def refuse(self, error: KafkaError) -> None:
        self.refusal = self.refusal or error

    def check(self) -> None:
        if self.refusal is not None:
            raise NotPublished(advice(self.source, self.refusal))
