"""HTTP: one way to build an app, to know its caller, to read and write JSON, and to run it.

Values in and out are those of the domain, by msgspec; the OpenAPI document is made of the same
types. The metrics know routes by their templates and never a subject.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from types import UnionType
from typing import Annotated, Any, Final, TypeVar

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from creditbus import __version__
from creditbus.domain.calendar import day_of
from creditbus.runtime.health import Readiness
from creditbus.runtime.http.credentials import Caller, CredentialRefused, Credentials, Role
from creditbus.runtime.http.problems import (
    PROBLEM_JSON,
    BodyTooLarge,
    Forbidden,
    Problem,
    answer_problems,
)
from creditbus.runtime.metrics import Meters
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process

BODY_MAX_BYTES: Final = 256 * 1024
STOP_BOUND_S: Final = 1
ASK_EVERY_S: Final = 1.0
_NO_ROUTE: Final = "(none)"
_REFERENCES: Final = "#/components/schemas/{name}"
_BEARER: Final = HTTPBearer(auto_error=False, description="The token that the operator gave you.")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Site:
    """What a process serves. ``check`` is asked every second.

    It raises ``Unavailable`` while a server that the site needs is away, and anything else when the
    process must end.
    """

    app: FastAPI
    check: Callable[[], Awaitable[None]]


def http_app(
    process: Process,
    title: str,
    *,
    summary: str,
    lifespan: Callable[[FastAPI], Any],
    speaks: Sequence[Any] = (),
) -> FastAPI:
    """Return an app without routes: problems told, answers counted, ``speaks`` documented."""
    app = FastAPI(
        title=title,
        summary=summary,
        version=__version__,
        lifespan=lifespan,
        # The usual pages for reading the document would load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    answer_problems(app)
    app.add_middleware(_Measured, meters=process.meters)
    _document(app, speaks)
    return app


def known_caller(
    process: Process, credentials: Credentials, *roles: Role
) -> Callable[..., Awaitable[Caller]]:
    """Return the dependency that gives the caller, who must have one of the roles."""

    async def caller(
        shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    ) -> Caller:
        try:
            token = shown.credentials if shown is not None else None
            found = credentials.caller(token, day_of(process.clock.now()))
        except CredentialRefused as refused:
            process.meters.add("credentials_refused", why=refused.why)
            raise
        if found.role not in roles:
            allowed = " or ".join(roles)
            raise Forbidden("ROLE", f"{found.party} is a {found.role}; this is for a {allowed}")
        return found

    return caller


async def body_of(asked: Request, limit: int = BODY_MAX_BYTES) -> bytes:
    """Return the body; raises ``BodyTooLarge`` before more than the limit is held."""
    parts, size = [], 0
    async for part in asked.stream():
        size += len(part)
        if size > limit:
            raise BodyTooLarge(
                f"the body has more than the {limit} bytes allowed: send less at once"
            )
        parts.append(part)
    return b"".join(parts)


async def value_of(asked: Request, kind: type[T] | UnionType) -> T:
    """Return the value that the JSON body states; what is wrong with it becomes a problem."""
    value: T = msgspec.json.decode(await body_of(asked), type=kind)
    return value


def json_answer(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return an answer with the plain JSON of a value."""
    return Response(msgspec.json.encode(value), status.value, media_type="application/json")


def documented(
    *, takes: Any = None, gives: Any = None, status: HTTPStatus = HTTPStatus.OK
) -> dict[str, Any]:
    """Return what a route's decorator is told about the JSON that it takes and gives."""
    problem = {PROBLEM_JSON: {"schema": _schema(Problem)}}
    told: dict[str, Any] = {
        "status_code": status.value,
        "response_class": Response,
        "responses": {
            status.value: {"description": status.phrase, "content": _content(gives)},
            "4XX": {"description": "The answer is no, and why", "content": problem},
            "503": {"description": "A server is away: ask again", "content": problem},
        },
    }
    if takes is not None:
        told["openapi_extra"] = {"requestBody": {"required": True, "content": _content(takes)}}
    return told


def run_http(process: Process, build: Callable[[], Site], port: int) -> None:
    """Serve what ``build`` returns until the process is told to stop.

    Health answers before the building, which may wait for the registry.
    """
    listener = _listen(process, port)
    pulse = _Pulse(process.meters)
    health = process.serve_health(lambda: pulse.readiness)
    try:
        site = build()
        config = uvicorn.Config(
            site.app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_BOUND_S,
        )
        process.logger.info("serving", host=process.settings.host, port=port)
        asyncio.run(_serve(uvicorn.Server(config), listener, site, pulse))
    finally:
        listener.close()
        if health is not None:
            health.close()


async def _serve(
    server: uvicorn.Server, listener: socket.socket, site: Site, pulse: _Pulse
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    beating = asyncio.create_task(pulse.beat(server, site.check))
    await asyncio.wait([serving, beating], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating


class _Pulse:
    """Whether the site does its work now, asked in the background and told by health."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._away: str | None = None
        self.readiness = Readiness(is_ready=False, why="starting")

    async def beat(self, server: uvicorn.Server, check: Callable[[], Awaitable[None]]) -> None:
        """Ask again and again; return only by the exception that ends the process."""
        while True:
            if server.started:
                await self._ask(check)
            await asyncio.sleep(ASK_EVERY_S if server.started else ASK_EVERY_S / 20)

    async def _ask(self, check: Callable[[], Awaitable[None]]) -> None:
        try:
            await check()
        except Unavailable as outage:
            self._waits_for(outage.whom)
            self.readiness = Readiness(is_ready=False, why=str(outage))
        else:
            self._waits_for(None)
            self.readiness = Readiness(is_ready=True)

    def _waits_for(self, whom: str | None) -> None:
        if self._away not in {None, whom}:
            self._meters.set("waiting", 0, whom=str(self._away))
        if whom is not None:
            self._meters.set("waiting", 1, whom=whom)
        self._away = whom


class _Measured:
    """Counts and times answers up to their first byte, by route template."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._meters.observe("http_seconds", perf_counter() - began, route=_route(scope))
            await send(message)

        try:
            return await self._app(scope, receive, noting)
        finally:
            self._meters.add("http_requests", route=_route(scope), status=str(status))


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))


def _listen(process: Process, port: int) -> socket.socket:
    # Named TCP, because asyncio sends at once (no Nagle) only where it sees the protocol's number:
    # without it every answer waits 40 ms for the caller's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((process.settings.host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        what = "is taken by another program" if error.errno == errno.EADDRINUSE else str(error)
        setting = f"CREDITBUS_{process.service.upper()}_PORT"
        sys.exit(f"port {port} of {process.service} {what}: end that program, or set {setting}")
    return listener


def _document(app: FastAPI, speaks: Sequence[Any]) -> None:
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        _, named = msgspec.json.schema_components([*speaks, Problem], ref_template=_REFERENCES)
        document.setdefault("components", {}).setdefault("schemas", {}).update(named)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to add to it


def _content(kind: Any) -> dict[str, Any]:
    return {"application/json": {"schema": _schema(kind) if kind is not None else {}}}


def _schema(kind: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REFERENCES)
    return schema
