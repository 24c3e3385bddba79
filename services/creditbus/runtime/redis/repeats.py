"""Repeats: what was answered under an idempotency key, so that the same request is answered alike.

They are no view: no topic says what was answered. They may be lost: a request that nobody remembers
is sent once more, and what it states has an identity of its own, so it is told as a duplicate and
has no second effect. Keys are kept for a day; neither they nor what was sent can be read here.
"""

from __future__ import annotations

from typing import Final

import msgspec
from redis.asyncio import Redis

KEPT_S: Final = 24 * 3600
AT_WORK_S: Final = 30
"""How long a request may be at work before its key is free again: its server may have died."""

_PREFIX: Final = "creditbus:repeats:"
_SIZE: Final = 64


class EarlierRequest(msgspec.Struct, frozen=True):
    """What was asked under a key before, by its digest, and the answer, empty while at work."""

    digest: str
    answer: bytes


class Repeats:
    """The requests of the last day that had a key."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def begin(self, key: str, digest: str) -> EarlierRequest | None:
        """Take the key for a request; return the one that had it before, None when it was free.

        ``digest`` has 64 characters.
        """
        assert len(digest) == _SIZE
        held = await self._client.set(_PREFIX + key, digest, nx=True, get=True, ex=AT_WORK_S)
        if held is None:
            return None
        assert isinstance(held, bytes)
        text = held
        return EarlierRequest(text[:_SIZE].decode(), text[_SIZE:])

    async def end(self, key: str, digest: str, answer: bytes) -> None:
        """Keep the answer to the request that has the key."""
        await self._client.set(_PREFIX + key, digest.encode() + answer, ex=KEPT_S)

    async def free(self, key: str) -> None:
        """Let the key go: the request came to nothing, and may be sent again."""
        await self._client.delete(_PREFIX + key)
