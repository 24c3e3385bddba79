"""Reach: whether the broker answers, for processes whose own clients tell nobody.

Faust's clients try again in silence, and one that lies idle hears nothing. So a client of its own
asks every few seconds. A broker that is frozen drops no connection: only the lack of an answer
tells of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.failures import Halt, Reaction, error_of, rule_for
from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka.clients import KAFKA
from creditbus.runtime.process import Process

LOOK_EVERY_S: Final = 1.0
ANSWER_BOUND_S: Final = 2.0
_IN_VAIN: Final = 2  # looks in a row: one alone may be a busy machine's


class BrokerReach:
    """Asks from a thread of its own until the process ends; ``away`` says why nobody answers."""

    def __init__(self, process: Process, topic: str) -> None:
        self._process = process
        self._topic = topic
        self._alarm = Alarm()
        self._in_vain = 0
        self.away: str | None = None

    def begin(self, readiness: Callable[[], Readiness]) -> Callable[[], Readiness]:
        """Begin to ask; return a readiness that holds only while the broker answers."""

        def reached() -> Readiness:
            if self.away is not None:
                return Readiness(is_ready=False, why=self.away)
            return readiness()

        threading.Thread(target=self._look_on, name="reach", daemon=True).start()
        return reached

    def _look_on(self) -> None:
        connection = Connection(self._process.settings.kafka, self._process.security)
        admin = connection.admin(self._alarm)
        pause = threading.Event()
        while not pause.wait(LOOK_EVERY_S):
            self._look(admin)

    def _look(self, admin: AdminClient) -> None:
        try:
            admin.list_topics(self._topic, timeout=ANSWER_BOUND_S)
            self._alarm.check()
        except KafkaException as failure:
            self._in_vain += 1
            rule = rule_for(error_of(failure))
            if self._in_vain >= _IN_VAIN or rule.kind is Reaction.FATAL:
                heard = self._alarm.waiting or error_of(failure).str()
                self.away = f"{KAFKA} does not answer: {heard}"
        except Halt as refused:
            self.away = f"{KAFKA}: {refused}"
        else:
            self._in_vain = 0
            self._alarm.answered()
            self.away = None
