"""Webhooks: one signed POST to one address of the operator's settings, bounded in every way.

Signatures follow Standard Webhooks. Redirects and proxies are not followed, and whatever an address
turns out to be, nothing is sent to a machine's own metadata or to link-local neighbours.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from creditbus.runtime.clock import Clock

TRY_BOUND_S: Final = 10.0
TIMEOUTS: Final = httpx.Timeout(5.0, connect=2.0)
ANSWER_BYTES: Final = 64 * 1024
METADATA_NAMES: Final = frozenset({"metadata", "metadata.google.internal"})
METADATA_ADDRESSES: Final = frozenset({"fd00:ec2::254", "100.100.100.200"})


class TargetRefused(ValueError):
    """A webhook's address is one to which nothing may be sent: correct the settings."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status and the beginning of the content, or why nothing did."""

    status: int | None
    content: bytes = b""
    failure: str = ""


class Target:
    """One address, with the secret that signs what is sent there."""

    def __init__(self, url: str, secret: str, clock: Clock, *, connections: int) -> None:
        why_not = why_not_target(url, ())
        if why_not:
            raise TargetRefused(f"webhook {url}: {why_not}")
        parts = urlsplit(url)
        self._url = url
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._signer = Webhook(secret)
        self._clock = clock
        self._client = httpx.AsyncClient(
            timeout=TIMEOUTS,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=connections),
        )

    async def send(self, name: str, content: bytes, content_type: str) -> Reply:
        """Send once; ``name`` is the same at every try, so that the receiver can tell a repeat."""
        try:
            async with asyncio.timeout(TRY_BOUND_S):
                why_not = why_not_target(self._url, await self._addresses())
                if why_not:
                    return Reply(None, failure=why_not)
                return await self._post(self._headers(name, content, content_type), content)
        except TimeoutError:
            return Reply(None, failure=f"no answer within {TRY_BOUND_S:g} s")
        except (httpx.HTTPError, OSError) as failure:
            return Reply(None, failure=f"{type(failure).__name__}: {failure}")

    async def _post(self, headers: dict[str, str], content: bytes) -> Reply:
        asked = self._client.stream("POST", self._url, content=content, headers=headers)
        async with asked as answer:
            received = b""
            async for part in answer.aiter_bytes():
                received += part
                if len(received) >= ANSWER_BYTES:
                    break
        failure = "" if answer.is_success else f"HTTP {answer.status_code}"
        return Reply(answer.status_code, received[:ANSWER_BYTES], failure)

    def _headers(self, name: str, content: bytes, content_type: str) -> dict[str, str]:
        now = self._clock.now()
        return {
            "content-type": content_type,
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(name, now, content.decode()),
        }

    async def _addresses(self) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(
            self._host, self._port, type=socket.SOCK_STREAM
        )
        return [str(address[0]) for *_, address in found]


def why_not_target(url: str, addresses: Iterable[str]) -> str:
    """Return in words why nothing may be sent to a webhook at these addresses, or nothing."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "a webhook is an http or https address with a host"
    if parts.hostname.rstrip(".").lower() in METADATA_NAMES:
        return f"{parts.hostname} is a metadata service"
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified:
            return f"{text} is no address of one reachable host"
        if str(mapped) in METADATA_ADDRESSES:
            return f"{text} is a metadata service"
    return ""
