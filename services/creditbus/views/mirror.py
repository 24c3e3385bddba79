"""Mirror: Redis as views writes it, how far it is written, and how it catches up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from creditbus.runtime.kafka.clients import Place, Record, Recreated, read_to_end, since
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import FATES_KEPT
from creditbus.runtime.redis.writes import Writes
from creditbus.runtime.workers.vigil import Vigil
from creditbus.views.decide import is_behind, is_outdated
from creditbus.views.lookout import Lookout
from creditbus.views.placement import FOLLOWED, put, values
from creditbus.wire.topics import EVENTS, TOMBSTONES_MS

TOMBSTONES: Final = timedelta(milliseconds=TOMBSTONES_MS)


class Mirror:
    """One Redis; ``known`` is how far it is known to be written, which the vigil is told."""

    def __init__(self, process: Process, vigil: Vigil) -> None:
        self._process = process
        self._codec = process.codec
        self._vigil = vigil
        self.known: dict[Place, int] = {}
        self.serving = Serving.of(process.settings)
        self.lookout = Lookout(process)

    async def reconnect(self) -> None:
        """Give up the connections, which belong to one event loop, for those of another."""
        await self.serving.close()
        self.serving = Serving.of(self._process.settings)

    async def is_behind(self) -> bool:
        """Return whether Redis misses something that it held, or was caught up too long ago."""
        storing = self.serving.storing
        if is_outdated(await storing.caught_up_at(), self._process.clock.now(), TOMBSTONES):
            return True
        return is_behind(await storing.positions(), self.known, is_begun=await storing.is_begun())

    async def catch_up(self) -> None:
        """Read the topics from where Redis is to their ends, and only then call it complete."""
        storing, logger = self.serving.storing, self._process.logger
        await storing.begin()
        if is_outdated(await storing.caught_up_at(), self._process.clock.now(), TOMBSTONES):
            await self._build_anew("Redis was caught up too long ago, or never")
        self.known = await storing.positions()
        logger.info("views catch up", places=len(self.known))
        try:
            await self._read_until_recent()
        except Recreated as finding:
            await self._build_anew(str(finding))
            await self._read_until_recent()
        logger.info("views are complete", records=sum(self.known.values()))

    async def _build_anew(self, why: str) -> None:
        storing = self.serving.storing
        self._process.logger.info("views are built anew", why=why)
        await storing.clear()
        self.known = {}
        self.lookout = Lookout(self._process)
        await storing.begin()
        # Of the log only what fates are still told of: it is kept for ever, and is no view itself.
        oldest = self._process.clock.now() - FATES_KEPT
        (begun,) = await asyncio.to_thread(since, self._process, EVENTS, oldest)
        await self._pass_to(begun)
        # Read from the beginning, nothing is missed that is deleted from now on.
        await storing.note_caught_up(self._process.clock.now())

    async def _read_until_recent(self) -> None:
        """Read to the ends, and again while that took so long that the first ends are old."""
        storing = self.serving.storing
        while True:
            since = await storing.now()
            await self._read(dict(self.known))
            if await storing.complete(since):
                await storing.note_caught_up(self._process.clock.now())
                return
            await storing.begin()

    async def _read(self, stored: dict[Place, int]) -> None:
        loop = asyncio.get_running_loop()

        def take(records: Sequence[Record]) -> None:
            # While all is read again nothing is handled anew; the reader has a bound of its own.
            self._vigil.begin(time.monotonic())
            asyncio.run_coroutine_threadsafe(self.write(records), loop).result()

        ends = await asyncio.to_thread(read_to_end, self._process, FOLLOWED, stored, take)
        await self._pass_to(ends)

    async def _pass_to(self, positions: Mapping[Place, int]) -> None:
        """Note that before these positions nothing is missing."""
        passed = []
        for place, position in positions.items():
            passed.append(Writes(*place, self.known.get(place, 0)))
            passed[-1].pass_by(position - 1)
        await self._put(passed)

    async def write(self, records: Sequence[Record]) -> None:
        """Write what records say; raises ``Behind`` when Redis has lost what it held."""
        collected: dict[Place, Writes] = {}
        for record, value in zip(records, values(records, self._codec), strict=True):
            known = self.known.get(record.place, 0)
            writes = collected.setdefault(record.place, Writes(*record.place, known))
            writes.pass_by(record.offset, record.origin)
            put(writes, record, value)
        await self._put(list(collected.values()))

    async def _put(self, collected: Sequence[Writes]) -> None:
        reached = await self.serving.storing.write(*collected)
        for writes, following in zip(collected, reached, strict=True):
            place = writes.topic, writes.partition
            self.known[place] = following
            self._vigil.note(place, following)
