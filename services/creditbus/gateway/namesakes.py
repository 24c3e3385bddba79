"""Namesakes: records under an id that has named another subject, turned away before the receipt.

What views has heard in 30 days tells. It stops nothing when Redis is away or slow, and nothing that
eases (law 7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.refusals import Fault
from creditbus.domain.aliases.namesakes import (
    NOTHING_KNOWN,
    NamedBefore,
    RecordName,
    is_asked,
    reused,
)
from creditbus.runtime import tasks
from creditbus.runtime.redis.recall import Recall


class Namesakes:
    """Asks whom records have named: for all that come at one moment at once, in their order."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._wanted: dict[RecordName, asyncio.Future[NamedBefore]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def fault_in(self, act: Act) -> Fault | None:
        """Return why an act may not come in under its record id, None if it may."""
        if not is_asked(act):
            return None
        envelope = act.envelope
        named = await self._of((envelope.source, envelope.record_id))
        return reused(envelope.subject_id, named.subjects)

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            await tasks.end(self._asking)

    async def _of(self, record: RecordName) -> NamedBefore:
        if self._recall.rests:
            return NOTHING_KNOWN
        if record not in self._wanted:
            self._wanted[record] = asyncio.get_running_loop().create_future()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        # Another one may wait for the same answer.
        return await asyncio.shield(self._wanted[record])

    async def _ask(self) -> None:
        while self._wanted:
            await asyncio.sleep(0)
            wanted, self._wanted = self._wanted, {}
            found: Sequence[NamedBefore] = [NOTHING_KNOWN] * len(wanted)
            try:
                found = await self._recall.named([*wanted])
            finally:
                for waiting, named in zip(wanted.values(), found, strict=True):
                    if not waiting.done():
                        waiting.set_result(named)
