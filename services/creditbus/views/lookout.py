"""Lookout: up to which instant views has handled all that lies in the topics, by the broker itself.

That the process lives says nothing: one that has lost Kafka, or sleeps, would call an old Redis
complete. So the ends come from the broker, over a client that is not the agents' own. Behind the
last record there are often markers of transactions, which no agent is given; they are passed by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Final

from confluent_kafka import Consumer, KafkaException

from creditbus.runtime.kafka import clients
from creditbus.runtime.kafka.clients import Place, Record
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.served import LEASE_S
from creditbus.views.sightings import Sightings
from creditbus.wire.topics import application

RENEW_EVERY_S: Final = 2.0
_KEPT: Final = int(LEASE_S / RENEW_EVERY_S) + 1


class Lookout:
    """The ends of some places as the broker tells them, over time."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._sightings = Sightings(_KEPT)
        self._passed: dict[Place, int] = {}

    async def look(self, at: int, known: Mapping[Place, int]) -> int | None:
        """Return the latest instant up to which all is handled, ``at`` being the present one.

        ``known`` is how far each place is written, and lives on. Raises ``Unavailable``.
        """
        with told():
            if overdue := self._sightings.missing(self._handled(known)):
                await asyncio.to_thread(self._pass_markers, overdue, dict(known))
            ends = await asyncio.to_thread(clients.ends, self._consumer, sorted(known))
        self._sightings.see(at, ends)
        return self._sightings.reached(self._handled(known))

    @cached_property
    def _consumer(self) -> Consumer:
        return clients.group_reader(self._process, application("views"))

    def _handled(self, known: Mapping[Place, int]) -> dict[Place, int]:
        return {place: max(known[place], self._passed.get(place, 0)) for place in known}

    def _pass_markers(self, overdue: Sequence[Place], known: Mapping[Place, int]) -> None:
        found: dict[Place, int] = {}

        def take(records: Sequence[Record]) -> None:
            for record in records:
                found.setdefault(record.place, record.offset)

        topics = sorted({topic for topic, _ in overdue})
        ends = clients.read_to_end(self._process, topics, known, take)
        for place in overdue:
            self._passed[place] = found.get(place, ends[place])


@contextmanager
def told() -> Iterator[None]:
    """Turn every refusal of the broker into ``Unavailable``: then nothing can be said for now.

    A broker that has just come back may for a moment not know its own topics.
    """
    try:
        yield
    except KafkaException as failure:
        raise Unavailable(clients.KAFKA, str(failure)) from failure
