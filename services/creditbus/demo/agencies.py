"""The demonstration's agencies: each publishes with its own principal.

Persons go through the gateway.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
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
        await asyncio.gather(
            loop.run_in_executor(None, self._publish, by_kafka, per_second),
            self._submit(persons, len(statements), per_second),
        )

    def stop(self) -> None:
        """Say no more: what is under way ends at the next statement."""
        self._stopped.set()

    def close(self) -> None:
        """Wait for the last receipts."""
        for publisher in self._publishers.values():
            publisher.flush()

    def _publish(self, statements: Iterable[Submitted], per_second: float | None) -> None:
        pace = _Pace(per_second)
        for statement in statements:
            if self._stopped.is_set():
                break
            pace.wait()
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

    async def _submit(
        self, statements: Sequence[Submitted], of: int, per_second: float | None
    ) -> None:
        """Send each source's statements in their order, all sources at once."""
        by_source: dict[str, list[Submitted]] = {}
        for statement in statements:
            by_source.setdefault(statement.source, []).append(statement)
        pause = (
            of / per_second / len(statements) * len(by_source) if per_second and by_source else 0
        )
        gateway = f"http://{HOST}:{self.file.ports.gateway}"
        async with httpx.AsyncClient(base_url=gateway, timeout=30) as client:
            await asyncio.gather(
                *(self._submit_all(client, each, pause) for each in by_source.values())
            )

    async def _submit_all(
        self, client: httpx.AsyncClient, statements: Sequence[Submitted], pause: float
    ) -> None:
        for statement in statements:
            await self._submit_one(client, statement)
            await asyncio.sleep(pause)

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


class _Pace:
    """Waits so that no more than so many happen in a second."""

    def __init__(self, per_second: float | None) -> None:
        self._pause = 1 / per_second if per_second else 0.0

    def wait(self) -> None:
        if self._pause:
            time.sleep(self._pause)
