"""Errands: how far each source's webhook was told of the fates of its records.

They are no view, and may be lost: whoever tells begins at the newest fate then, and says that some
may have been left out.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, cast

import msgspec
from redis.asyncio import Redis

KEPT_S: Final = 40 * 24 * 3600
"""Longer than what became of a record is known."""

CLAIM_S: Final = 5
"""How long whoever tells the sources may be silent before another one does."""

_PREFIX: Final = "creditbus:errand:"
_TELLER: Final = f"{_PREFIX}:teller"
"""No source has a colon in its name."""


class Errand(msgspec.Struct, frozen=True):
    """How far a webhook was told: ``done`` is the cursor of the last fate that it took.

    ``until`` is that of the last one in the message that is being told, the same until it is taken.
    """

    done: str = ""
    until: str = ""


class Errands:
    """The errands of all sources."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def of(self, source: str) -> Errand:
        """Return how far a source was told, nothing where that is not known."""
        held = await cast(Awaitable[bytes | None], self._client.get(_PREFIX + source))
        return Errand() if held is None else msgspec.json.decode(held, type=Errand)

    async def keep(self, source: str, errand: Errand) -> None:
        """Keep how far a source was told."""
        await self._client.set(_PREFIX + source, msgspec.json.encode(errand), ex=KEPT_S)

    async def claim(self, teller: str) -> bool:
        """Return whether somebody may tell the sources now, as nobody else has done of late.

        A claim holds for ``CLAIM_S`` after it was last made. Two may believe for a moment that they
        hold it; a source hears something twice then, as it may after a crash.
        """
        asked = self._client.set(_TELLER, teller, nx=True, get=True, ex=CLAIM_S)
        held = await cast(Awaitable[bytes | None], asked)
        if held == teller.encode():
            await self._client.expire(_TELLER, CLAIM_S)
        return held in {None, teller.encode()}

    async def release(self, teller: str) -> None:
        """Let another one tell the sources at once."""
        held = await cast(Awaitable[bytes | None], self._client.get(_TELLER))
        if held == teller.encode():
            await self._client.delete(_TELLER)
