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
from creditbus.runtime.kafka.clients import Place
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.served import LEASE_S, Lease
from creditbus.views.sightings import Sightings
from creditbus.wire.topics import DEAD_LETTERS, EXPOSURES, REFUSALS, STANDINGS, application

RENEW_EVERY_S: Final = 2.0

ABOUT: Final[Mapping[Lease, frozenset[str] | None]] = {
    Lease.ALL: None,
    Lease.STANDINGS: frozenset({STANDINGS}),
    Lease.EXPOSURES: frozenset({EXPOSURES}),
    Lease.REFUSALS: frozenset({REFUSALS, DEAD_LETTERS}),
}
"""What each lease is about: these topics, or every one."""

_KEPT: Final = int(LEASE_S / RENEW_EVERY_S) + 1


class Lookout:
    """The ends of some places as the broker tells them, over time."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._sightings = Sightings(_KEPT)
        self._passed: dict[Place, int] = {}
        self._before: dict[Place, int] = {}

    async def look(self, at: int, known: Mapping[Place, int]) -> dict[Lease, int]:
        """Return the latest instant up to which all is handled of what each lease is about.

        ``at`` is the present one; a lease of which nothing is known is left out. ``known`` is how
        far each place is written, and lives on. Raises ``Unavailable``.
        """
        with told():
            handled = self._handled(known)
            if overdue := self._waiting(self._sightings.missing(handled), handled):
                self._passed |= await asyncio.to_thread(
                    clients.first_after, self._process, {place: handled[place] for place in overdue}
                )
            ends = await asyncio.to_thread(clients.ends, self._consumer, sorted(known))
        self._sightings.see(at, ends)
        handled = self._handled(known)
        found = {lease: self._sightings.reached(handled, topics) for lease, topics in ABOUT.items()}
        return {lease: instant for lease, instant in found.items() if instant is not None}

    @cached_property
    def _consumer(self) -> Consumer:
        return clients.group_reader(self._process, application("views"))

    def _handled(self, known: Mapping[Place, int]) -> dict[Place, int]:
        return {place: max(known[place], self._passed.get(place, 0)) for place in known}

    def _waiting(self, overdue: Sequence[Place], handled: Mapping[Place, int]) -> list[Place]:
        """Return the places that are overdue and have not moved since the last look.

        Where records come in, nobody need ask whether only markers are left.
        """
        still = [place for place in overdue if self._before.get(place) == handled[place]]
        self._before = dict(handled)
        return still


@contextmanager
def told() -> Iterator[None]:
    """Turn every refusal of the broker into ``Unavailable``: then nothing can be said for now.

    A broker that has just come back may for a moment not know its own topics.
    """
    try:
        yield
    except KafkaException as failure:
        raise Unavailable(clients.KAFKA, str(failure)) from failure
