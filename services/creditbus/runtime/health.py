"""Health and metrics of one process over HTTP: live, ready, and the figures.

The server has a thread of its own, so that it answers while the process is busy or waiting.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import make_wsgi_app

from creditbus.runtime.metrics import Meters


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the process does its work now, and if not, why not."""

    is_ready: bool
    why: str = ""


class HealthServer:
    """Serves health and metrics until it is closed."""

    def __init__(
        self, address: tuple[str, int], meters: Meters, readiness: Callable[[], Readiness]
    ) -> None:
        self._meters = meters
        self._metrics = make_wsgi_app(meters.registry)
        self._readiness = readiness
        self._server = make_server(
            *address, self._answer, server_class=_Threads, handler_class=_Silent
        )
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
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            self._look()
            answer: Iterable[bytes] = self._metrics(environ, start)
            return answer
        if path == "/health/live":
            return _say(start, "200 OK", {"live": True})
        if path == "/health/ready":
            readiness = self._look()
            status = "200 OK" if readiness.is_ready else "503 Service Unavailable"
            return _say(start, status, {"ready": readiness.is_ready, "why": readiness.why})
        return _say(
            start, "404 Not Found", {"paths": ["/health/live", "/health/ready", "/metrics"]}
        )

    def _look(self) -> Readiness:
        """Ask whether the process does its work, and keep the answer as a metric."""
        readiness = self._readiness()
        self._meters.set("ready", float(readiness.is_ready))
        return readiness


def _say(start: StartResponse, status: str, content: dict[str, object]) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(content).encode()]


class _Threads(WSGIServer):
    allow_reuse_address = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
        """Say nothing: a probe every second is no news."""
