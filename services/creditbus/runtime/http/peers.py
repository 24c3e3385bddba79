"""Peers: who is connected, how many at once, and how long each may keep the process waiting.

A server sees a request only once its head is complete, so whoever says nothing, or says it byte by
byte, or never reads the answer, is out of an app's sight. This looks at the connections themselves.
What an app does for a complete request takes as long as it takes: streams stay.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from creditbus.runtime.http.bodies import BODY_BOUND_S, BODY_MAX_BYTES
from creditbus.runtime.http.problems import RETRY_AFTER_S
from creditbus.runtime.metrics import Meters
from creditbus.wire.answers import PROBLEM_JSON, Problem

HEAD_BOUND_S: Final = 10.0
"""How long the head of a request may take, from the connection's or its first byte on."""

HEAD_MAX_BYTES: Final = 32 * 1024
KEEP_ALIVE_S: Final = 15.0
"""How long a connection may lie idle between two requests."""

READ_BOUND_S: Final = 10.0
"""How long a peer may read nothing of its answer, while more of it waits to be sent."""

BODY_BYTES_A_S: Final = BODY_MAX_BYTES / BODY_BOUND_S
"""The pace that a body must keep beyond its first seconds, however long it is."""

LOOK_EVERY_S: Final = 0.5
_SPARE_FILES: Final = 256


class Cut(StrEnum):
    """Why a connection was ended by this side."""

    SILENT = "silent"
    SLOW_HEAD = "slow_head"
    SLOW_BODY = "slow_body"
    UNREAD = "unread"
    CROWDED = "crowded"


@dataclass(frozen=True, slots=True)
class PeerBounds:
    """How many connections are held, of everybody and of one address, and how patient we are."""

    connections: int
    of_one: int
    head_s: float = HEAD_BOUND_S
    keep_alive_s: float = KEEP_ALIVE_S
    body_s: float = BODY_BOUND_S + 5
    read_s: float = READ_BOUND_S


