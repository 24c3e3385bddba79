"""HTTP: one way to build an app, to know its caller, to read and write JSON, and to run it.

Values in and out are those of the domain, by msgspec; the OpenAPI document is made of the same
types. The metrics know routes by their templates and never a subject.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any, Final

import msgspec
import uvicorn
from fastapi import Depends, FastAPI, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from creditbus import __version__
from creditbus.domain.calendar import day_of
from creditbus.runtime import tasks
from creditbus.runtime.health import Readiness
from creditbus.runtime.http.credentials import (
    Caller,
    CallerRole,
    CredentialRefused,
    Credentials,
    TokenScope,
)
from creditbus.runtime.http.parameters import only_known_parameters
from creditbus.runtime.http.peers import KEEP_ALIVE_S, PeerBounds, Peers
from creditbus.runtime.http.problems import Forbidden, answer_problems
from creditbus.runtime.metrics import Meters
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.wire.answers import PROBLEM_JSON, Problem

STOP_BOUND_S: Final = 1
ASK_EVERY_S: Final = 1.0
SILENCE_BOUND_MS: Final = 30_000
"""How long a connection may leave what we sent unacknowledged before the system ends it."""

MESSAGE_MAX_BYTES: Final = 256 * 1024
"""How large a message over a WebSocket may be."""

_NO_ROUTE: Final = "(none)"
_REFERENCES: Final = "#/components/schemas/{name}"
_BEARER: Final = HTTPBearer(auto_error=False, description="The token that the operator gave you.")


@dataclass(frozen=True, slots=True)
class Site:
    """What a process serves. ``check`` is asked every second.

    It raises ``Unavailable`` while a server that the site needs is away, and anything else when the
    process must end. ``talks`` says whether pages of the site keep a WebSocket open.
    """

    app: FastAPI
    check: Callable[[], Awaitable[None]]
    talks: bool = False


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
        dependencies=[Depends(only_known_parameters)],
    )
    answer_problems(app)
    app.add_middleware(_Measured, meters=process.meters)
    _document(app, speaks)
    return app


def known_caller(
    process: Process, credentials: Credentials, *roles: CallerRole, to: TokenScope | None = None
) -> Callable[..., Awaitable[Caller]]:
    """Return the dependency that gives the caller, who must have one of the roles.

    Whoever shows a token that is kept to one scope may come ``to`` do that, and nothing else.
    """

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
        if found.only not in {None, to}:
            raise Forbidden("SCOPE", f"this token of {found.party} may {found.only}, and no more")
        return found

    return caller


def is_known_still(process: Process, credentials: Credentials, asked: Request) -> bool:
    """Return whether the token that opened a stream is still good: it may expire or be taken."""
    token = asked.headers["Authorization"].partition(" ")[2].strip()
    try:
        credentials.caller(token, day_of(process.clock.now()))
    except CredentialRefused:
        return False
    return True


def json_answer(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return an answer with the plain JSON of a value."""
    return Response(msgspec.json.encode(value), status.value, media_type="application/json")


def documented(
    *, takes: Any = None, gives: Any = None, status: HTTPStatus = HTTPStatus.OK
) -> dict[str, Any]:
    """Return what a route's decorator is told about the JSON that it takes and gives."""
    problem = {PROBLEM_JSON: {"schema": schema_of(Problem)}}
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


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether a line of the server's log says something: a cut stream is no news."""
    return "without completing response" not in record.getMessage()


def run_http(process: Process, build: Callable[[], Site], port: int) -> None:
    """Serve what ``build`` returns until the process is told to stop.

    Health answers before the building, which may wait for the registry.
    """
    listener = _listen(process, port)
    pulse = _Pulse(process.meters)
    health = process.serve_health(lambda: pulse.readiness)
    try:
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        site, peers = build(), peers_of(process)
        server = uvicorn.Server(server_config(site, peers, process.settings.proxies))
        process.logger.info("serving", host=process.settings.host, port=port)
        asyncio.run(_serve(server, listener, site, (pulse, peers)))
    finally:
        listener.close()
        if health is not None:
            health.close()


def peers_of(process: Process) -> Peers:
    """Return who may be connected to a process, and how many at once."""
    settings = process.settings
    return Peers(PeerBounds(settings.connections, settings.connections_of_one), process.meters)


def server_config(site: Site, peers: Peers, proxies: str = "") -> uvicorn.Config:
    """Return how a site is served: bounded, quiet, and saying nothing of itself.

    Only of the proxies named is believed for whom they ask, and whether over TLS.
    """
    return uvicorn.Config(
        site.app,
        http=peers.protocol(),
        ws="auto" if site.talks else "none",
        ws_max_size=MESSAGE_MAX_BYTES,
        lifespan="on",
        log_config=None,
        # What a stranger sends is told to the stranger; the log is for what we do.
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_keep_alive=int(KEEP_ALIVE_S),
        timeout_graceful_shutdown=STOP_BOUND_S,
    )


async def _serve(
    server: uvicorn.Server, listener: socket.socket, site: Site, watchers: tuple[_Pulse, Peers]
) -> None:
    pulse, peers = watchers
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    beside = [
        asyncio.create_task(pulse.beat(server, site.check)),
        asyncio.create_task(peers.watch()),
    ]
    await asyncio.wait([serving, *beside], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    for watching in beside:
        await tasks.end(watching)


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
    # A peer that lost its network says nothing any more; a stream to it would stay for an hour.
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_BOUND_MS)
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
    return {"application/json": {"schema": schema_of(kind) if kind is not None else {}}}


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the schema of a kind of value, whose parts the app's document holds."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REFERENCES)
    return schema
