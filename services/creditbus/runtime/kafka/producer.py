"""Producer for asyncio services: one record, awaited until the broker has acknowledged it.

The client library's own asyncio producer takes no headers, so its callbacks are carried over here:
a delivery report resolves what the caller awaits. Nothing is claimed before that.

While anything is awaited the event loop itself asks for reports, once a millisecond. A thread that
did would need the interpreter's lock for each report, and wait for it up to 5 ms while the loop is
busy: some hundred records a second. The thread only looks after a producer that is idle.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Final, Self

import structlog
from confluent_kafka import KafkaError, KafkaException, Message

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.failures import Halt, rule_for
from creditbus.engine.values import Position
from creditbus.runtime.kafka.arrivals import position_of
from creditbus.runtime.kafka.clients import KAFKA
from creditbus.runtime.kafka.written import ANY_PARTITION
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.wire.topics import INBOX_BATCH_BYTES

DELIVERY_BOUND_S: Final = 5.0
_SPARE_S: Final = 1.0
_LINGER_MS: Final = 1
_LISTEN_S: Final = 0.001
_POLL_S: Final = 0.2
_PROBE_BOUND_S: Final = 1.0
_PROBE_S: Final = 2.0
_IN_VAIN: Final = 2  # probes in a row: one alone may be a busy machine's

Headers = Sequence[tuple[str, bytes]]


class RecordTooLarge(ValueError):
    """The broker takes no record of this size; the sentence says what to do."""


class AwaitedProducer:
    """An idempotent producer; make it inside the event loop that awaits it, and close it there.

    As a context it closes itself.
    """

    @classmethod
    def of(cls, process: Process) -> Self:
        """Return the producer of a process."""
        return cls(Connection(process.settings.kafka, process.security), process.logger)

    def __init__(self, connection: Connection, logger: structlog.stdlib.BoundLogger) -> None:
        self._loop = asyncio.get_running_loop()
        self._logger = logger
        self._alarm = Alarm()
        self._closing = threading.Event()
        self._probed_at = time.monotonic()
        self._in_vain = 0
        self._loops_thread = threading.get_ident()
        self._awaited: dict[asyncio.Future[Position], float] = {}
        self._is_listening = False
        self._producer = connection.idempotent(
            self._alarm, DELIVERY_BOUND_S, batch_bytes=INBOX_BATCH_BYTES, linger_ms=_LINGER_MS
        )
        self._thread = threading.Thread(target=self._poll, name="delivery-reports", daemon=True)
        self._thread.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.close()

    async def send(
        self,
        topic: str,
        *,
        key: bytes,
        value: bytes,
        headers: Headers = (),
        partition: int | None = None,
    ) -> Position:
        """Return where the broker keeps the record; raises what ``put`` does, and its future."""
        return await self.put(topic, key=key, value=value, headers=headers, partition=partition)

    def put(
        self,
        topic: str,
        *,
        key: bytes,
        value: bytes,
        headers: Headers = (),
        partition: int | None = None,
    ) -> asyncio.Future[Position]:
        """Hand over a record; return what will tell where the broker keeps it.

        That raises ``Unavailable`` when the broker did not say within the bound that it does; the
        record may be there all the same, so the caller sends it again under the same identity. It
        raises ``RecordTooLarge`` and, when the broker refuses the login, ``Halt``; the call itself
        does so for what is known at once.
        """
        self._alarm.check()
        delivered: asyncio.Future[Position] = self._loop.create_future()
        try:
            self._producer.produce(
                topic,
                value,
                key,
                headers=list(headers),
                on_delivery=partial(self._report, delivered),
                partition=ANY_PARTITION if partition is None else partition,
            )
        except BufferError as error:
            raise Unavailable(KAFKA, "more records wait for it than fit into memory") from error
        except KafkaException as failure:
            raise _failure(topic, failure.args[0]) from failure
        self._awaited[delivered] = self._loop.time() + DELIVERY_BOUND_S + _SPARE_S
        if not self._is_listening:
            self._is_listening = True
            self._loop.call_later(_LISTEN_S, self._listen)
        return delivered

    def check(self) -> None:
        """Raise ``Halt`` when the broker refuses the login, ``Unavailable`` while it is away."""
        self._alarm.check()
        if self._alarm.waiting is not None:
            raise Unavailable(KAFKA, self._alarm.waiting)

    async def close(self) -> None:
        """Wait a moment for what is under way, then end the thread."""
        await asyncio.to_thread(self._producer.flush, _SPARE_S)
        self._closing.set()
        await asyncio.to_thread(self._thread.join, _SPARE_S)

    def _listen(self) -> None:
        """Hear what became of the records, and let nobody wait for ever."""
        self._producer.poll(0)
        try:
            self._alarm.check()
            self._end_late(Unavailable(KAFKA, "no acknowledgement within the bound"))
        except Halt as halt:
            self._end_late(halt, self._loop.time() + 2 * DELIVERY_BOUND_S)
        self._is_listening = bool(self._awaited)
        if self._is_listening:
            self._loop.call_later(_LISTEN_S, self._listen)

    def _end_late(self, failure: Exception, now: float | None = None) -> None:
        """Fail what is late; a report that comes after that finds nobody waiting."""
        now = self._loop.time() if now is None else now
        while self._awaited:
            oldest, deadline = next(iter(self._awaited.items()))
            if deadline > now and not oldest.done():
                return
            self._resolve(oldest, failure)

    def _poll(self) -> None:
        while not self._closing.wait(_POLL_S):
            if not self._awaited:
                self._producer.poll(0)
            is_due = (
                self._alarm.waiting is not None or time.monotonic() > self._probed_at + _PROBE_S
            )
            if is_due and not self._alarm.is_raised:
                self._probe()

    def _probe(self) -> None:
        # Only an answer ends an outage, and only the lack of one tells of a broker that is frozen:
        # an idle producer would hear of neither.
        try:
            self._producer.list_topics(timeout=_PROBE_BOUND_S)
        except KafkaException:
            self._in_vain += 1
            if self._in_vain >= _IN_VAIN:
                self._alarm.wait("no answer: it is frozen, or out of reach")
        else:
            self._in_vain = 0
            self._alarm.answered()
        self._probed_at = time.monotonic()

    def _report(
        self,
        delivered: asyncio.Future[Position],
        error: KafkaError | None,
        message: Message,
    ) -> None:
        if error is not None:
            topic = str(message.topic())
            self._logger.warning("a record was not delivered", topic=topic, why=error.name())
            outcome: Position | Exception = _failure(topic, error)
        else:
            outcome = position_of(message)
        if threading.get_ident() == self._loops_thread:
            self._resolve(delivered, outcome)
        else:
            self._loop.call_soon_threadsafe(self._resolve, delivered, outcome)

    def _resolve(self, delivered: asyncio.Future[Position], outcome: Position | Exception) -> None:
        self._awaited.pop(delivered, None)
        if delivered.done():
            return
        if isinstance(outcome, Exception):
            delivered.set_exception(outcome)
        else:
            delivered.set_result(outcome)


def _failure(topic: str, error: KafkaError) -> Exception:
    if error.code() in {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}:
        return RecordTooLarge(f"{topic} takes no record of this size: attach documents elsewhere")
    return Unavailable(KAFKA, f"{topic}: {error.name()}: {rule_for(error).advice}")
