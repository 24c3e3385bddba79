"""Streams: the exposures as server-sent events, for as long as the reader stays.

The standard lets a reader come again after a broken connection, and makes it give up for good on
any status but 200. So a stream begins with 200 whatever the reader last heard and whether or not
Redis is there, lives through whatever Redis goes through, and says ``reset`` where what was told
before counts no more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final

import msgspec

from creditbus.domain.effects.exposures import Exposure
from creditbus.feed.decide import Reset, change_of, tellable, visible
from creditbus.runtime.clock import Clock
from creditbus.runtime.http.streams import COME_AGAIN, server_sent
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.served import Cursor, ExposureChange
from creditbus.runtime.redis.tail import LOOK_EVERY_S, Tail

RESUMED_ELSEWHERE: Final = "the last event id is of no change that is kept; this is all that stands"
REBUILT: Final = "the views were built anew; this is all that stands"
_AT_ONCE: Final = 200
_REST_S: Final = 1.0
_AHEAD_S: Final = 5 * LOOK_EVERY_S


class Stream:
    """What one reader is told; ``last`` is the id of the last event it has heard, if any.

    ``is_welcome`` is asked now and then whether the reader may still be told anything.
    """

    def __init__(self, tail: Tail, clock: Clock, last: str, is_welcome: Callable[[], bool]) -> None:
        self._tail = tail
        self._clock = clock
        self._is_welcome = is_welcome
        self._place = Cursor.of(last)
        self._has_told = bool(last)
        self._reason = RESUMED_ELSEWHERE
        self._withdrawn_to = 0

    async def events(self) -> AsyncIterator[bytes]:
        """Yield events as they are written to the connection, one or many at once."""
        yield COME_AGAIN
        await self._meet_the_tail()
        while self._is_welcome():
            try:
                async for some in self._next():
                    yield some
            except Unavailable:
                await self._tail.turned(_REST_S)

    async def _meet_the_tail(self) -> None:
        """Give the tail a moment to see a change that the reader has seen already."""
        place, end = self._place, self._tail.end
        if place is not None and (end is None or end.number < place.number):
            await self._tail.turned(_AHEAD_S)
            end = self._tail.end
        if place is not None and end is not None and end.number < place.number:
            # No change has this number: it is of another log.
            self._place = None

    async def _next(self) -> AsyncIterator[bytes]:
        end, place = self._tail.end, self._place
        if end is None:
            await self._tail.turned(_REST_S)
        elif place is None or place.build != end.build:
            async for some in self._anew():
                yield some
        else:
            changes = await self._tail.after(place)
            if some_told := self._told(changes):
                yield some_told
            if self._place == place:
                await self._tail.turned(_REST_S)

    async def _anew(self) -> AsyncIterator[bytes]:
        exposures, cursor = await self._tail.snapshot()
        seen = visible(exposures, self._clock.now())
        if self._has_told:
            reset = Reset(reason=self._reason, exposures=len(seen))
            yield _event("reset", reset, None if seen else cursor)
        for start in range(0, len(seen), _AT_ONCE):
            part = seen[start : start + _AT_ONCE]
            # Only the last one has an id: a reader that breaks off before begins anew.
            is_last = start + _AT_ONCE >= len(seen)
            yield b"".join(self._standing(part, cursor if is_last else None))
        self._place, self._has_told, self._reason, self._withdrawn_to = cursor, True, REBUILT, 0

    def _standing(self, part: Sequence[Exposure], cursor: Cursor | None) -> Iterable[bytes]:
        at = self._clock.now()
        for number, exposure in enumerate(part, start=1):
            change = change_of(exposure.entry_id, exposure, at)
            yield _event(change.change, change, cursor if number == len(part) else None)

    def _told(self, changes: Sequence[ExposureChange]) -> bytes:
        """Return what may be told of some changes, and go on behind them if that is all of them."""
        at = self._clock.now()
        steps, is_all = tellable(changes, is_current=self._tail.is_current)
        if not is_all:
            # Withdrawals overtake what has to wait; without ids, so that it is not left out later.
            steps = [step for step in steps if step.cursor.number > self._withdrawn_to]
        told = [
            _event(change.change, change, step.cursor if is_all else None)
            for step in steps
            for change in [change_of(step.entry_id, step.exposure, at)]
        ]
        if changes:
            self._withdrawn_to = changes[-1].cursor.number
            self._place = changes[-1].cursor if is_all else self._place
        return b"".join(told)


def _event(name: str, content: msgspec.Struct, cursor: Cursor | None) -> bytes:
    return server_sent(name, msgspec.json.encode(content), cursor)
