"""The body that a siege plays itself, and the bus that sends to it.

Of the bus that all tests share, every body's webhook is the demonstration's. Here one of them, to
which nothing of a bystander is ever sent, answers as a blow wants it.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import msgspec

from creditbus.runtime.settings import PREFIX
from creditbus.stack.bus import LocalBus
from creditbus.stack.ports import HOST
from creditbus.stack.services import Plan
from tests.siege.names import NAME, SILENT

CULPRIT_BODY: Final = "real-estate-registry"
"""It carries out what the court's restrictions lead to, and nothing of the bystander's."""

APPLIED: Final = b'{"outcome":"APPLIED","detail":"done"}'
_HANGS_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a body answers; one that hangs answers when it is told another manner."""

    content: bytes = APPLIED
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    hangs: bool = False


@dataclass
class CulpritBody:
    """Its web server, for the whole siege; ``acted`` are subject and action, each as it came."""

    silent: Path
    acted: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0
    port: int = 0
    _manner: Manner = Manner()
    _changed: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Return its webhook."""
        return f"http://{NAME}:{self.port}/v1/directives"

    @contextmanager
    def served(self) -> Iterator[None]:
        """Answer as long as the block lasts."""
        with ThreadingHTTPServer((HOST, 0), _answers_of(self)) as server:
            server.daemon_threads = True
            self.port = server.server_port
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            yield
            server.shutdown()

    @contextmanager
    def behaves(self, manner: Manner) -> Iterator[None]:
        """Answer so during the block, and well afterwards."""
        self._tell(manner)
        try:
            yield
        finally:
            self._tell(Manner())

    @contextmanager
    def nameless(self) -> Iterator[None]:
        """Let no name server answer for it during the block, and break its connections."""
        self.silent.touch()
        try:
            # What is kept open or was just looked up needs no name.
            with self.behaves(Manner(headers=(("Connection", "close"),))):
                yield
        finally:
            self.silent.unlink()

    def answer(self, directive: dict[str, Any]) -> Manner:
        """Take a directive; return how it is answered."""
        self.asked += 1
        manner = self._manner
        if manner.hangs or manner.delay_s:
            self._changed.wait(_HANGS_S if manner.hangs else manner.delay_s)
        if manner.content == APPLIED:
            self.acted.append((directive["subject_id"], directive["action"]))
        return manner

    def _tell(self, manner: Manner) -> None:
        self._manner = manner
        self._changed.set()
        self._changed = threading.Event()


class BesiegedBus(LocalBus):
    """A bus one of whose bodies is the culprit."""

    def __init__(self, culprit: CulpritBody, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.culprit = culprit

    def plan(self, service: str, worker: int = 0) -> Plan:
        """Return how one worker is run; delivery sends to the culprit, under its name."""
        plan = super().plan(service, worker)
        if service != "delivery":
            return plan
        key = f"{PREFIX}WEBHOOKS"
        webhooks = json.loads(plan.env[key]) | {CULPRIT_BODY: self.culprit.url}
        return Plan(
            name=plan.name,
            argv=(sys.executable, "-m", "tests.siege.names", *plan.argv[3:]),
            env={
                **plan.env,
                key: json.dumps(webhooks),
                SILENT: str(self.culprit.silent),
            },
            ready_url=plan.ready_url,
        )


def _answers_of(body: CulpritBody) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            manner = body.answer(msgspec.json.decode(content)["data"])
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(manner.status)
                self.send_header("content-length", str(len(manner.content)))
                for name, value in manner.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(manner.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Answers
