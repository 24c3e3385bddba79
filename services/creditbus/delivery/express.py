"""The express: lifts as soon as they are committed, whatever waits before them elsewhere.

Dispatch writes each directive of the lift lane once more to a topic of its own, in the same
transaction. Here it is followed from its end, for the partitions that the worker holds: nothing
rests on it, because the worker reads the same directive among all others and owes it until it is
settled. So a lift that the express has missed is late by no more than the worker is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from creditbus.delivery.decide import Debt, stated
from creditbus.domain.calendar import instant_of
from creditbus.domain.effects.directives import Directive
from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.wire.records import Codec
from creditbus.wire.topics import LIFTS, application

AT_ONCE: Final = 500
_LOOK_S: Final = 0.1


class Express:
    """Follows the lifts; ``arrived`` is called on its thread with a partition and its lifts."""

    def __init__(
        self,
        connection: Connection,
        codec: Codec,
        arrived: Callable[[int, list[Debt]], None],
        lasting: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._lasting = lasting
        self._connection = connection
        self._codec = codec
        self._arrived = arrived
        self._wanted: frozenset[int] = frozenset()
        self._following: frozenset[int] = frozenset()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="express", daemon=True)
        self.alarm = Alarm()

    def begin(self) -> None:
        """Begin to follow what ``follow`` says."""
        self._thread.start()

    def follow(self, partitions: frozenset[int]) -> None:
        """Follow these partitions from now on, the new ones from their end."""
        self._wanted = partitions

    def end(self) -> None:
        """End, within a moment."""
        self._ending.set()
        self._thread.join(2 * _LOOK_S)

    def _follow(self) -> None:
        with self._lasting():
            self._work()

    def _work(self) -> None:
        consumer = self._connection.reader(application("delivery"), self.alarm, stays=True)
        while not self._ending.is_set():
            self._obey(consumer)
            if not self._following:
                self._ending.wait(_LOOK_S)
                continue
            self._read(consumer)
        consumer.close()

    def _obey(self, consumer: Consumer) -> None:
        wanted = self._wanted
        if gone := self._following - wanted:
            consumer.incremental_unassign([TopicPartition(LIFTS, each) for each in gone])
        if new := wanted - self._following:
            places = [TopicPartition(LIFTS, each, OFFSET_END) for each in new]
            consumer.incremental_assign(places)
        self._following = wanted

    def _read(self, consumer: Consumer) -> None:
        # One by one when little comes: a batch is waited for, and a lift waits for nothing.
        first = consumer.poll(_LOOK_S)
        if first is None:
            return
        found: dict[int, list[Debt]] = {}
        for message in [first, *consumer.consume(AT_ONCE, 0)]:
            value, partition = message.value(), message.partition()
            if message.error() is not None or value is None or partition is None:
                continue
            directive = self._codec.decode(value)
            assert isinstance(directive, Directive), "dispatch alone writes here"
            at = instant_of(message.timestamp()[1])
            found.setdefault(partition, []).append(stated(Debt(), directive, at))
        for partition, rows in found.items():
            self._arrived(partition, rows)
