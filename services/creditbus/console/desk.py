"""The desk: what the pages read, for however many of them are open."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI

from creditbus.console.decide import Board, Counts, Stream, board_of
from creditbus.console.interventions import ConsoleInterventions
from creditbus.console.rounds import Rounds
from creditbus.domain.acts.proposals import Proposal
from creditbus.domain.ids import BodyId
from creditbus.runtime import tasks
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.pages import Names, Pages
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
COUNT_EVERY_S: Final = 3.0
KEPT: Final = 120
SHARED_S: Final = 3.0
"""For how long the names of a long view are shared among the pages that show it."""


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
        self.pages = Pages(self.serving)
        self.rounds = Rounds(process)
        self.interventions = ConsoleInterventions(process, self.serving)
        self.proposals: tuple[Proposal, ...] = ()
        self._before: Counts | None = None
        self._read: dict[str, tuple[float, Names]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Look on for as long as the site is served."""
        going = (self._look(), self._count_held(), self.rounds.go(), self.rounds.look_back())
        working = [asyncio.create_task(each) for each in going]
        try:
            yield
        finally:
            for task in working:
                await tasks.end(task)
            await self.serving.close()

    async def owed_names(self, body: BodyId | None, least: int | None) -> Names:
        """Return the names of what is owed, read once for all pages that ask at a time."""
        return await self._shared(f"owed {body} {least}", lambda: self.pages.owed(body, least))

    async def exposed_names(self, _least: int | None) -> Names:
        """Return the names of what the public sees, likewise."""
        return await self._shared("exposed", self.pages.exposed)

    async def _shared(self, what: str, read: Callable[[], Awaitable[Names]]) -> Names:
        async with self._locks[what]:
            at, names = self._read.get(what, (float("-inf"), ((), 0)))
            if time.monotonic() - at >= SHARED_S:
                names = await read()
                now = time.monotonic()
                fresh = {key: held for key, held in self._read.items() if now - held[0] < SHARED_S}
                self._read = {**fresh, what: (now, names)}
            return names

    async def check(self) -> None:
        """Raise while the views cannot be read; old ones can, and say so."""
        await self.serving.overview()

    async def _count_held(self) -> None:
        """Count for Prometheus, and for every page, what waits for a second person."""
        meters = self.process.meters
        while True:
            with suppress(Unavailable):
                self.proposals = await self.interventions.proposals()
                now = self.process.clock.now()
                ages = [(now - each.at).total_seconds() for each in self.proposals]
                meters.set("held_batches", len(ages))
                meters.set("held_batch_seconds", max(ages, default=0))
            await asyncio.sleep(COUNT_EVERY_S)

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
        "received": sum(source.received - source.tried for source in overview.sources.values()),
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
            name: (each.received - each.tried, each.duplicate, each.refused, each.dead)
            for name, each in overview.sources.items()
        },
        reasons=overview.reasons,
        owed={
            body: (each.lifts, each.applies, each.oldest_lift_at)
            for body, each in overview.owed.items()
        },
        said={body: each.said for body, each in overview.owed.items()},
    )
