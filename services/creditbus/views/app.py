"""Connect views: the topics that tell what is, in; what Redis serves, out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import Final

from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka import clients
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.kafka.inflow import Inflow
from creditbus.runtime.kafka.reach import BrokerReach
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.numbers import irregular_numbers
from creditbus.runtime.redis.served import Lease
from creditbus.runtime.redis.writes import Behind
from creditbus.runtime.workers.apps import idle_app, lasting, run_app
from creditbus.runtime.workers.vigil import Vigil
from creditbus.views.lookout import RENEW_EVERY_S
from creditbus.views.mirror import Mirror
from creditbus.wire.topics import STANDINGS, application

LOOK_EVERY_S: Final = 1.0
AGAIN_S: Final = 0.5
"""How soon the lease is looked after again that could not be renewed."""


def run(process: Process) -> None:
    """Keep Redis as the topics say until told to stop."""
    Views(process).run()


class Views:
    """Redis kept as the topics say, and what readers are told of it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._is_complete = False
        self._is_mute = False
        self._irregular: frozenset[str] = frozenset()
        self._one_at_a_time = asyncio.Lock()
        group = clients.group_reader(process, application("views"))
        self._vigil = Vigil(partial(clients.ends, group), partial(clients.holds_more, process))
        self._mirror = Mirror(process, self._vigil)

    def run(self) -> None:
        """Catch up, then follow."""
        process = self._process
        app = idle_app(process, application("views"))
        for work in (self._follow, self._look_after, self._keep_lease, self._vigil.turn):
            app.task(lasting(process, app, work))
        reach = BrokerReach(process, STANDINGS)
        health = process.serve_health(reach.begin(self._readiness))
        signal.signal(signal.SIGTERM, _end)
        process.patience.insist(lambda: asyncio.run(self._begin()))
        self._vigil.begin_watch(process, lambda: app.should_stop)
        try:
            run_app(app)
        finally:
            if health is not None:
                health.close()

    async def _begin(self) -> None:
        try:
            async with self._mirror.serving.reached():
                await self._catch_up()
        finally:
            # What follows runs in another loop, which needs connections of its own.
            await self._mirror.reconnect()

    async def _follow(self) -> None:
        """Write what comes to Redis, in the order of each partition."""
        # In place of Faust's own, which may wait for ten seconds when the start is hardly over.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
        self._vigil.assigned = frozenset(self._mirror.known)
        inflow = Inflow(self._process, application("views"), self._mirror.known)
        while True:
            records = await inflow.batch()
            if not records:
                continue
            await self._insist_on(records)
            for topic, count in Counter(record.topic for record in records).items():
                self._process.meters.add("views_written", count, view=topic)

    async def _look_after(self) -> None:
        """Ask every second whether Redis still holds what it was given, and says so."""
        while True:
            await self._insist_on(())
            await asyncio.sleep(LOOK_EVERY_S)

    async def _keep_lease(self) -> None:
        """Say again and again up to when Redis is complete; whoever cannot tell says nothing.

        After an outage that takes two looks, one at what has come meanwhile and one at whether it
        is written: no reader shall wait for their beat.
        """
        clock = asyncio.get_running_loop().time
        renewed_at = clock()
        while True:
            try:
                async with self._mirror.serving.reached():
                    await self._renew()
            except Unavailable as outage:
                if not self._is_mute:
                    self._process.logger.warning("the lease is not renewed", why=str(outage))
                self._is_mute = is_late = True
            else:
                self._is_mute = False
                is_late = clock() - renewed_at > 2 * RENEW_EVERY_S
                renewed_at = clock()
            await asyncio.sleep(AGAIN_S if is_late else RENEW_EVERY_S)

    async def _renew(self) -> None:
        storing = self._mirror.serving.storing
        async with self._one_at_a_time:
            known = self._mirror.known
        reached = await self._mirror.lookout.look(await storing.now(), known)
        async with self._one_at_a_time:
            if await self._mirror.is_behind():
                return
            if Lease.ALL in await storing.renew(reached):
                await storing.note_caught_up(self._process.clock.now())
        await self._tell_numbers()

    async def _tell_numbers(self) -> None:
        """Let the metrics say what is irregular in running numbers; what is mended counts as 0."""
        found = await irregular_numbers(self._mirror.serving)
        for source in {*found, *self._irregular}:
            missing, backward = found.get(source, (0, 0))
            self._process.meters.set("sequence_missing", missing, source=source)
            self._process.meters.set("sequence_backward", backward, source=source)
        self._irregular = frozenset(found)

    async def _insist_on(self, records: Sequence[Record]) -> None:
        async def store() -> None:
            async with self._mirror.serving.reached():
                await self._store(records)

        async with self._one_at_a_time:
            await self._process.patience.insist_async(store)

    async def _store(self, records: Sequence[Record]) -> None:
        try:
            if records:
                await self._mirror.write(records)
            elif await self._mirror.is_behind():
                await self._catch_up()
            else:
                self._say_complete(is_complete=await self._mirror.serving.storing.is_complete())
        except Behind:
            await self._catch_up()

    async def _catch_up(self) -> None:
        self._say_complete(is_complete=False)
        await self._mirror.catch_up()
        self._say_complete(is_complete=True)

    def _say_complete(self, *, is_complete: bool) -> None:
        if self._is_complete and not is_complete:
            self._process.logger.warning("views are behind: readers get no answer meanwhile")
        self._is_complete = is_complete
        self._process.meters.set("views_complete", float(is_complete))

    def _readiness(self) -> Readiness:
        if not self._is_complete:
            return Readiness(is_ready=False, why="rebuilding what Redis serves, or behind")
        is_following = bool(self._vigil.assigned)
        return Readiness(is_ready=is_following, why="" if is_following else "beginning to follow")


def _end(_number: int, _frame: FrameType | None) -> None:
    """End at once: there is nothing to bring to an end, and threads would keep an exit waiting.

    Redis holds in the same write what it was given and how far that reaches.
    """
    os._exit(0)
