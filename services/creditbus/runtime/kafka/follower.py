"""Follower: a small compacted topic, read whole at the start and then beside the work.

For what every worker must know and no partition of its own could hold. A thread fetches; whoever
uses it drains what has come, between two slices, so that nothing changes while it decides.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.runtime.kafka import clients
from creditbus.runtime.kafka.clients import Record, record_of
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.wire.topics import application

CATCH_UP_S: Final = 10.0
_AT_ONCE: Final = 2000
_PARTITION: Final = 0
_LOOK_S: Final = 0.005


class Follower:
    """One topic of one partition, from its beginning on."""

    def __init__(self, process: Process, topic: str) -> None:
        self._process = process
        self._topic = topic
        self._arrived: deque[Record] = deque()
        self._failure: KafkaException | None = None
        self._read_to = 0
        self._consumer: Consumer | None = None

    def begin(self) -> None:
        """Read all that there is, waiting for a broker that is away, and follow from there on."""
        read = partial(clients.read_to_end, self._process, [self._topic], {}, self._keep)
        ends = self._process.patience.insist(read)
        self._read_to = ends[self._topic, _PARTITION]
        connection = Connection(self._process.settings.kafka, self._process.security)
        self._consumer = connection.reader(application(self._process.service), Alarm())
        self._consumer.assign([TopicPartition(self._topic, _PARTITION, self._read_to)])
        threading.Thread(target=self._follow, name="following", daemon=True).start()

    def drain(self) -> Iterator[Record]:
        """Yield what has come since the last time; raises what the broker refused for good."""
        if self._failure is not None:
            raise self._failure
        while self._arrived:
            yield self._arrived.popleft()

    def catch_up(self) -> None:
        """Wait until everything is there that is committed now.

        Raises ``Unavailable`` when that takes too long.
        """
        assert self._consumer is not None, "begin comes first"
        place = (self._topic, _PARTITION)
        end = clients.ends(self._consumer, [place])[place]
        deadline = time.monotonic() + CATCH_UP_S
        while self._read_to < end and self._failure is None:
            if time.monotonic() > deadline:
                raise Unavailable(clients.KAFKA, f"{self._topic} was not read to its end")
            time.sleep(_LOOK_S)

    def _keep(self, records: Sequence[Record]) -> None:
        self._arrived.extend(records)

    def _follow(self) -> None:
        assert self._consumer is not None
        while self._failure is None:
            for message in self._consumer.consume(_AT_ONCE, 0.2):
                error = message.error()
                if error is None:
                    record = record_of(message)
                    self._arrived.append(record)
                    self._read_to = record.offset + 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._read_to = message.offset() or 0
                elif not clients.is_passing(error):
                    self._failure = KafkaException(error)
