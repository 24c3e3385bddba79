"""Inflow: what is committed in some topics, from given places on, as many records at once as came.

The C client fetches and a thread hands over, so that the event loop works on one batch while the
next is being collected. It joins no group: whoever follows knows itself how far it has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.runtime.kafka import clients
from creditbus.runtime.kafka.clients import Place, Record, record_of
from creditbus.runtime.process import Process

AT_ONCE: Final = 2000
_LOOK_S: Final = 0.1
_COLLECT_S: Final = 0.01
"""How long a first record waits for others: one by one, each would cost what a hundred cost."""


class Inflow:
    """Follows places of the log from their starts; ``application`` names it to the broker."""

    def __init__(self, process: Process, application: str, starts: Mapping[Place, int]) -> None:
        self._alarm = Alarm()
        connection = Connection(process.settings.kafka, process.security)
        self._consumer: Consumer = connection.reader(application, self._alarm, stays=True)
        self._consumer.assign([TopicPartition(*place, start) for place, start in starts.items()])
        self._next: asyncio.Task[list[Record]] | None = None

    async def batch(self) -> Sequence[Record]:
        """Return what has come since the last call, nothing after a tenth of a second without any.

        Raises ``KafkaException`` for what the broker refuses for good, ``Halt`` for a login that it
        refuses; a broker that is away is waited for.
        """
        found = await (self._next or self._fetching())
        self._next = self._fetching()
        return found

    def _fetching(self) -> asyncio.Task[list[Record]]:
        return asyncio.create_task(asyncio.to_thread(self._fetch))

    def _fetch(self) -> list[Record]:
        first = self._consumer.poll(_LOOK_S)
        self._alarm.check()
        if first is None:
            return []
        found = []
        for message in [first, *self._consumer.consume(AT_ONCE, _COLLECT_S)]:
            error = message.error()
            if error is None:
                found.append(record_of(message))
            elif error.code() != KafkaError._PARTITION_EOF and not clients.is_passing(error):
                raise KafkaException(error)
        return found
