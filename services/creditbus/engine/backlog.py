"""Backlog: how far a group is behind the topic that it reads, while somebody asks.

Its age is the time since the topic first reached beyond the place where the group stands now. A
group that does not move at all has no backlog: its worker is away, and the topic is there to wait.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.surroundings import Logger

LOOK_EVERY_S: Final = 0.05
ASKED_S: Final = 2.0
"""For how long after the last question one looks on."""

STILL_S: Final = 3.0
"""A group that has stood still for so long is away."""

MARKERS: Final = 8
"""Behind a last record lie the markers of its transaction and of others; a group stands before."""

_REMEMBERED: Final = 400
_ANSWER_BOUND_S: Final = 2.0
_LATEST: Final = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the library's own


class GroupBehind(NamedTuple):
    """How far a group is behind: as told by which look, by how many records, for how long."""

    look: int = 0
    records: int = 0
    seconds: float = 0.0


class Trace:
    """Where one partition ended and where its group stood, look by look."""

    def __init__(self) -> None:
        self._ends: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)
        self._stands, self._moved_at = -1, 0.0

    def note(self, now: float, end: int, stands: int) -> tuple[int, float]:
        """Take one look; return how many records wait, and how long the first of them has."""
        end -= MARKERS
        if stands != self._stands or stands >= end:
            self._stands, self._moved_at = stands, now
        self._ends.append((now, end))
        while self._ends and self._ends[0][1] <= stands:
            self._ends.popleft()
        if not self._ends or now - self._moved_at > STILL_S:
            return 0, 0.0
        return end - stands, now - self._ends[0][0]


class Backlog:
    """Looks from a thread of its own, and only while somebody wants to know."""

    def __init__(
        self, connection: Connection, group: str, topic: str, partitions: int, logger: Logger
    ) -> None:
        self._connection = connection
        self._group = group
        self._places = [TopicPartition(topic, number) for number in range(partitions)]
        self._logger = logger
        self._asked = threading.Event()
        self._asked_at = 0.0
        self._thread: threading.Thread | None = None
        self._last = GroupBehind()

    def behind(self) -> GroupBehind:
        """Return what the last look told; nothing waits before the first."""
        self._asked_at = time.monotonic()
        self._asked.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name="backlog", daemon=True)
            self._thread.start()
        return self._last

    def _look_on(self) -> None:
        alarm = Alarm()
        # Where a group stands is asked of a consumer: see ``Connection.asker``.
        asker = self._connection.asker(self._group, alarm)
        admin = self._connection.admin(alarm)
        pause = threading.Event()
        while self._asked.wait():
            self._asked.clear()
            self._look_while_asked(asker, admin, pause)

    def _look_while_asked(
        self, asker: Consumer, admin: AdminClient, pause: threading.Event
    ) -> None:
        traces = [Trace() for _ in self._places]
        is_told = False
        while time.monotonic() - self._asked_at < ASKED_S:
            records, seconds = 0, 0.0
            try:
                now, ends, stands = time.monotonic(), self._ends(admin), self._stands(asker)
            except KafkaException as failure:
                if not is_told:
                    self._logger.warning(
                        "how far behind a group is cannot be told; no source waits for it",
                        group=self._group,
                        why=str(failure),
                    )
                is_told = True
            else:
                for number, trace in enumerate(traces):
                    waiting, age = trace.note(now, ends[number], stands[number])
                    records, seconds = records + waiting, max(seconds, age)
            self._last = GroupBehind(self._last.look + 1, records, seconds)
            pause.wait(LOOK_EVERY_S)

    def _ends(self, admin: AdminClient) -> Mapping[int, int]:
        # What is not committed yet is on its way as well.
        every = IsolationLevel.READ_UNCOMMITTED
        wanted = dict.fromkeys(self._places, _LATEST)
        found = admin.list_offsets(wanted, isolation_level=every, request_timeout=_ANSWER_BOUND_S)
        return {place.partition: told.result().offset for place, told in found.items()}

    def _stands(self, asker: Consumer) -> Mapping[int, int]:
        found = asker.committed(self._places, timeout=_ANSWER_BOUND_S)
        return {place.partition: max(place.offset, 0) for place in found}
