"""Notes: what sending has learnt, written as records and read by the worker like any other.

Produced in batches and awaited by nobody; whoever noted something hears only when the broker did
not take it, and then the directive is still due.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from confluent_kafka import KafkaError, KafkaException, Message

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.values import Produced
from creditbus.wire.topics import INBOX_BATCH_BYTES

DELIVERY_BOUND_S: Final = 10.0
_LINGER_MS: Final = 2
_POLL_S: Final = 0.1


class Notes:
    """An idempotent producer on a thread of its own; ``failed`` is called in the event loop."""

    def __init__(
        self,
        connection: Connection,
        logger: structlog.stdlib.BoundLogger,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._loop = loop
        self._logger = logger
        self.alarm = Alarm()
        self._closing = threading.Event()
        self._producer = connection.idempotent(
            self.alarm, DELIVERY_BOUND_S, batch_bytes=INBOX_BATCH_BYTES, linger_ms=_LINGER_MS
        )
        threading.Thread(target=self._poll, name="notes", daemon=True).start()

    @property
    def waiting(self) -> int:
        """How many records the broker does not have yet."""
        return len(self._producer)

    def write(self, records: Sequence[Produced], failed: Callable[[str], None]) -> None:
        """Write the records; ``failed`` hears why one of them was not taken."""
        for record in records:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    headers=list(record.headers),
                    on_delivery=lambda error, message: self._reported(failed, error, message),
                )
            except (BufferError, KafkaException) as fault:
                self._loop.call_soon(failed, str(fault))

    def close(self, bound_s: float) -> None:
        """Wait, for so long, until the broker has what is under way; then end the thread."""
        self._producer.flush(bound_s)
        self._closing.set()

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(_POLL_S)

    def _reported(
        self, failed: Callable[[str], None], error: KafkaError | None, message: Message
    ) -> None:
        if error is None:
            self.alarm.answered()
            return
        self._logger.warning("a note was not taken", topic=message.topic(), why=error.name())
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(failed, error.name())
