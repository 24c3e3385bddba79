"""Health and metrics of one process over HTTP: live, ready, and the figures.

The server has threads of its own, so that it answers while the process is busy or waiting. Whoever
connects and says nothing, or reads nothing, keeps one thread for some seconds and nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from socketserver import TCPServer
from time import monotonic
from typing import Any, Final

import msgspec
from prometheus_client.exposition import choose_encoder

from creditbus.engine.health import Parked
from creditbus.runtime.metrics import Meters

PEER_BOUND_S: Final = 5.0
"""How long one connection may last, whatever its other end does."""

PEERS_MAX: Final = 64
"""How many connections are held at once; one more ends the oldest, which has had its time."""

_JSON: Final = "application/json"
_PATHS: Final = ("/health/live", "/health/ready", "/metrics")


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the process does its work now, and if not, why not.

    ``parked`` are the sources that it cannot read while it does its work for all others.
    """

    is_ready: bool
    why: str = ""
    parked: tuple[Parked, ...] = ()

    @property
    def told(self) -> dict[str, object]:
        """What is told of it over HTTP."""
        told: dict[str, object] = {"ready": self.is_ready, "why": self.why}
        if self.parked:
            told["parked"] = [asdict(each) for each in self.parked]
        return told


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said to one question."""

    status: HTTPStatus
    kind: str
    content: bytes


class HealthServer:
    """Serves health and metrics until it is closed; ``measure`` is called before each scrape.

    ``worker`` is who answers, and is said: on the port of a worker somebody else may listen.
    """

    def __init__(
        self,
        address: tuple[str, int],
        meters: Meters,
        readiness: Callable[[], Readiness],
        measure: Callable[[], None] = lambda: None,
        worker: str = "",
    ) -> None:
        self._meters = meters
        self._measure = measure
        self._readiness = readiness
        self._worker = worker
        self._server = _Server(address, self._answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            name="health",
            daemon=True,
            kwargs={"poll_interval": 0.2},
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering, end the connections that are left and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._server.end_peers()

    def _answer(self, path: str, accepts: str) -> _Answer:
        if path == "/metrics":
            self._look()
            self._measure()
            encode, kind = choose_encoder(accepts)
            return _Answer(HTTPStatus.OK, kind, encode(self._meters.registry))
        if path == "/health/live":
            return _told(HTTPStatus.OK, {"live": True})
        if path == "/health/ready":
            readiness = self._look()
            status = HTTPStatus.OK if readiness.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            return _told(status, {"worker": self._worker, **readiness.told})
        return _told(HTTPStatus.NOT_FOUND, {"paths": _PATHS})

    def _look(self) -> Readiness:
        """Ask whether the process does its work, and keep the answer as a metric."""
        readiness = self._readiness()
        self._meters.set("ready", float(readiness.is_ready))
        return readiness


class _Server(ThreadingHTTPServer):
    """A thread for each connection, and a bound on their number and on the age of each."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Callable[[str, str], _Answer]) -> None:
        self.answer = answer
        self._peers: dict[Any, float] = {}
        super().__init__(address, _Question)

    def server_bind(self) -> None:
        """Bind, and ask no name server what this address is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own."""
        while len(self._peers) >= PEERS_MAX:
            self._end(next(iter(self._peers)))
        self._peers[request] = monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """End whoever has had the time that one may take."""
        now = monotonic()
        for peer, since in list(self._peers.items()):
            if now - since > PEER_BOUND_S:
                self._end(peer)

    def end_peers(self) -> None:
        """End all that are connected."""
        for peer in list(self._peers):
            self._end(peer)

    def shutdown_request(self, request: Any) -> None:
        """End a connection that was answered."""
        self._peers.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a peer that went away: it is no fault of this process."""

    def _end(self, peer: socket) -> None:
        self._peers.pop(peer, None)
        # Its thread wakes up, finds nothing to read, and closes.
        with suppress(OSError):
            peer.shutdown(SHUT_RDWR)


class _Question(BaseHTTPRequestHandler):
    """One question on one connection."""

    server: _Server
    timeout = PEER_BOUND_S
    # What is no HTTP at all is told so with a status too.
    default_request_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        self._say(self.server.answer(path, self.headers.get("Accept", "")))

    def do_HEAD(self) -> None:
        """Answer without the content."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Return what was wrong with the question: another method than GET, or no HTTP at all."""
        del explain
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status = HTTPStatus.METHOD_NOT_ALLOWED
        self.close_connection = True
        self._say(_told(status, {"why": message or status.phrase, "methods": ["GET", "HEAD"]}))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
        """Say nothing: a probe every second is no news."""

    def _say(self, answer: _Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.content)))
        if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def version_string(self) -> str:
        """Return what this server is called; versions are nobody's business."""
        return "creditbus"


def _told(status: HTTPStatus, content: dict[str, object]) -> _Answer:
    return _Answer(status, _JSON, msgspec.json.encode(content))
