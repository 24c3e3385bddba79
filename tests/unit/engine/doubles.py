"""Stand-ins for the engine's tests: a producer that fails as it is told, a journal, a table."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, Producer

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import QUEUE_RECORDS
from creditbus.engine.line import Limits, ProducerLine
from creditbus.engine.surroundings import Surroundings
from creditbus.engine.transaction import Transaction
from creditbus.engine.values import Table

_HANGS_AT_MOST_S = 10.0
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

COUNTS: Table[str, int] = Table(
    name="counts",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=lambda count: str(count).encode(),
    unpack_value=int,
)


def membership(generation: int) -> bytes:
    """Return a member's view of its group, as the client library packs it."""
    return b"CGMDv2:" + struct.pack("<i", generation) + b"group\0member\0"


class Delivery:
    """What a delivery report tells of a record."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def offset(self) -> int:
        return self._offset


class ScriptedProducer:
    """Keeps what is committed, and fails calls in the order of its script.

    A script's line is the name of a call and the error it fails with the next time it is made, or
    the event that it hangs until.
    """

    def __init__(
        self, *script: tuple[str, KafkaError | threading.Event], room: int = 1_000_000
    ) -> None:
        self.script = list(script)
        self.calls: list[str] = []
        self.open: list[tuple[str, bytes | None]] = []
        self.committed: list[tuple[str, bytes | None]] = []
        self.offsets: dict[tuple[str, int], int] = {}
        self._room = room
        self._queued = 0
        self._reports: list[Callable[[Any, Any], None]] = []

    def init_transactions(self, _seconds: float) -> None:
        self._call("init")
        self.open, self._reports = [], []

    def purge(self) -> None:
        self.calls.append("purge")

    def begin_transaction(self) -> None:
        self._call("begin")

    def produce(self, topic: str, **record: Any) -> None:
        if self.script and self.script[0][0] == "produce":
            self._strike()
        if self._queued >= self._room:
            raise BufferError("full")
        self._queued += 1
        self.open.append((topic, record["key"]))
        if report := record.get("on_delivery"):
            self._reports.append(report)

    def produce_batch(self, topic: str, records: list[dict[str, Any]], *, partition: int) -> int:
        assert partition >= -1
        taken = 0
        for record in records:
            try:
                self.produce(topic, key=record["key"])
                taken += 1
            except KafkaException as refused:
                record["_error"] = refused.args[0]
            except BufferError:
                # The real one goes on as well: what comes behind may find room again.
                record["_error"] = KafkaError(KafkaError._QUEUE_FULL)
        return taken

    def __len__(self) -> int:
        return self._queued

    def flush(self, _seconds: float) -> int:
        self.calls.append("flush")
        self._queued = 0
        return 0

    def poll(self, seconds: float) -> int:
        assert seconds >= 0
        self.calls.append("poll")
        self._queued = 0
        return 0

    def send_offsets_to_transaction(self, places: list[Any], _member: Any, _seconds: float) -> None:
        self._call("offer")
        self.offsets = {(place.topic, place.partition): place.offset for place in places}

    def commit_transaction(self, _seconds: float) -> None:
        self._call("commit")
        for report in self._reports:
            report(None, Delivery(41))
        self._reports = []
        self.committed += self.open
        self.open = []

    def abort_transaction(self, _seconds: float) -> None:
        self._call("abort")
        self.open, self._reports = [], []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.script and self.script[0][0] == name:
            self._strike()

    def _strike(self) -> None:
        _, blow = self.script.pop(0)
        if isinstance(blow, KafkaError):
            raise KafkaException(blow)
        assert blow.wait(_HANGS_AT_MOST_S), "nobody let the call go on"

    def as_producer(self) -> Producer:
        """Return itself, as the type checker wants it."""
        return cast("Producer", self)

    def as_transaction(self, *, room: int = QUEUE_RECORDS) -> Transaction:
        """Return a transaction that writes here, whose lines have little patience."""
        limits = Limits(well=0.6, in_doubt=0.1)
        alarm = Alarm()
        made = Transaction(
            lambda: ProducerLine(lambda _: self.as_producer(), alarm, limits), alarm, room=room
        )
        made.mend(1.0)
        self.calls.clear()
        return made


class Journal:
    """Counters and a logger that remember."""

    def __init__(self) -> None:
        self.counted: dict[str, float] = {}
        self.said: list[str] = []

    def add(self, name: str, value: float, **_labels: str) -> None:
        self.counted[name] = self.counted.get(name, 0) + value

    def observe(self, name: str, seconds: float) -> None:
        assert seconds >= 0, name

    def info(self, event: str, **_fields: object) -> None:
        self.said.append(event)

    warning = error = info


def surroundings(journal: Journal) -> Surroundings:
    """Return surroundings in which it is always noon."""
    return Surroundings(counters=journal, logger=journal, now=lambda: NOON)
