"""Announcements: what a source said that it has sent on a day, kept for a later statement of it.

Like the repeats, they are no view: no topic says what a source announced. They may be lost, and
then a statement tells what came, and nothing of what was announced.
"""

from __future__ import annotations

import asyncio
import zlib
from datetime import date
from typing import Final

import msgspec
from redis.asyncio import Redis

from creditbus.wire.statements import ControlTotals

KEPT_S: Final = 40 * 24 * 3600
"""Longer than what became of a record is known."""

_FASTEST: Final = 1
"""Ids are mostly chance: a higher level takes three times as long and saves a hundredth."""

_PREFIX: Final = "creditbus:announced:"


class Announcements:
    """The last control totals of each source and day.

    Those of a large day are megabytes, which are packed and unpacked beside the event loop.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def of(self, source: str, day: date) -> ControlTotals | None:
        """Return what a source announced of a day last, None where that is not known."""
        held = await self._client.get(_key(source, day))
        if held is None:
            return None
        assert isinstance(held, bytes)
        return await asyncio.to_thread(_unpacked, held)

    async def keep(self, source: str, totals: ControlTotals) -> None:
        """Keep what a source announces of a day, in place of what it did before."""
        packed = await asyncio.to_thread(_packed, totals)
        await self._client.set(_key(source, totals.day), packed, ex=KEPT_S)


def _packed(totals: ControlTotals) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(totals), _FASTEST)


def _unpacked(held: bytes) -> ControlTotals:
    return msgspec.msgpack.decode(zlib.decompress(held), type=ControlTotals)


def _key(source: str, day: date) -> str:
    return f"{_PREFIX}{source} {day}"
