"""The forwarder: records go into the outbox, and from there to the broker in their order.

A group is closed after a few milliseconds, a thousand records or 4 MiB, by whoever comes first: the
caller or a thread that looks after a source that has fallen silent. A full one is on the disk
before the next record is taken, so whoever is told that there is no room has a record that was not
taken. One lock holds all of it. Nobody waits for the broker's answers within it; only while the
client's own queue is full, which these bounds keep from, is room waited for within the lock. Only
so many records and bytes are in memory; the rest lie on the disk, in the same order.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, Message

from creditbus.sdk.links import BrokerLink
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.receipts import CLOSED, UNTOLD, NotPublished, Outgoing, Reports, advice

GROUP: Final = 1000
GROUP_BYTES: Final = 4 * 1024 * 1024
GROUP_S: Final = 0.01
UNDER_WAY: Final = 20_000
"""How many records the broker may not have answered before the rest waits on the disk."""
UNDER_WAY_BYTES: Final = 32 * 1024 * 1024
"""The same in bytes, keys and headers too: less than the client's own bound, which would wait."""
REPORTS: Final = 100_000
"""How many records may wait for a broker that is away and still have somebody to be told."""
FAILURES: Final = 100
"""How many failures that nobody asked about are kept for ``flush`` to raise."""
_LOOK_S: Final = 0.01
_NAP_S: Final = 0.005
_AGAIN_S: Final = 1.0
_ROOM_S: Final = 0.05

OF_THE_RECORD: Final = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_RECORD,
    }
)
"""What the broker refuses of one record alone; anything else the next one would meet as well."""

Told = list[tuple[Callable[..., object], object]]


class _Group:
    """A group that the broker has not answered for yet."""

    __slots__ = ("bytes", "left", "number", "stays")

    def __init__(self, number: int, left: int, size: int) -> None:
        self.number, self.left, self.bytes, self.stays = number, left, size, False


