"""The demonstration's agencies: each publishes with its own principal.

Persons go through the gateway.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import httpx
import msgspec

from creditbus.demo.city import Submitted
from creditbus.domain.acts.events import EntryListed
from creditbus.runtime.clock import Clock
from creditbus.sdk.publisher import Publisher
from creditbus.stack.bus import token_name
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import HOST
from creditbus.wire.records import to_record

_RETRIES: Final = 60
_PAUSE_S: Final = 0.5
_REMEMBERED: Final = 2_000


@dataclass
class Agencies:
    """All agencies of the city; ``sent_at`` is when each event was handed to the bus.

    ``listings`` are the last that were published.
    """

    file: StackFile
    clock: Clock
    sent: int = 0
    sent_at: dict[str, datetime] = field(default_factory=dict)
    listings: deque[EntryListed] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _stopped: threading.Event = field(default_factory=threading.Event)
    _publishers: dict[str, Publisher] = field(default_factory=dict)

    async def say(
        self, statements: Sequence[Submitted], *, per_second: float | None = None
    ) -> None:
        """Send all statements, each source in its order.

        ``per_second`` none: as fast as it goes.
        """
        loop = asyncio.get_running_loop()
        by_kafka = [each for each in statements if each.person is None]
        persons = [each for each in statements if each.person is not None]
        seconds = len(statements) / per_second if per_second else 0.0
        await asyncio.gather(
            loop.run_in_executor(None, self._publish, by_kafka, seconds),
            self._submit(persons, seconds),
        )

    def stop(self) -> None:
        """Say no more: what is under way ends at the next statement."""
        self._stopped.set()

    def close(self) -> None:
        """Wait for the last receipts."""
        for publisher in self._publishers.values():
            publisher.flush()

    def _publish(self, statements: Sequence[Submitted], seconds: float) -> None:
        """Publish evenly within so many seconds."""
        pace = Pace(len(statements), seconds)
        for statement in statements:
            if self._stopped.is_set():
                break
            time.sleep(pace.wait_s())
            publisher = self._publisher(statement.source)
            if statement.event is None:
                publisher.send_bytes(f"raw-{self.sent}".encode(), statement.raw)
            else:
                self.sent_at[statement.event.envelope.event_id] = self.clock.now()
                publisher.send(statement.event)
                if isinstance(statement.event, EntryListed):
                    self.listings.append(statement.event)
            self.sent += 1
        self.close()

    def _publisher(self, source: str) -> Publisher:
        if source not in self._publishers:
            self._publishers[source] = Publisher(
                source,
                kafka=self.file.bootstrap,
                registry=self.file.registry_url,
                password=self.file.credentials[source],
            )
        return self._publishers[source]

    async def _submit(self, statements: Sequence[Submitted], seconds: float) -> None:
        """Send each source's statements in their order, all sources at once."""
        by_source: dict[str, list[Submitted]] = {}
        for statement in statements:
            by_source.setdefault(statement.source, []).append(statement)
        gateway = f"http://{HOST}:{self.file.ports.gateway}"
        async with httpx.AsyncClient(base_url=gateway, timeout=30) as client:
            await asyncio.gather(
                *(self._submit_all(client, each, seconds) for each in by_source.values())
            )

    async def _submit_all(
        self, client: httpx.AsyncClient, statements: Sequence[Submitted], seconds: float
    ) -> None:
        pace = Pace(len(statements), seconds)
        for statement in statements:
            await asyncio.sleep(pace.wait_s())
            await self._submit_one(client, statement)

    async def _submit_one(self, client: httpx.AsyncClient, statement: Submitted) -> None:
        assert statement.event is not None
        assert statement.person is not None
        content = to_record(statement.event)
        envelope = content["envelope"]
        del envelope["subject_id"], envelope["subject_kind"], envelope["adult_on_decision"]
        envelope["subject"] = {
            "kind": "NATURAL_PERSON",
            "number_kind": statement.person.number_kind,
            "number": statement.person.number,
        }
        token = self.file.secrets[token_name(statement.source)]
        self.sent_at[statement.event.envelope.event_id] = self.clock.now()
        await _insistent(client, msgspec.json.encode(content), token)
        self.sent += 1


async def _insistent(client: httpx.AsyncClient, content: bytes, token: str) -> None:
    """Post until there is a receipt: a repeat is harmless, a gateway that was killed comes back."""
    for _ in range(_RETRIES):
        try:
            answer = await client.post(
                "/v1/events", content=content, headers={"Authorization": f"Bearer {token}"}
            )
        except httpx.TransportError:
            await asyncio.sleep(_PAUSE_S)
            continue
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            answer.raise_for_status()
            return
        await asyncio.sleep(_PAUSE_S)
    raise TimeoutError("the gateway gives no receipts")


class Pace:
    """Spreads so many statements evenly over so many seconds; what is late is made up for."""

    def __init__(self, count: int, seconds: float) -> None:
        self._step = seconds / count if count else 0.0
        self._due_at = time.monotonic()

    def wait_s(self) -> float:
        """Return for how long the next statement has to wait yet."""
        wait = self._due_at - time.monotonic()
        self._due_at += self._step
        return max(0.0, wait)
