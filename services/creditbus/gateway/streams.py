"""Streams: the fates of a caller's records as server-sent events, for as long as it stays.

A stream begins with 200 whatever its reader heard last, and lives through whatever Redis goes
through. Its first event says from where on it tells; ``reset`` says that something was left out,
which the pages have.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from creditbus.domain.ids import SourceId
from creditbus.runtime.http.problems import Busy
from creditbus.runtime.http.streams import COME_AGAIN, server_sent
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.told import FateCursor, Follow, ToldFates
from creditbus.wire.answers import FateReset

STREAMS_OF_ONE: Final = 8
_REST_S: Final = 1.0

TOO_MANY: Final = "more was decided meanwhile than is kept; read the pages for what was before"

UNKNOWN: Final = "the last event id is of no fate that is kept; read the pages for what was before"
REBUILT: Final = "the views were built anew; read the pages for what was told before"


class FateStream:
    """What one reader is told of its party's records; ``last`` is the last id it heard, if any.

    ``is_welcome`` is asked now and then whether the reader may still be told anything.
    """

    def __init__(
        self, fates: ToldFates, party: SourceId, last: str, is_welcome: Callable[[], bool]
    ) -> None:
        if fates.following(party) >= STREAMS_OF_ONE:
            detail = f"{STREAMS_OF_ONE} of your streams are open: close one, or follow one for all"
            raise Busy("TOO_MANY_STREAMS", detail)
        self._fates, self._party = fates, party
        self._is_welcome = is_welcome
        self._place = FateCursor.of(last)
        self._reason = UNKNOWN if last else ""

    async def events(self) -> AsyncIterator[bytes]:
        """Yield events as they are written to the connection, one or many at once."""
        yield COME_AGAIN
        with self._fates.of(self._party) as follow:
            while self._is_welcome():
                try:
                    some = await self._next(follow)
                except Unavailable:
                    some = b""
                if some:
                    yield some
                else:
                    await follow.turned(_REST_S)

    async def _next(self, follow: Follow) -> bytes:
        end, place = follow.end, self._place
        if end is None:
            return b""
        if place is None or place.build != end.build or place > end:
            return self._begun(end)
        found = await self._fates.after(self._party, follow, place)
        if found is None:
            self._reason = TOO_MANY
            return self._begun(end)
        told, self._place = found
        return b"".join(server_sent("fate", content, cursor) for cursor, content in told)

    def _begun(self, end: FateCursor) -> bytes:
        """Begin at the end; what a reader has heard before, or should have, may have a gap."""
        reason, self._place, self._reason = self._reason, end, REBUILT
        if reason:
            return server_sent("reset", msgspec.json.encode(FateReset(reason)), end)
        return server_sent("begin", b"{}", end)