class Forwarder:
    """Sends what an outbox holds over a link; ``close`` it."""

    def __init__(self, link: BrokerLink, outbox: Outbox) -> None:
        self._link, self._outbox = link, outbox
        self._lock = threading.Lock()
        self._open: list[Outgoing] = []
        self._open_reports: list[Reports] = []
        self._open_bytes = 0
        self._reports: dict[int, list[Reports]] = {}
        self._asked = 0
        self._newest, self._forwarded = outbox.last(), 0
        self._records = self._bytes = 0
        self._settled: list[int] = []
        self._told: Told = []
        self.failures: deque[NotPublished] = deque(maxlen=FAILURES)
        self._fault: NotPublished | None = None
        self._raised: NotPublished | None = None
        self._stirred = threading.Event()
        self._closing = threading.Event()
        if self._newest:
            self._stirred.set()
        self._thread = threading.Thread(target=self._look_after, name="outbox", daemon=True)
        self._thread.start()

    def put(self, record: Outgoing, reports: Reports) -> None:
        """Take a record; it is on the disk within some milliseconds, or when ``keep`` returns.

        Waits for room when too many wait for somebody to be told. Raises ``NotPublished`` when the
        record is not taken, as when the disk has no room for those before it.
        """
        while reports is not UNTOLD and self._asked >= REPORTS and not self._closing.is_set():
            self._turn(_ROOM_S)
            self._link.check()
        self._link.check()
        while not self._takes(record, reports):
            self._turn()

    def untold(self) -> NotPublished | None:
        """Return once what went wrong while nobody called, unless it is over."""
        found = self._raised or self._fault
        self._raised = self._fault = None
        return found

    def keep(self) -> None:
        """Return when all that was taken is on the disk."""
        with self._lock:
            self._keep()

    def waiting(self) -> int:
        """Return how many records the broker has not answered for."""
        with self._lock:
            self._keep()
            self._forget()
            return self._outbox.waiting()

    def pump(self, wait_s: float) -> bool:
        """Go on with what waits; return whether anything does."""
        self._turn(wait_s)
        with self._lock:
            return self._waits()

    def hear(self, wait_s: float) -> None:
        """Go on with what waits, and hear what the broker says, for that long at most.

        Where nothing waits it takes that long: whoever calls it again and again is at rest then.
        """
        self._turn(wait_s, is_at_rest=True)

    def close(self) -> None:
        """Keep what was taken, and let the outbox go; what waits in it waits for the next start."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._stirred.set()
        self._thread.join()
        with self._lock:
            try:
                self._keep()
                self._forget()
            finally:
                self._outbox.close()

    def _look_after(self) -> None:
        """Close groups that nobody fills, and hear what the broker says, while anything waits."""
        while not self._closing.is_set():
            self._stirred.wait()
            self._stirred.clear()
            time.sleep(GROUP_S)
            try:
                while self.pump(0) and not (self._closing.is_set() or self._link.is_refused):
                    time.sleep(_LOOK_S)
            except NotPublished as fault:
                # The disk is full, say: whoever calls next is told, and perhaps it has room then.
                self._fault = fault
                time.sleep(_AGAIN_S)
                self._stirred.set()
            except Exception as fault:  # noqa: BLE001 - else nobody looks after it any more
                self._raised = NotPublished(f"a callback raised {fault!r}: let it raise nothing")
                self._raised.__cause__ = fault
                self._stirred.set()

    def _takes(self, record: Outgoing, reports: Reports) -> bool:
        """Take a record into the open group; False while that has to be kept first."""
        with self._lock:
            if self._closing.is_set():
                raise NotPublished(CLOSED)
            if len(self._open) >= GROUP or self._open_bytes >= GROUP_BYTES:
                return False
            self._open.append(record)
            self._open_reports.append(reports)
            self._asked += reports is not UNTOLD
            self._open_bytes += record.size()
            is_first = len(self._open) == 1
        if is_first:
            self._stirred.set()
        return True

    def _turn(self, wait_s: float = 0.0, *, is_at_rest: bool = False) -> None:
        """Go on until there are answers, or nothing waits; at rest, until nothing does any more."""
        until = time.monotonic() + wait_s
        is_awaited = not is_at_rest
        while True:
            with self._lock:
                if self._closing.is_set() and not self._open:
                    return
                is_awaited = is_awaited or self._waits()
                self._keep()
                self._forward()
                answers = self._link.poll(0)
                told, self._told = self._told, []
                is_over = answers or told or (is_awaited and not self._waits())
            if is_over or time.monotonic() >= until:
                break
            # Not within the lock: whoever hands over a record waits for no broker.
            time.sleep(min(_NAP_S, wait_s))
        # Whoever is told may hand over the next record, which takes the lock.
        raised: Exception | None = None
        for tell, what in told:
            try:
                tell(what)
            except Exception as fault:  # noqa: BLE001 - the others are told all the same
                raised = raised or fault
        if raised is not None:
            raise raised

    def _waits(self) -> bool:
        return bool(self._open or self._records or self._forwarded < self._newest)

    def _keep(self) -> None:
        if not self._open:
            return
        number = self._outbox.keep(self._open, self._settled)
        records, self._open = self._open, []
        reports, self._open_reports = self._open_reports, []
        size, self._open_bytes = self._open_bytes, 0
        self._settled = []
        self._fault = None
        if any(each is not UNTOLD for each in reports):
            self._reports[number] = reports
        is_next, self._newest = self._forwarded >= self._newest, number
        if is_next and self._has_room():
            self._send(number, records, size)

    def _forget(self) -> None:
        if self._settled:
            self._outbox.keep((), self._settled)
            self._settled = []

    def _forward(self) -> None:
        """Send the next groups from the disk, as far as there is room."""
        while self._forwarded < self._newest and self._has_room():
            found = self._outbox.after(self._forwarded)
            if found is None:
                self._forwarded = self._newest
                return
            number, records = found
            self._send(number, records, sum(each.size() for each in records))

    def _has_room(self) -> bool:
        is_free = self._records < UNDER_WAY and self._bytes < UNDER_WAY_BYTES
        return is_free and not self._link.is_refused

    def _send(self, number: int, records: Sequence[Outgoing], size: int) -> None:
        group = _Group(number, len(records), size)
        all_reports = self._reports.pop(number, None)
        self._forwarded = number
        self._records += len(records)
        self._bytes += group.bytes
        for place, record in enumerate(records):
            reports = UNTOLD if all_reports is None else all_reports[place]
            reported = partial(self._answered, group, record, reports)
            while not self._link.takes(record, reported):
                self._link.poll(_ROOM_S)

    def _answered(
        self,
        group: _Group,
        record: Outgoing,
        reports: Reports,
        error: KafkaError | None,
        message: Message,
    ) -> None:
        if error is not None:
            self._failed(group, record, reports, error)
        else:
            self._link.took()
            if reports.on_receipt is not None:
                self._told.append((reports.on_receipt, message))
        self._asked -= reports is not UNTOLD
        self._records -= 1
        group.left -= 1
        if not group.left:
            self._bytes -= group.bytes
            if not group.stays:
                self._settled.append(group.number)

    def _failed(self, group: _Group, record: Outgoing, reports: Reports, error: KafkaError) -> None:
        sentence = advice(self._link.source, error, record.key)
        if error.code() in OF_THE_RECORD:
            self._outbox.refuse(record, sentence)
            if reports.on_failure is not None:
                self._told.append((reports.on_failure, NotPublished(sentence)))
            else:
                self.failures.append(NotPublished(sentence))
            return
        # The next one would meet the same: all of it stays, for the next start.
        group.stays = True
        if reports.on_failure is not None:
            kept = NotPublished(f"{sentence}; it is kept in {self._outbox.path} for the next start")
            self._told.append((reports.on_failure, kept))
        if error.code() not in {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}:
            self._link.refuse(error)
