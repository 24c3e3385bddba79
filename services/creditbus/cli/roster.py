"""Who belongs to the local bus, and how each is: servers, workers, bodies, and workers beside it.

A server is ready when it listens; whatever has a health of its own is asked for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Final, Literal, NamedTuple

import msgspec

from creditbus.stack.cluster import name_of
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.ports import HOST, METRICS_STEP
from creditbus.stack.processes import is_alive, own_memory, recorded, uptime
from creditbus.stack.services import HOSTED, crew, worker_name
from creditbus.stack.sockets import is_listening

Kind = Literal["server", "service", "bodies", "further"]

BODIES: Final = "bodies-0"
FURTHER: Final = "runs beside what `up` started: nobody starts it again"
_ASK_BOUND_S: Final = 2.0
_SILENT: Final = "does not answer"


class ProcessLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``status``; ``why`` is empty while it is ready and there is nothing to say.

    ``restarts`` and ``last_exit`` are of the launcher that keeps it now.
    """

    name: str
    kind: Kind
    pid: int | None
    ready: bool
    why: str
    memory_bytes: int = 0
    """What it holds alone: services share the pages of what they import."""
    uptime_s: float = 0.0
    restarts: int = 0
    last_exit: str = ""


class _Said(NamedTuple):
    """What a process says of itself; one that is ready may still say something."""

    is_ready: bool
    why: str
    worker: str = ""
    """Who it says it is."""


class _Health(msgspec.Struct):
    """What is read of an answer to ``/health/ready``."""

    why: str = ""
    worker: str = ""


class Roster:
    """The processes of one local bus, as its folder and its ports tell of them."""

    def __init__(self, file: StackFile, folder: Folder) -> None:
        self._file = file
        self._known = {each.name: each for each in recorded(folder.records)}
        self._pids = {each.name: each.pid for each in self._known.values() if is_alive(each)}

    def lines(self) -> list[ProcessLine]:
        """Return a line each: the servers, the workers in the order of the flow, and the rest."""
        return [*self._servers(), *self._services(), *self._bodies(), *self._further()]

    def _servers(self) -> Iterator[ProcessLine]:
        ports = self._file.ports
        brokers = range(1, self._file.brokers + 1)
        servers = {name_of(number): ports.broker(number)[0] for number in brokers}
        for name, port in (
            {"valkey": ports.redis} | servers | {"registry": ports.registry}
        ).items():
            is_ready = name in self._pids and is_listening(port)
            yield self._line(name, "server", _Said(is_ready, "" if is_ready else _SILENT))

    def _services(self) -> Iterator[ProcessLine]:
        names = crew(self._file.workers)
        for place, service in enumerate(names):
            # A service's workers are numbered in the order in which it is named.
            worker = names[:place].count(service)
            said = self._asked(self._file.ports.metrics_of(service, worker))
            yield self._line(worker_name(service, worker), "service", said)

    def _bodies(self) -> Iterator[ProcessLine]:
        if BODIES in self._pids:
            yield self._line(BODIES, "bodies", self._asked(self._file.ports.body))

    def _further(self) -> Iterator[ProcessLine]:
        """Yield workers that somebody runs by hand, whom no file knows and a port betrays.

        Whoever else listens there, another bus or none at all, does not belong to this one.
        """
        for service in HOSTED:
            for worker in range(self._file.workers.get(service, 1), METRICS_STEP):
                name, port = (
                    worker_name(service, worker),
                    self._file.ports.metrics_of(service, worker),
                )
                if is_listening(port) and (said := self._asked(port)).worker == name:
                    line = self._line(name, "further", said)
                    yield line if said.why else msgspec.structs.replace(line, why=FURTHER)

    def _line(self, name: str, kind: Kind, said: _Said) -> ProcessLine:
        pid, known = self._pids.get(name), self._known.get(name)
        return ProcessLine(
            name=name,
            kind=kind,
            pid=pid,
            ready=said.is_ready,
            why=said.why,
            memory_bytes=own_memory(pid) if pid else 0,
            uptime_s=uptime(known) if known and pid else 0.0,
            restarts=known.restarts if known else 0,
            last_exit=known.last_exit if known else "",
        )

    def _asked(self, port: int) -> _Said:
        """Return whether a process is ready and, if not or not for everybody, why."""
        connection = HTTPConnection(HOST, port, timeout=_ASK_BOUND_S)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, HTTPException):
            return _Said(is_ready=False, why=_SILENT)
        finally:
            connection.close()
        is_ready = 200 <= answer.status < 300
        try:
            health = msgspec.json.decode(told, type=_Health)
        except msgspec.DecodeError:
            health = _Health(why="" if is_ready else f"HTTP {answer.status}")
        return _Said(is_ready, health.why or ("" if is_ready else _SILENT), health.worker)


def lasting(seconds: float) -> str:
    """Return for how long something has lasted, in its two largest units.

    >>> [lasting(seconds) for seconds in (5, 95, 7_260, 200_000)]
    ['5 s', '1 min 35 s', '2 h 1 min', '2 d 7 h']
    """
    whole = int(seconds)
    parts = ((whole // 86_400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"))
    told = [f"{count} {unit}" for count, unit in (*parts, (whole % 60, "s")) if count]
    return " ".join(told[:2]) or "0 s"
