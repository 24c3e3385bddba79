"""The desk: what the pages read, for however many of them are open."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from creditbus.console.decide import Board, Counts, Stream, board_of
from creditbus.runtime import tasks
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import Overview
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    DIRECTIVES,
    DUPLICATES,
    EXPOSURES,
    STANDINGS,
)

LOOK_EVERY_S: Final = 1.0
KEPT: Final = 120


class Watch:
    """What the page of the moment looks at: the last board, the last two minutes, what is away."""

    def __init__(self) -> None:
        self.board: Board | None = None
        self.away: str | None = None
        self.past: deque[Board] = deque(maxlen=KEPT)

    def see(self, board: Board) -> None:
        """Take the next board."""
        self.board, self.away = board, None
        self.past.append(board)


class Desk:
    """Looks at the views every second, and asks them what a page wants to know besides."""

    def __init__(self, process: Process) -> None:
        self.watch = Watch()
        self.process = process
        self.catalogue = process.catalogue
        self.editions = process.editions
        self.serving = Serving.of(process.settings)
        self._before: Counts | None = None

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Look on for as long as the site is served."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            await tasks.end(looking)
            await self.serving.close()

    async def check(self) -> None:
        """Raise while the views cannot be read; old ones can, and say so."""
        await self.serving.overview()

    async def _look(self) -> None:
        while True:
            try:
                counts = counts_of(await self.serving.overview(), self.process)
            except Unavailable as outage:
                self.watch.away = str(outage)
            else:
                self.watch.see(board_of(counts, self._before, self.catalogue))
                self._before = counts
            await asyncio.sleep(LOOK_EVERY_S)


def counts_of(overview: Overview, process: Process) -> Counts:
    """Return an overview as the board needs it, at this instant."""
    topics = overview.topics
    streams: dict[Stream, int] = {
        "received": sum(source.received for source in overview.sources.values()),
        "standings": topics.get(STANDINGS, 0),
        "directives": topics.get(DIRECTIVES, 0),
        "acknowledgements": topics.get(ACKNOWLEDGEMENTS, 0),
        "exposures": topics.get(EXPOSURES, 0),
        "duplicates": topics.get(DUPLICATES, 0),
    }
    return Counts(
        at=process.clock.now(),
        as_of=overview.as_of,
        is_current=overview.is_current,
        subjects=overview.subjects,
        exposures=overview.exposures,
        streams=streams,
        entries=overview.entries,
        sources={
            name: (each.received, each.duplicate, each.refused, each.dead)
            for name, each in overview.sources.items()
        },
        reasons=overview.reasons,
        owed={
            body: (each.lifts, each.applies, each.oldest_lift_at)
            for body, each in overview.owed.items()
        },
        said={body: each.said for body, each in overview.owed.items()},
    )
