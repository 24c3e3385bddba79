"""Inventories: which records the last file of a source held, so that a missing one is noticed.

Like the repeats, they are no view: no topic says what a file was. They may be lost, and then a file
is compared with nothing. From a missing row nothing is concluded but a notice (law 2).
"""

from __future__ import annotations

import zlib
from datetime import date
from typing import Final

import msgspec
from redis.asyncio import Redis

KEPT_S: Final = 40 * 24 * 3600
"""Longer than a month, in which the rarest of the official lists is sent anew."""

_PREFIX: Final = "creditbus:inventory:"


class Inventory(msgspec.Struct, frozen=True):
    """The records of a file, and the civil day on which it came."""

    day: date
    records: tuple[str, ...]


class Inventories:
    """The last file of each source and table."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def last(self, source: str, table: str) -> Inventory | None:
        """Return what a source's last file of a table held, None where that is not known."""
        held = await self._client.get(f"{_PREFIX}{source} {table}")
        if held is None:
            return None
        assert isinstance(held, bytes)
        return msgspec.msgpack.decode(zlib.decompress(held), type=Inventory)

    async def keep(self, source: str, table: str, inventory: Inventory) -> None:
        """Keep what a file held in place of the last one."""
        packed = zlib.compress(msgspec.msgpack.encode(inventory))
        await self._client.set(f"{_PREFIX}{source} {table}", packed, ex=KEPT_S)