class Peers:
    """The connections of one server."""

    def __init__(self, bounds: PeerBounds, meters: Meters) -> None:
        self.bounds = bounds
        self._meters = meters
        self._held: dict[PeerConnection, str] = {}
        self._of_one: Counter[str] = Counter()
        _open_files(bounds.connections + _SPARE_FILES)

    def protocol(self) -> type[asyncio.Protocol]:
        """Return the class of connections that report here, as the server wants it."""
        return type("PeersConnection", (PeerConnection,), {"peers": self})

    async def watch(self) -> None:
        """Look at the connections until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            self.look(clock())
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self, now: float) -> None:
        """End every connection that has kept us waiting for too long."""
        for connection in list(self._held):
            why = connection.overdue(now)
            if why is not None:
                self.cut(connection, why)

    def enter(self, connection: PeerConnection, address: str) -> bool:
        """Take a new connection, and tell whether there is room for what it asks.

        Where one address holds as many as it may, one of its own that lies idle makes room.
        """
        self._held[connection] = address
        self._of_one[address] += 1
        self._meters.set("connections", len(self._held))
        if len(self._held) > self.bounds.connections:
            crowd = max(self._of_one, key=self._of_one.__getitem__)
        elif self._of_one[address] > self.bounds.of_one:
            crowd = address
        else:
            return True
        for other, whose in self._held.items():
            if whose == crowd and other.is_idle and other is not connection:
                self.cut(other, Cut.CROWDED)
                return True
        return False

    def leave(self, connection: PeerConnection) -> None:
        """Forget a connection."""
        address = self._held.pop(connection, None)
        if address is None:
            return
        self._meters.set("connections", len(self._held))
        self._of_one[address] -= 1
        if not self._of_one[address]:
            del self._of_one[address]

    def cut(self, connection: PeerConnection, why: Cut) -> None:
        """End a connection at once, whatever was to be sent."""
        self._meters.add("connections_cut", why=why)
        self.leave(connection)
        connection.transport.abort()


class PeerConnection(HttpToolsProtocol):
    """One connection: what it is waiting for, and since when."""

    peers: Peers

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._asked_at = self._since
        self._unread_since: float | None = None
        self._head_bytes = 0
        self._body_bytes = 0
        self._excused_s = 0.0
        self._looked_at = self._since
        self._is_first = True
        if not self.peers.enter(self, self.client[0] if self.client else ""):
            self.app = _crowded(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.peers.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is a head without end."""
        if self._is_waiting and not self._is_arriving:
            if self._head_bytes > HEAD_MAX_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "HEAD_TOO_LARGE")
                return
            if not self._head_bytes:
                self._since = self.loop.time()
            self._head_bytes += len(data)
        else:
            self._body_bytes += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Note that a request has begun."""
        self._asked_at = self.loop.time()
        self._head_bytes = 0
        self._body_bytes = 0
        self._excused_s = 0.0
        self._is_first = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that all of the request is there, be it answered already or not."""
        super().on_message_complete()
        # One that asks for a WebSocket begins nothing.
        if self.cycle is not None:
            self.cycle.more_body = False

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._since = self.loop.time()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """Leave it to those who know how to talk over it."""
        self.peers.leave(self)
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Note that the peer does not read."""
        self._unread_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the peer reads again."""
        self._unread_since = None
        super().resume_writing()

    def send_400_response(self, what: str) -> None:
        """Return that this was no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, "NOT_HTTP", what)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way: ending it costs the peer another connection, no answer."""
        return self._is_waiting and not self._head_bytes

    def overdue(self, now: float) -> Cut | None:
        """Return why the connection must end by now, if it must."""
        bounds = self.peers.bounds
        since, self._looked_at = now - self._looked_at, now
        if self.flow.read_paused:
            # It is we who do not read.
            self._excused_s += since
        if self._is_arriving and self._unread_since is not None:
            # Who sends everything before it reads is not silent: its answers wait.
            self._unread_since = now
        if self._unread_since is not None and now - self._unread_since > bounds.read_s:
            return Cut.UNREAD
        if not self._is_waiting:
            may_take = bounds.body_s + self._excused_s + self._body_bytes / BODY_BYTES_A_S
            is_late = self._is_arriving and now - self._asked_at > may_take
            return Cut.SLOW_BODY if is_late else None
        waited = now - self._since
        if self._head_bytes:
            return Cut.SLOW_HEAD if waited > bounds.head_s else None
        patience = bounds.head_s if self._is_first else bounds.keep_alive_s
        return Cut.SILENT if waited > patience else None

    @property
    def _is_waiting(self) -> bool:
        """Whether the next request is due: there was none yet, or it was answered."""
        last: Any = self.cycle
        return last is None or last.response_complete

    @property
    def _is_arriving(self) -> bool:
        """Whether more of a request's body is to come."""
        last: Any = self.cycle
        return last is not None and last.more_body

    def _refuse(self, status: HTTPStatus, reason: str, detail: str = "") -> None:
        content = _problem_of(status, reason, detail or status.phrase)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {PROBLEM_JSON}\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + content)
        self.transport.close()


def _crowded(connection: PeerConnection) -> Any:
    """Return what answers in place of the site where there is no room."""

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if b"text/event-stream" in headers.get(b"accept", b""):
            # A stream's reader that is told any status gives up for good; one that is cut off
            # comes again.
            connection.peers.cut(connection, Cut.CROWDED)
            return
        status = HTTPStatus.SERVICE_UNAVAILABLE
        bounds = connection.peers.bounds
        detail = (
            f"more connections than the {bounds.of_one} that one address may hold, or the "
            f"{bounds.connections} of all: close some, or ask again"
        )
        told = [
            (b"content-type", PROBLEM_JSON.encode()),
            (b"retry-after", str(RETRY_AFTER_S).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": status.value, "headers": told})
        content = _problem_of(status, "CONNECTIONS", detail)
        await send({"type": "http.response.body", "body": content})

    return answer


def _problem_of(status: HTTPStatus, reason: str, detail: str) -> bytes:
    told = Problem(title=status.phrase, status=status.value, reason=reason, detail=detail)
    return msgspec.json.encode(told)


def _open_files(wanted: int) -> None:
    """Allow as many open files as the connections need, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
