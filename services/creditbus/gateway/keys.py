"""Keys: ``Idempotency-Key``, under which a request that is repeated has one answer.

The same key with the same content gives the same receipt; with other content 422, and 409 while the
first is at work. Without a key a repeat is safe as well: the record's own id and revision say that
it is one. So when Redis is away, the request goes on as if it had no key.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Final

import structlog

from creditbus.runtime.http.problems import Invalid, KeyConflict
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.repeats import EarlierRequest

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
LONGEST: Final = 200

Answers = tuple[bytes, bool]
"""The content of an answer, and whether it is that of an earlier request."""


class IdempotencyKeys:
    """The keys of all callers; ``secret`` keeps what was sent from being guessed in Redis."""

    def __init__(
        self, serving: Serving, secret: bytes, logger: structlog.stdlib.BoundLogger
    ) -> None:
        self._serving, self._secret, self._logger = serving, secret, logger

    async def once(
        self, party: str, key: str, content: bytes, answer: Callable[[], Awaitable[bytes]]
    ) -> Answers:
        """Return the answer to a caller's request, made once for a key; an empty key asks nothing.

        Raises ``KeyConflict`` and ``Invalid``.
        """
        if not key:
            return await answer(), False
        if len(key) > LONGEST or not key.isprintable():
            raise Invalid(
                "PARAMETER_INVALID", HEADER, f"a key has 1 to {LONGEST} printable characters"
            )
        name = sha256(f"{len(party)}:{party}{key}".encode()).hexdigest()
        digest = hmac.digest(self._secret, content, "sha256").hex()
        try:
            async with self._serving.reached():
                earlier = await self._serving.repeats.begin(name, digest)
        except Unavailable as away:
            self._logger.debug("a key is not kept", why=str(away))
            return await answer(), False
        if earlier is not None:
            return _repeated(earlier, digest), True
        return await self._first(name, digest, answer), False

    async def _first(self, name: str, digest: str, answer: Callable[[], Awaitable[bytes]]) -> bytes:
        try:
            made = await answer()
        except BaseException:
            await self._keep(self._serving.repeats.free(name))
            raise
        await self._keep(self._serving.repeats.end(name, digest, made))
        return made

    async def _keep(self, change: Awaitable[None]) -> None:
        try:
            async with self._serving.reached():
                await change
        except Unavailable as away:
            self._logger.debug("a key is not kept", why=str(away))


def _repeated(earlier: EarlierRequest, digest: str) -> bytes:
    if earlier.digest != digest:
        raise KeyConflict(
            "IDEMPOTENCY_KEY_REUSED",
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "the key was used for other content within a day: give each request a key of its own",
        )
    if not earlier.answer:
        raise KeyConflict(
            "IDEMPOTENCY_KEY_IN_USE",
            HTTPStatus.CONFLICT,
            "the first request with this key is still at work: ask again in a moment",
        )
    return earlier.answer
