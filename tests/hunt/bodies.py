"""Bodies of the hunt: those of the demonstration, of which one is dead and one will not lift."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import Request, Response

from creditbus.demo.bodies import build
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.settings import read_settings
from tests.hunt.sealed import Sealed

Answer = Callable[[Request], Awaitable[Response]]


def main() -> None:
    """Run the bodies until they are told to stop."""
    settings, sealed = read_settings(), Sealed.beside(read_settings().home)
    app = build(settings, SystemClock())

    @app.middleware("http")
    async def struck(request: Request, answer: Answer) -> Response:
        parts = request.url.path.split("/")
        body = parts[2] if len(parts) > 2 else ""
        if sealed.stands("dead_body", body):
            return Response(b"", 503)
        if sealed.stands("overdue_lift", body) and is_lift(await request.body()):
            said = json.dumps({"detail": "the case file is locked by another clerk"})
            return Response(said, 500, media_type="application/json")
        return await answer(request)

    uvicorn.run(app, host=settings.host, port=settings.body_port, log_level="error")


def is_lift(content: bytes) -> bool:
    """Return whether a delivery asks for a lift."""
    return b'"action":"LIFT"' in content.replace(b" ", b"")


if __name__ == "__main__":
    main()
