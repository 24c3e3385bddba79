"""The demonstration's executing bodies: they verify, fence, act and acknowledge, like real ones.

One process plays all of them, under ``/bodies/<body>/v1/directives``. ``GET /received`` tells what
came in, for the board; ``python -m creditbus.demo.bodies`` runs it with the settings of the local
bus.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response

from creditbus.domain.effects.directives import Directive, Outcome
from creditbus.runtime.clock import Clock, SystemClock
from creditbus.runtime.settings import Settings, read_settings
from creditbus.sdk.receiver import Answered, Fence, Forged, Receiver
from creditbus.wire.records import json_of

_REMEMBERED: Final = 200_000
_JSON: Final = "application/json"


class Received(msgspec.Struct, frozen=True):
    """A directive that a body has acted on, and when it came in."""

    body: str
    caused_by: str
    obligation_id: str
    measure_id: str
    action: str
    revision: int
    subject_id: str
    outcome: str
    received_at: datetime


class Bodies:
    """All bodies of the demonstration, each with a fence in a file of its own."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        folder = settings.state / "bodies"
        folder.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self.received: list[Received] = []
        self._fences = ExitStack()
        self._receivers = {
            body: Receiver(secret, self._fence(folder / f"{body}.sqlite"))
            for body, secret in settings.webhook_secrets.items()
        }

    def take(self, body: str, headers: dict[str, str], content: bytes) -> Answered | None:
        """Return the answer of a body to a delivery, None when there is no such body."""
        receiver = self._receivers.get(body)
        if receiver is None:
            return None
        return receiver.receive(headers, content, lambda directive: self._act(body, directive))

    def close(self) -> None:
        """Close every fence."""
        self._fences.close()

    def _fence(self, path: Path) -> Fence:
        return self._fences.enter_context(Fence(path, now=self._clock.now))

    def _act(self, body: str, directive: Directive) -> Answered:
        # A real body would change its own system here, after a human's review where it burdens.
        reviewed = "reviewed by a human, " if directive.human_review else ""
        answer = Answered(Outcome.APPLIED, f"{reviewed}{directive.action.lower()} done")
        if len(self.received) < _REMEMBERED:
            self.received.append(
                Received(
                    body=body,
                    caused_by=directive.caused_by,
                    obligation_id=directive.obligation_id,
                    measure_id=directive.measure_id,
                    action=directive.action,
                    revision=directive.revision,
                    subject_id=directive.subject_id,
                    outcome=answer.outcome,
                    received_at=self._clock.now(),
                )
            )
        return answer


def build(settings: Settings, clock: Clock) -> FastAPI:
    """Return the bodies' web application."""
    bodies = Bodies(settings, clock)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        with closing(bodies):
            yield

    app = FastAPI(
        title="Executing bodies of the demonstration",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )

    @app.post("/bodies/{body}/v1/directives")
    async def deliver(body: str, request: Request) -> Response:
        try:
            answer = bodies.take(body, dict(request.headers), await request.body())
        except Forged as fault:
            return Response(msgspec.json.encode({"detail": str(fault)}), 401, media_type=_JSON)
        if answer is None:
            return Response(b'{"detail":"no such body"}', 404, media_type=_JSON)
        return Response(json_of(answer), media_type=_JSON)

    @app.get("/received")
    async def received(after: int = 0, subject: str = "") -> Response:
        found = bodies.received[after:]
        if subject:
            found = [each for each in found if each.subject_id == subject]
        return Response(msgspec.json.encode(found), media_type=_JSON)

    @app.get("/health/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    return app


def main() -> None:
    """Run the bodies until they are told to stop."""
    settings = read_settings()
    uvicorn.run(
        build(settings, SystemClock()),
        host=settings.host,
        port=settings.body_port,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
