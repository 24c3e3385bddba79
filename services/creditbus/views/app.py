"""Connect views: the topics that tell what is, in; what Redis serves, out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from creditbus.domain.directives import Acknowledgement, Attempt, Directive
from creditbus.domain.exposures import Exposure
from creditbus.domain.ids import EntryId
from creditbus.domain.refusals import DeadLetter, Duplicate, Refusal
from creditbus.domain.standings import Standing
from creditbus.runtime.agents import Agents
from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka import Place, Record, Recreated, read_to_end
from creditbus.runtime.process import Process
from creditbus.runtime.serving import Serving
from creditbus.runtime.storing import Behind, Writes
from creditbus.views.decide import is_behind
from creditbus.wire.records import Codec
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    ATTEMPTS,
    DEAD_LETTERS,
    DUPLICATES,
    EXPOSURES,
    REFUSALS,
    STANDINGS,
    application,
    directives,
)

LOOK_EVERY_S: Final = 1.0
FOLLOWED: Final = (
    STANDINGS,
    ACKNOWLEDGEMENTS,
    ATTEMPTS,
    EXPOSURES,
    REFUSALS,
    DUPLICATES,
    DEAD_LETTERS,
)
"""Beside these, the directives of every executing body."""


def run(process: Process) -> None:
    """Keep Redis as the topics say until told to stop."""
    Views(process).run()


class Views:
    """Redis and how far it is known to be written."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._codec = process.codec
        bodies = [directives(body) for body in process.catalogue.bodies]
        self._topics = (*FOLLOWED, *bodies)
        self._known: dict[Place, int] = {}
        self._is_complete = False
        self._serving = Serving(process.settings.redis)
        self._one_at_a_time = asyncio.Lock()
        self._agents = Agents(process, application("views"), topics=self._topics, take=self._take)

    def run(self) -> None:
        """Catch up, then follow."""
        self._agents.add_task(self._look_after)
        self._agents.run(self._readiness, lambda: asyncio.run(self._begin()))

    async def _begin(self) -> dict[Place, int]:
        try:
            async with self._serving.reached():
                await self._catch_up()
        finally:
            # The agents will run in another loop, which needs connections of its own.
            await self._serving.close()
            self._serving = Serving(self._process.settings.redis)
        return self._known

    async def _take(self, records: Sequence[Record]) -> None:
        await self._insist_on(records)
        for record in records:
            self._process.meters.add("views_written", view=record.topic)

    async def _look_after(self) -> None:
        """Ask every second whether Redis still holds what it was given."""
        while True:
            await self._insist_on(())
            await asyncio.sleep(LOOK_EVERY_S)

    async def _insist_on(self, records: Sequence[Record]) -> None:
        async def store() -> None:
            async with self._serving.reached():
                await self._store(records)

        async with self._one_at_a_time:
            await self._process.patience.insist_async(store)

    async def _store(self, records: Sequence[Record]) -> None:
        try:
            if records:
                await self._write(records)
            elif await self._is_behind():
                await self._catch_up()
        except Behind:
            await self._catch_up()

    async def _is_behind(self) -> bool:
        storing = self._serving.storing
        return is_behind(
            await storing.positions(), self._known, is_complete=await storing.is_complete()
        )

    async def _catch_up(self) -> None:
        """Read the topics from where Redis is to their ends, and only then call it complete."""
        storing, logger = self._serving.storing, self._process.logger
        if await self._is_behind():
            self._say_complete(is_complete=False)
            await storing.begin()
        stored = await storing.positions()
        self._known = {place: stored.get(place, 0) for place in stored}
        logger.info("views catch up", places=len(stored))
        try:
            await self._read(stored)
        except Recreated as finding:
            logger.warning("views are built anew: Redis is of another log", why=str(finding))
            await storing.clear()
            self._known = {}
            await storing.begin()
            await self._read({})
        await storing.complete()
        self._say_complete(is_complete=True)
        logger.info("views are complete", records=sum(self._known.values()))

    async def _read(self, stored: dict[Place, int]) -> None:
        loop = asyncio.get_running_loop()

        def take(records: Sequence[Record]) -> None:
            asyncio.run_coroutine_threadsafe(self._write(records), loop).result()

        ends = await asyncio.to_thread(read_to_end, self._process, self._topics, stored, take)
        for place, end in ends.items():
            writes = Writes(*place, self._known.get(place, 0))
            writes.pass_by(end - 1)
            self._known[place] = await self._serving.storing.write(writes)

    async def _write(self, records: Iterable[Record]) -> None:
        collected: dict[Place, Writes] = {}
        for record in records:
            known = self._known.get(record.place, 0)
            writes = collected.setdefault(record.place, Writes(*record.place, known))
            writes.pass_by(record.offset, record.origin)
            put(writes, record, self._codec)
        for place, writes in collected.items():
            self._known[place] = await self._serving.storing.write(writes)

    def _say_complete(self, *, is_complete: bool) -> None:
        self._is_complete = is_complete
        self._process.meters.set("views_complete", float(is_complete))

    def _readiness(self) -> Readiness:
        if not self._is_complete:
            return Readiness(is_ready=False, why="rebuilding what Redis serves")
        is_ready = self._agents.is_ready
        return Readiness(is_ready=is_ready, why="" if is_ready else "joining its group")


def put(writes: Writes, record: Record, codec: Codec) -> None:
    """Add what a record says to the writes of its partition."""
    if record.value is None:
        # Only exposures are taken back; elsewhere an empty value is a fault, and decoding says so.
        assert record.topic == EXPOSURES, f"empty value in {record.topic} at {record.offset}"
        writes.withdraw_exposure(record.offset, EntryId(record.key.decode()))
        return
    value = codec.decode(record.value)
    if isinstance(value, Directive):
        writes.put_directive(record.offset, value, record.written_at)
    else:
        _PUT[type(value)](writes, record.offset, value)


_PUT: Final[dict[type, Callable[[Writes, int, Any], None]]] = {
    Standing: Writes.put_standing,
    Exposure: Writes.put_exposure,
    Acknowledgement: Writes.put_acknowledgement,
    Attempt: Writes.put_attempt,
    Refusal: Writes.put_refusal,
    Duplicate: Writes.put_duplicate,
    DeadLetter: Writes.put_dead_letter,
}
