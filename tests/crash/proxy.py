"""A proxy between workers and the broker that holds a request, and delivers it seconds later.

It reads the frames of Kafka's protocol as far as their kind (KIP-98 for those of a transaction),
and puts its own port where the broker's answers name theirs, so that clients stay with it.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from types import TracebackType
from typing import Final, Self

_HOST: Final = "127.0.0.1"
_LENGTH: Final = struct.Struct(">i")
_KIND: Final = struct.Struct(">h")
_AT_ONCE: Final = 1 << 16
_ACCEPT_SECONDS: Final = 0.2


class Request(IntEnum):
    """The requests of a transaction, by their number in the protocol."""

    PRODUCE = 0
    ADD_PARTITIONS = 24
    ADD_OFFSETS = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


@dataclass
class Trap:
    """What to hold: the first such request; ``drops`` ends its client's connection at once."""

    request: Request
    seconds: float
    drops: bool
    caught: threading.Event = field(default_factory=threading.Event)
    delivered: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Listens on a free port until it is closed."""

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.partition(":")
        self._broker = (host, int(port))
        self._door = socket.create_server((_HOST, 0))
        self._door.settimeout(_ACCEPT_SECONDS)
        self._trap: Trap | None = None
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._door.close()
        for end in self._ends:
            _shut(end)

    @property
    def bootstrap(self) -> str:
        """Where clients find it."""
        return f"{_HOST}:{self._port}"

    @property
    def _port(self) -> int:
        return int(self._door.getsockname()[1])

    def hold(self, request: Request, *, seconds: float, drops: bool) -> Trap:
        """Hold the next such request for so long."""
        trap = Trap(request, seconds, drops)
        with self._guard:
            self._trap = trap
        return trap

    def _accept(self) -> None:
        own, theirs = _place(self._port), _place(self._broker[1])
        while not self._closing.is_set():
            try:
                client, _ = self._door.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                broker = socket.create_connection(self._broker)
            except OSError:
                client.close()
                continue
            self._ends += [client, broker]
            threading.Thread(target=self._carry, args=(client, broker), daemon=True).start()
            threading.Thread(
                target=_answer, args=(broker, client, theirs, own), daemon=True
            ).start()

    def _carry(self, client: socket.socket, broker: socket.socket) -> None:
        trapped = False
        with suppress(OSError):
            for frame in _frames(client):
                trap = self._sprung(frame)
                if trap is not None:
                    trapped = True
                    if trap.drops:
                        _shut(client)
                    self._closing.wait(trap.seconds)
                broker.sendall(frame)
                if trap is not None:
                    trap.delivered.set()
        if trapped:
            # The broker drops what a closed connection had sent but not begun with.
            self._closing.wait(1.0)
        _shut(broker)

    def _sprung(self, frame: bytes) -> Trap | None:
        with self._guard:
            trap = self._trap
            (kind,) = _KIND.unpack_from(frame, _LENGTH.size)
            if trap is None or kind != trap.request:
                return None
            self._trap = None
        trap.caught.set()
        return trap


def _answer(broker: socket.socket, client: socket.socket, theirs: bytes, own: bytes) -> None:
    with suppress(OSError):
        for frame in _frames(broker):
            # After its client has gone, answers are read on and thrown away.
            with suppress(OSError):
                client.sendall(frame.replace(theirs, own))
    _shut(client)


def _place(port: int) -> bytes:
    """Return an address as answers of the protocol name it."""
    return _HOST.encode() + _LENGTH.pack(port)


def _frames(source: socket.socket) -> Iterator[bytes]:
    while head := _exactly(source, _LENGTH.size):
        body = _exactly(source, _LENGTH.unpack(head)[0])
        if not body:
            return
        yield head + body


def _exactly(source: socket.socket, size: int) -> bytes:
    """Return so many bytes, nothing when the connection ends before."""
    parts, left = list[bytes](), size
    while left:
        part = source.recv(min(left, _AT_ONCE))
        if not part:
            return b""
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
