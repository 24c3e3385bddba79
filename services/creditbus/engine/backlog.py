"""Backlog: how far a group is behind the topic that it reads, while somebody asks.

Its age is the time since the topic first reached beyond the place where the group stands now. A
group that does not move at all has no backlog: its worker is away, and the topic is there to wait.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.offsets import committed, log_ends
from creditbus.engine.surroundings import Logger

LOOK_EVERY_S: Final = 0.05
ASKED_S: Final = 2.0
"""For how long after the last question one looks on."""

STILL_S: Final = 3.0
"""A group that has stood still for so long is away."""

MARKERS: Final = 8
"""Behind a last record lie the markers of its transaction and of others; a group stands before."""

_REMEMBERED: Final = 400


class GroupBehind(NamedTuple):
    """How far a group is behind: as told by which look and when, by how many records, how long."""

    look: int = 0
    at: float = -math.inf
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
        self._places = [(topic, number) for number in range(partitions)]
        self._logger = logger
        self._asked = threading.Event()
        self._asked_at = 0.0
        self._thread: threading.Thread | None = None
        self._last = GroupBehind()

    def behind(self) -> GroupBehind:
        """Return what the last look told, however long ago that was; nothing waits before one."""
        self._asked_at = time.monotonic()
        self._asked.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name="backlog", daemon=True)
            self._thread.start()
        return self._last

    def _look_on(self) -> None:
        alarm = Alarm()
        # Where a group stands is asked of a consumer: see ``Connection.asker``.
        asker = self._connection.asker(self._group, alarm, is_hasty=True)
        admin = self._connection.admin(alarm)
        while self._asked.wait():
            self._asked.clear()
            self._look_while_asked(asker, admin)

    def _look_while_asked(self, asker: Consumer, admin: AdminClient) -> None:
        traces = {place: Trace() for place in self._places}
        is_told = False
        while time.monotonic() - self._asked_at < ASKED_S:
            records, seconds, now = 0, 0.0, time.monotonic()
            try:
                ends = log_ends(admin, self._places)
                stands = committed(asker, self._places)
            except KafkaException as failure:
                if not is_told:
                    self._logger.warning(
                        "how far behind a group is cannot be told; no source waits for it",
                        group=self._group,
                        why=str(failure),
                    )
                is_told = True
            else:
                for place, trace in traces.items():
                    waiting, age = trace.note(now, ends[place], stands[place] or 0)
                    records, seconds = records + waiting, max(seconds, age)
            self._last = GroupBehind(self._last.look + 1, now, records, seconds)
            time.sleep(LOOK_EVERY_S)
