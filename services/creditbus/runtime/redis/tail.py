"""Tail: the exposures as they stand and their newest changes, read once for all who follow them.

However many streams a process has, Redis is asked ten times a second by one reader. Who is further
behind than what the tail keeps reads for itself until it has caught up. What stands is read whole
once, when first somebody asks for it, and moved on by the changes from then on, the last of them
read for whoever asks: a list of many thousands that changes all the time would else be read anew
for each. While it is read whole, all who follow wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.ids import EntryId
from creditbus.runtime import tasks
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.reads import Rebuilding, Serving
from creditbus.runtime.redis.served import Cursor, ExposureChange, ExposureLog

LOOK_EVERY_S: Final = 0.1
KEPT: Final = 5_000
AT_ONCE: Final = 500


class Tail:
    """Where the exposures of one Redis stand now, and their newest changes."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._steps: dict[EntryId, ExposureChange] = {}
        self._floor = 0
        self._end: Cursor | None = None
        self._turn = asyncio.Event()
        self._standing: dict[EntryId, Exposure] | None = None
        # Two readings from one place must not be taken in another order than they were made.
        self._looking = asyncio.Lock()
        self.is_current = False
        self.as_of: datetime | None = None

    @property
    def end(self) -> Cursor | None:
        """Where the newest change lies; None before Redis was ever found whole."""
        return self._end

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Follow Redis within this block, through whatever it goes."""
        following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            await tasks.end(following)

    async def turned(self, wait_s: float) -> None:
        """Return when something has changed, or after a while."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._turn.wait(), wait_s)

    async def after(self, cursor: Cursor, limit: int = AT_ONCE) -> Sequence[ExposureChange]:
        """Return the next changes after a cursor of this build, in their order.

        Raises ``Unavailable`` when they must be read and cannot be.
        """
        end = self._end
        if end is not None and end.build == cursor.build and cursor.number >= self._floor:
            return self._newer_than(cursor.number, limit)
        return (await self._serving.exposure_log(cursor, limit)).changes

    async def snapshot(self) -> tuple[list[Exposure], Cursor]:
        """Return all that stands, and the cursor that its changes follow.

        It is as of this call. Raises ``Unavailable`` while it is not known to be all.
        """
        async with self._looking:
            while await self._look() == AT_ONCE:
                pass
            if self._standing is None:
                # What changes while it is read is read once more, by the next look.
                exposures, _ = await self._serving.exposures()
                self._standing = {each.entry_id: each for each in exposures}
            if self._end is None or not self.is_current:
                raise Rebuilding
            return list(self._standing.values()), self._end

    async def _follow(self) -> None:
        while True:
            with suppress(Unavailable):
                async with self._looking:
                    await self._look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> int:
        """Take the next changes, wake whoever waits for one, and return how many they were."""
        before = (self._end, self.is_current)
        try:
            return self._take(await self._serving.exposure_log(self._end, AT_ONCE))
        except Unavailable:
            self.is_current = False
            raise
        finally:
            if (self._end, self.is_current) != before:
                self._turn.set()
                self._turn = asyncio.Event()

    def _take(self, log: ExposureLog) -> int:
        self.is_current, self.as_of = log.is_current, log.as_of
        if self._end is None or log.end.build != self._end.build:
            # What was kept is of a Redis that is no more.
            self._steps, self._floor, self._end = {}, log.end.number, log.end
            self._standing = None
            return 0
        for change in log.changes:
            # Only the newest of an entry is kept, so nothing of a withdrawn exposure stays here.
            self._steps.pop(change.entry_id, None)
            self._steps[change.entry_id] = change
            if self._standing is None:
                continue
            if change.exposure is None:
                self._standing.pop(change.entry_id, None)
            else:
                self._standing[change.entry_id] = change.exposure
        while len(self._steps) > KEPT:
            oldest = self._steps.pop(next(iter(self._steps)))
            self._floor = oldest.cursor.number
        self._end = log.end
        return len(log.changes)

    def _newer_than(self, number: int, limit: int) -> Sequence[ExposureChange]:
        found = []
        for change in reversed(self._steps.values()):
            if change.cursor.number <= number:
                break
            found.append(change)
        return found[::-1][:limit]
