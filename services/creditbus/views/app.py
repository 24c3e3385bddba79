"""Connect views: the topics that tell what is, in; what Redis serves, out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka.clients import Place, Record, Recreated, read_to_end
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import Lease
from creditbus.runtime.redis.writes import Behind, Writes
from creditbus.runtime.workers.agents import Agents
from creditbus.views.decide import is_behind, is_outdated
from creditbus.views.lookout import RENEW_EVERY_S, Lookout
from creditbus.views.placement import FOLLOWED, put
from creditbus.wire.topics import TOMBSTONES_MS, application

LOOK_EVERY_S: Final = 1.0
TOMBSTONES: Final = timedelta(milliseconds=TOMBSTONES_MS)


def run(process: Process) -> None:
    """Keep Redis as the topics say until told to stop."""
    Views(process).run()


class Views:
    """Redis and how far it is known to be written."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._codec = process.codec
        self._topics = FOLLOWED
        self._known: dict[Place, int] = {}
        self._is_complete = False
        self._serving = Serving.of(process.settings)
        self._lookout = Lookout(process)
        self._one_at_a_time = asyncio.Lock()
        self._agents = Agents(process, application("views"), topics=self._topics, take=self._take)

    def run(self) -> None:
        """Catch up, then follow."""
        self._agents.add_task(self._look_after)
        self._agents.add_task(self._keep_lease)
        self._agents.run(self._readiness, lambda: asyncio.run(self._begin()))

    async def _begin(self) -> dict[Place, int]:
        try:
            async with self._serving.reached():
                await self._catch_up()
        finally:
            # The agents will run in another loop, which needs connections of its own.
            await self._serving.close()
            self._serving = Serving.of(self._process.settings)
        return self._known

    async def _take(self, records: Sequence[Record]) -> None:
        await self._insist_on(records)
        for record in records:
            self._process.meters.add("views_written", view=record.topic)

    async def _look_after(self) -> None:
        """Ask every second whether Redis still holds what it was given, and says so."""
        while True:
            await self._insist_on(())
            await asyncio.sleep(LOOK_EVERY_S)

    async def _keep_lease(self) -> None:
        """Say again and again up to when Redis is complete; whoever cannot tell says nothing."""
        while True:
            try:
                async with self._serving.reached():
                    await self._renew()
            except Unavailable as outage:
                self._process.logger.debug("the lease is not renewed", why=str(outage))
            await asyncio.sleep(RENEW_EVERY_S)

    async def _renew(self) -> None:
        storing = self._serving.storing
        async with self._one_at_a_time:
            known = self._known
        reached = await self._lookout.look(await storing.now(), known)
        async with self._one_at_a_time:
            if await self._is_behind():
                return
            if Lease.ALL in await storing.renew(reached):
                await storing.note_caught_up(self._process.clock.now())

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
            else:
                self._say_complete(is_complete=await self._serving.storing.is_complete())
        except Behind:
            await self._catch_up()

    async def _is_behind(self) -> bool:
        storing = self._serving.storing
        if is_outdated(await storing.caught_up_at(), self._process.clock.now(), TOMBSTONES):
            return True
        return is_behind(await storing.positions(), self._known, is_begun=await storing.is_begun())

    async def _catch_up(self) -> None:
        """Read the topics from where Redis is to their ends, and only then call it complete."""
        storing, logger = self._serving.storing, self._process.logger
        self._say_complete(is_complete=False)
        await storing.begin()
        if is_outdated(await storing.caught_up_at(), self._process.clock.now(), TOMBSTONES):
            await self._build_anew("Redis was caught up too long ago, or never")
        self._known = await storing.positions()
        logger.info("views catch up", places=len(self._known))
        try:
            await self._read_until_recent()
        except Recreated as finding:
            await self._build_anew(str(finding))
            await self._read_until_recent()
        self._say_complete(is_complete=True)
        logger.info("views are complete", records=sum(self._known.values()))

    async def _build_anew(self, why: str) -> None:
        storing = self._serving.storing
        self._process.logger.info("views are built anew", why=why)
        await storing.clear()
        self._known = {}
        self._lookout = Lookout(self._process)
        await storing.begin()
        # Read from the beginning, nothing is missed that is deleted from now on.
        await storing.note_caught_up(self._process.clock.now())

    async def _read_until_recent(self) -> None:
        """Read to the ends, and again while that took so long that the first ends are old."""
        storing = self._serving.storing
        while True:
            since = await storing.now()
            await self._read(dict(self._known))
            if await storing.complete(since):
                await storing.note_caught_up(self._process.clock.now())
                return
            await storing.begin()

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
        if self._is_complete and not is_complete:
            self._process.logger.warning("views are behind: readers get no answer meanwhile")
        self._is_complete = is_complete
        self._process.meters.set("views_complete", float(is_complete))

    def _readiness(self) -> Readiness:
        if not self._is_complete:
            return Readiness(is_ready=False, why="rebuilding what Redis serves, or behind")
        is_ready = self._agents.is_ready
        return Readiness(is_ready=is_ready, why="" if is_ready else "joining its group")
