"""The ports of the local stack: fixed ones for people, a free block for tests.

A port that is taken is named with its holder before anything starts, because a server's own
complaint would be buried in its log.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec
import psutil

from creditbus.stack.errors import PortTaken
from creditbus.wire.topics import SERVICES

HOST: Final = "127.0.0.1"
METRICS_RANGE: Final = 200
METRICS_STEP: Final = 10
FURTHER_RANGE: Final = 4
# Below the range that systems give to outgoing connections, so a free port stays free.
FREE_FROM: Final = 10_000
FREE_TO: Final = 32_000

_claimed: Final[list[int]] = []
"""A locked file for each block that this process has chosen, until it ends."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything listens, always on the loopback address."""

    kafka: int = 19092
    controller: int = 19093
    registry: int = 18081
    redis: int = 16379
    gateway: int = 8080
    query: int = 8081
    feed: int = 8082
    console: int = 8083
    body: int = 8090
    metrics: int = 9100
    further: int = 19094
    """The first of a block for the brokers after the first, and their controllers."""

    def broker(self, number: int) -> tuple[int, int]:
        """Return the ports of a broker and of its controller.

        >>> Ports().broker(1), Ports().broker(3)
        ((19092, 19093), (19096, 19097))
        """
        if number == 1:
            return self.kafka, self.controller
        first = self.further + 2 * (number - 2)
        return first, first + 1

    def metrics_of(self, service: str, worker: int = 0) -> int:
        """Return the metrics port of one worker of a service.

        >>> Ports().metrics_of("listing", 1)
        9111
        """
        return self.metrics + METRICS_STEP * SERVICES.index(service) + worker

    def servers(self, brokers: int = 1) -> dict[str, int]:
        """Return the ports of the servers by field name."""
        further = {
            f"further of broker {number}": port
            for number in range(2, brokers + 1)
            for port in self.broker(number)
        }
        return self._named("kafka", "controller", "registry", "redis") | further

    def web(self) -> dict[str, int]:
        """Return the ports of the services that answer HTTP by field name."""
        return self._named("gateway", "query", "feed", "console", "body")

    def _named(self, *names: str) -> dict[str, int]:
        return {name: getattr(self, name) for name in names}


def single() -> list[str]:
    """Return the fields that are one port each."""
    return [name for name in Ports.__struct_fields__ if name not in {"metrics", "further"}]


def free() -> Ports:
    """Return ports nobody uses: one block, metrics at its end.

    Blocks do not overlap, so that whoever listens on a few ports of one keeps all of it: a worker
    that joins later finds its own free. Nobody else gets it before anything listens either.
    """
    names = single()
    size = len(names) + FURTHER_RANGE + METRICS_RANGE
    blocks = list(range(FREE_FROM, FREE_TO - size, size))
    secrets.SystemRandom().shuffle(blocks)
    for first in blocks:
        if all_free(range(first, first + size)) and _claim(first):
            chosen = {name: first + place for place, name in enumerate(names)}
            further = first + len(names)
            return Ports(**chosen, further=further, metrics=further + FURTHER_RANGE)
    raise PortTaken(
        f"no block of {size} free ports was found between {FREE_FROM} and {FREE_TO}. "
        f"End what listens there, or use the fixed ports."
    )


def _claim(first: int) -> bool:
    """Take a block for the life of this process; another one of this user may hold it."""
    path = Path(tempfile.gettempdir()) / f"creditbus-ports-{os.getuid()}-{first}"
    claim = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return False
    _claimed.append(claim)
    return True


def all_free(numbers: range) -> bool:
    """Return whether every one of these ports can be listened on."""
    with ExitStack() as held:
        for number in numbers:
            listener = held.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, number))
            except OSError:
                return False
    return True


def setting_of(field: str) -> str:
    """Return the setting that moves a port.

    >>> setting_of("kafka")
    'CREDITBUS_KAFKA_PORT'
    """
    return f"CREDITBUS_{field.upper()}_PORT"


def refuse_taken(wanted: dict[str, int]) -> None:
    """Refuse ports (by field name) that another process listens on, naming it and the setting."""
    taken = [_sentence(field, port) for field, port in wanted.items() if not _is_free(port)]
    if taken:
        elsewhere = "To leave all of them to others: CREDITBUS_FREE_PORTS=true takes free ports."
        raise PortTaken("\n".join([*taken, elsewhere]))


def _is_free(port: int) -> bool:
    return all_free(range(port, port + 1))


def _sentence(field: str, port: int) -> str:
    holder = "; ".join(_holders(port)) or "a process that this user may not see"
    return (
        f"Port {port} ({field}) is taken by {holder}. End it, or set {setting_of(field)} "
        f"to another port."
    )


def _holders(port: int) -> Iterator[str]:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return
    for connection in connections:
        address = connection.laddr
        listening = connection.status == psutil.CONN_LISTEN and address and address.port == port
        if listening and connection.pid:
            yield f"pid {connection.pid} ({_command(connection.pid)})"


def _command(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline())[:100]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return "unknown"
