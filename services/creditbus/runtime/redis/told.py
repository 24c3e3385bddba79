"""Told fates: what became of parties' records, in the order in which it was found out.

However many follow, Redis is asked ten times a second by one reader of the process, and only about
those that somebody follows. Whoever is further behind than what the reader keeps reads for itself;
whoever is further behind than what Redis keeps is told so, and asks the pages.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, Self

import msgspec

from creditbus.domain.ids import SourceId
from creditbus.runtime import tasks
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis import served
from creditbus.runtime.redis.fates import ArrivalFate, Fates
from creditbus.runtime.redis.reads import Part, Serving
from creditbus.runtime.redis.served import Lease

LOOK_EVERY_S: Final = 0.1
KEPT: Final = 1_000
AT_ONCE: Final = 1_000
_FIRST: Final = (0, 0)

Told = tuple["FateCursor", bytes]
"""A fate as it is told, and the cursor that what follows comes after."""


class FateCursor(msgspec.Struct, frozen=True, order=True):
    """A place among the told fates of one party, in one build of Redis.

    >>> FateCursor.of("1764500000000000-1764500000001-0")
    FateCursor(build='1764500000000000', at=(1764500000001, 0))
    >>> str(FateCursor("1", (2, 3))), FateCursor.of("1-2"), FateCursor.of("1-2-x")
    ('1-2-3', None, None)
    """

    build: str
    at: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.build}-{self.at[0]}-{self.at[1]}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Return the cursor that a text writes, None for a text that is no cursor."""
        parts = text.split("-")
        if len(parts) != 3 or not all(map(served.is_number, parts)):
            return None
        return cls(parts[0], (int(parts[1]), int(parts[2])))


class Follow:
    """One party's newest told fates; ``end`` is where they end, None before that is known."""

    def __init__(self) -> None:
        self.end: FateCursor | None = None
        self.kept: deque[Told] = deque(maxlen=KEPT)
        self.floor: FateCursor | None = None
        self.followers = 0
        self._turn = asyncio.Event()

    async def turned(self, wait_s: float) -> None:
        """Return when something was told, or after a while."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._turn.wait(), wait_s)

    def begin(self, end: FateCursor) -> None:
        """Begin where the fates end now; nothing before is kept."""
        self.kept.clear()
        self.end = self.floor = end
        self._wake()

    def take(self, told: Sequence[Told], end: FateCursor) -> None:
        """Take what was told since; ``end`` is behind all of it."""
        for each in told:
            if len(self.kept) == KEPT:
                self.floor = self.kept[0][0]
            self.kept.append(each)
        self.end = end
        self._wake()

    def _wake(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()


class ToldFates:
    """The told fates of all parties that somebody follows; ``tell`` makes of one what is told."""

    def __init__(self, serving: Serving, tell: Callable[[ArrivalFate], bytes]) -> None:
        self._serving, self._tell = serving, tell
        self._fates = Fates(serving)
        self._follows: dict[SourceId, Follow] = {}

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Follow Redis within this block, through whatever it goes."""
        reading = asyncio.create_task(self._read())
        try:
            yield
        finally:
            await tasks.end(reading)

    @contextmanager
    def of(self, party: SourceId) -> Iterator[Follow]:
        """Give one party's newest fates for as long as somebody follows them."""
        follow = self._follows.setdefault(party, Follow())
        follow.followers += 1
        try:
            yield follow
        finally:
            follow.followers -= 1
            if not follow.followers:
                del self._follows[party]

    def following(self, party: SourceId) -> int:
        """Return how many follow a party."""
        follow = self._follows.get(party)
        return follow.followers if follow is not None else 0

    async def after(
        self, party: SourceId, follow: Follow, cursor: FateCursor
    ) -> tuple[list[Told], FateCursor] | None:
        """Return what was told next after a cursor of this build, and the cursor behind it.

        None where some of it is kept no more. Raises ``Unavailable`` when it must be read, and
        cannot be.
        """
        assert follow.end is not None
        if follow.floor is not None and cursor >= follow.floor:
            newer = [each for each in follow.kept if each[0] > cursor]
            return newer, newer[-1][0] if newer else cursor
        _, (first, length, found) = await self._serving.ask_held(Lease.ALL, *_next(party, cursor))
        if _is_gone(first, length, cursor):
            return None
        return await self._told(party, cursor, found)

    async def _read(self) -> None:
        while True:
            is_more = False
            with suppress(Unavailable):
                is_more = await self._look()
            await asyncio.sleep(0 if is_more else LOOK_EVERY_S)

    async def _look(self) -> bool:
        """Take what was told since the last look; return whether there may be more already."""
        follows = list(self._follows.items())
        if not follows:
            return False
        asked = [
            part
            for party, each in follows
            for part in (_next(party, each.end) if each.end else _last(party))
        ]
        _, (build, *answers) = await self._serving.ask_held(
            Lease.ALL, lambda ask: ask.get(served.BUILD), *asked
        )
        triples = zip(answers[0::3], answers[1::3], answers[2::3], strict=True)
        name, is_more = (build or b"").decode(), False
        for (party, follow), (first, length, found) in zip(follows, triples, strict=True):
            if follow.end is None:
                follow.begin(FateCursor(name, _place(found[0]) if found else _FIRST))
            elif follow.end.build != name or _is_gone(first, length, follow.end):
                # What was told is of a Redis that is no more, or more was told meanwhile than is
                # kept: the next look finds where it ends now.
                follow.end, is_more = None, True
            elif found:
                follow.take(*await self._told(party, follow.end, found))
                is_more = is_more or len(found) == AT_ONCE
        return is_more

    async def _told(
        self, party: SourceId, before: FateCursor, found: list[Any]
    ) -> tuple[list[Told], FateCursor]:
        """Return what some entries tell, without what is forgotten, and the cursor behind them."""
        build = before.build
        cursors = {int(each[1][b"place"]): FateCursor(build, _place(each)) for each in found}
        fates = await self._fates.between(party, list(cursors))
        told = [(cursors[each.place], self._tell(each)) for each in fates]
        return told, FateCursor(build, _place(found[-1])) if found else before


def _place(entry: tuple[bytes, Any]) -> tuple[int, int]:
    at, _, number = entry[0].decode().partition("-")
    return int(at), int(number)


def _is_gone(first: list[Any], length: int, cursor: FateCursor) -> bool:
    """Return whether something after a cursor is kept no more."""
    return length >= served.TOLD_KEPT and bool(first) and _place(first[0]) > cursor.at


def _next(party: SourceId, cursor: FateCursor) -> tuple[Part, Part, Part]:
    """Ask what is kept at all, and what is next."""
    key, after = served.told_key(party), f"({cursor.at[0]}-{cursor.at[1]}"
    return (
        lambda ask: ask.xrange(key, count=1),
        lambda ask: ask.xlen(key),
        lambda ask: ask.xrange(key, min=after, count=AT_ONCE),
    )


def _last(party: SourceId) -> tuple[Part, Part, Part]:
    """Ask what was told last; as many answers as ``_next`` has."""
    key = served.told_key(party)
    return (
        lambda ask: ask.xrange(key, count=1),
        lambda ask: ask.xlen(key),
        lambda ask: ask.xrevrange(key, count=1),
    )
