"""An executing body for tests: a web server that verifies what comes and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from standardwebhooks import Webhook

SECRET: Final = "whsec_c2VjcmV0LW9mLWEtdGVzdGVkLWJvZHk="


@dataclass
class Body:
    """What came, in its order, and what each directive is answered."""

    port: int
    delay_s: float = 0
    status: int = 200
    answer: bytes = b'{"outcome":"APPLIED","detail":"done"}'
    received: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    @property
    def url(self) -> str:
        """The webhook's address."""
        return f"http://127.0.0.1:{self.port}/v1/directives"

    def ids(self) -> list[str]:
        """Return the directives that came, by id."""
        return [each["id"] for each in list(self.received)]

    def ids_of(self, obligation: str) -> list[str]:
        """Return the directives of an obligation that came, by id."""
        return [each["id"] for each in list(self.received) if each["subject"] == obligation]

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self.port), _answering(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _answering(body: Body) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            event = Webhook(SECRET).verify(content, dict(self.headers.items()))
            assert event["id"] == self.headers["webhook-id"]
            body.asked += 1
            time.sleep(body.delay_s)
            body.received.append(json.loads(content))
            self.send_response(body.status)
            self.send_header("content-length", str(len(body.answer)))
            self.end_headers()
            # A sender that was killed meanwhile hears no answer.
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body.answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Answering
