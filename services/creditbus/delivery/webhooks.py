"""Webhooks: one signed POST to one address of the operator's settings, bounded in every way.

Signatures follow Standard Webhooks. Redirects and proxies are not followed, and whatever an address
turns out to be, nothing is sent to a machine's own metadata or to link-local neighbours. Each
target has a client of its own, with connections that are kept alive.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from standardwebhooks import Webhook

from creditbus.delivery.addresses import (
    GuardedResolver,
    LookUp,
    by_system,
    literal,
    why_not_target,
)
from creditbus.runtime.clock import Clock

ANSWER_BYTES: Final = 64 * 1024
CONNECT_BOUND_S: Final = 3.0
_KEPT_ALIVE_S: Final = 30.0
_NAME_KEPT_S: Final = 10


class TargetRefused(ValueError):
    """A webhook's address is one to which nothing may be sent: correct the settings."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status and the beginning of the content, or why nothing did.

    ``content`` is one byte longer than allowed where there is too much of it. ``retry_after_s`` is
    how long the receiver wants to be left in peace, none where it does not say.
    """

    status: int | None
    content: bytes = b""
    failure: str = ""
    encoding: str = ""
    retry_after_s: float | None = None

    @property
    def is_success(self) -> bool:
        """Return whether the receiver took what was sent."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBounds:
    """How many connections there may be, and how long an answer may take."""

    connections: int
    seconds: float


class Target:
    """One address, with the secret that signs what is sent there; used inside one event loop."""

    def __init__(
        self,
        url: str,
        secret: str,
        clock: Clock,
        limits: WebhookBounds,
        *,
        tls: ssl.SSLContext | None = None,
        look_up: LookUp = by_system,
    ) -> None:
        why_not = why_not_target(url, literal(urlsplit(url).hostname or ""))
        if why_not:
            raise TargetRefused(f"webhook {url}: {why_not}")
        self._url = url
        self._signer = Webhook(secret)
        self._clock = clock
        self._limits = limits
        self._tls = tls
        self._resolver = GuardedResolver(url, look_up)
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, name: str, content: bytes, content_type: str, traceparent: str = ""
    ) -> Reply:
        """Send once; ``name`` is the same at every try, so that the receiver can tell a repeat."""
        headers = self._headers(name, content, content_type)
        if traceparent:
            headers["traceparent"] = traceparent
        try:
            try:
                return await self._post(headers, content)
            except aiohttp.ServerDisconnectedError:
                # Mostly a kept connection that the receiver has just given up; it knows repeats.
                return await self._post(headers, content)
        except TimeoutError:
            return Reply(None, failure=f"no answer within {self._limits.seconds:g} s")
        except aiohttp.ClientConnectorError as failure:
            return Reply(None, failure=f"no connection: {failure.os_error}")
        except Exception as failure:  # noqa: BLE001 - see below
            # Whatever a stranger's server makes a client raise is that server's failure alone.
            return Reply(None, failure=f"{type(failure).__name__}: {failure}")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, headers: dict[str, str], content: bytes) -> Reply:
        if self._session is None:
            self._session = self._opened()
        asked = self._session.post(self._url, data=content, headers=headers, allow_redirects=False)
        async with asked as answer:
            received = bytearray()
            while len(received) <= ANSWER_BYTES:
                part = await answer.content.read(ANSWER_BYTES + 1 - len(received))
                if not part:
                    break
                received += part
            else:
                answer.close()
        return Reply(
            answer.status,
            bytes(received),
            "" if answer.ok and answer.status < 300 else f"HTTP {answer.status}",
            answer.headers.get("content-encoding", "").strip().lower(),
            _seconds(answer.headers.get("retry-after"), self._clock.now()),
        )

    def _opened(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._limits.connections,
            keepalive_timeout=_KEPT_ALIVE_S,
            ttl_dns_cache=_NAME_KEPT_S,
            resolver=self._resolver,
            ssl=self._tls if self._tls is not None else True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=self._limits.seconds,
                sock_connect=min(CONNECT_BOUND_S, self._limits.seconds),
            ),
            auto_decompress=False,
            headers={"user-agent": "creditbus", "accept-encoding": "identity"},
        )

    def _headers(self, name: str, content: bytes, content_type: str) -> dict[str, str]:
        now = self._clock.now()
        return {
            "content-type": content_type,
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(name, now, content.decode()),
        }


def _seconds(stated: str | None, now: datetime) -> float | None:
    """Return how many seconds Retry-After asks for, in either of its forms (RFC 9110, 10.2.3)."""
    if stated is None:
        return None
    if stated.strip().isascii() and stated.strip().isdigit():
        return float(stated.strip()[:6])
    try:
        return max(0.0, (parsedate_to_datetime(stated) - now).total_seconds())
    except (TypeError, ValueError):
        return None
