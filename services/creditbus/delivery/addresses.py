"""Addresses: where a webhook's name leads, looked up apart from everybody else, judged, and kept.

A client connects to the very addresses that were judged here: whoever looks a name up twice can be
told two things. Each body has a look-up of its own on a thread of its own, so a name server that
does not answer holds up the one body that named it.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

METADATA_NAMES: Final = frozenset({"metadata", "metadata.google.internal"})
METADATA_ADDRESSES: Final = frozenset({"fd00:ec2::254", "100.100.100.200"})

Found = Sequence[tuple[Any, Any, int, str, tuple[Any, ...]]]
LookUp = Callable[[str, int], Found]
"""Returns what a name stands for at a port, as ``socket.getaddrinfo`` does; raises ``OSError``."""


class AddressRefused(OSError):
    """A name leads where nothing may be sent; the sentence says where."""


def by_system(host: str, port: int) -> Found:
    """Look a name up as this machine does."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class GuardedResolver(AbstractResolver):
    """What one body's client asks where to connect to; ``url`` is judged with each answer."""

    def __init__(self, url: str, look_up: LookUp = by_system) -> None:
        self._url = url
        self._look_up = look_up
        self._asked: asyncio.Future[Found] | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name; raises ``AddressRefused`` when one is forbidden."""
        if self._asked is None or self._asked.done():
            self._asked = self._ask(host, port)
        # Whoever gives up leaves the look-up to the next one that asks.
        found = await asyncio.shield(self._asked)
        if why_not := why_not_target(self._url, [str(place[0]) for *_, place in found]):
            raise AddressRefused(why_not)
        return [
            ResolveResult(
                hostname=host,
                host=str(place[0]),
                port=port,
                family=int(kind),
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, place in found
            if family in {socket.AF_UNSPEC, kind}
        ]

    async def close(self) -> None:
        """Leave a look-up that is under way to itself: its thread keeps nobody waiting."""

    def _ask(self, host: str, port: int) -> asyncio.Future[Found]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Found] = loop.create_future()
        # Retrieved here already, because whoever asked may have given up.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())

        def look_up() -> None:
            try:
                outcome: Found | OSError = self._look_up(host, port)
            except (OSError, UnicodeError) as fault:
                outcome = OSError(f"{host} cannot be looked up: {fault}")
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, answer, outcome)

        threading.Thread(target=look_up, name=f"look-up of {host}", daemon=True).start()
        return answer


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


def literal(host: str) -> list[str]:
    """Return a host that is an address itself: nobody looks it up, so it is judged beforehand."""
    try:
        return [str(ip_address(host.partition("%")[0]))]
    except ValueError:
        return []


def _resolve(answer: asyncio.Future[Found], outcome: Found | OSError) -> None:
    if answer.done():
        return
    if isinstance(outcome, OSError):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
