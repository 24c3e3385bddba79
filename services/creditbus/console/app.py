"""Connect the console: the overview from Redis every second, a login, and the page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from nicegui import ui

from creditbus.console import login
from creditbus.console.decide import Counts, Stream, board_of
from creditbus.console.login import Sessions
from creditbus.console.page import Watch, show, theme_of
from creditbus.console.words import language_of
from creditbus.domain.calendar import day_of
from creditbus.runtime.http.bodies import body_of
from creditbus.runtime.http.credentials import CredentialRefused, Credentials, Role
from creditbus.runtime.http.server import Site, http_app, run_http
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import Overview
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    DIRECTIVES_PREFIX,
    DUPLICATES,
    EXPOSURES,
    STANDINGS,
)

LOOK_EVERY_S: Final = 1.0
_LOGIN_MAX_BYTES: Final = 4096


def run(process: Process) -> None:
    """Run the console until it is stopped."""
    run_http(process, partial(build, process), process.settings.console_port)


def build(process: Process) -> Site:
    """Return the console's site; only one can be built in a process."""
    desk, credentials = _Desk(process), Credentials.load(process.settings.tokens)
    sessions = Sessions(partial(_judge, process, credentials), lambda: day_of(process.clock.now()))
    app = http_app(
        process,
        "Credit bus console",
        summary="What goes through the bus, what is owed, and what was refused.",
        lifespan=desk.open,
    )
    _route(app, desk.watch, sessions)
    ui.run_with(app, dark=None, language=None, tailwind=False, show_welcome_message=False)
    return Site(app, desk.check, talks=True)


class _Desk:
    """Looks at the views every second, for however many pages are open."""

    def __init__(self, process: Process) -> None:
        self.watch = Watch()
        self._process = process
        self._catalogue = process.catalogue
        self._serving = Serving.of(process.settings)
        self._before: Counts | None = None

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Look on for as long as the site is served."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await self._serving.close()

    async def check(self) -> None:
        """Raise while the views cannot be read."""
        await self._serving.overview()

    async def _look(self) -> None:
        while True:
            try:
                counts = counts_of(await self._serving.overview(), self._process)
            except Unavailable as outage:
                self.watch.away = str(outage)
            else:
                self.watch.see(board_of(counts, self._before, self._catalogue))
                self._before = counts
            await asyncio.sleep(LOOK_EVERY_S)


def counts_of(overview: Overview, process: Process) -> Counts:
    """Return an overview as the board needs it, at this instant."""
    topics = overview.topics
    of_bodies = sum(n for topic, n in topics.items() if topic.startswith(DIRECTIVES_PREFIX))
    streams: dict[Stream, int] = {
        "received": sum(source.received for source in overview.sources.values()),
        "standings": topics.get(STANDINGS, 0),
        "directives": of_bodies,
        "acknowledgements": topics.get(ACKNOWLEDGEMENTS, 0),
        "exposures": topics.get(EXPOSURES, 0),
        "duplicates": topics.get(DUPLICATES, 0),
    }
    return Counts(
        at=process.clock.now(),
        subjects=overview.subjects,
        exposures=overview.exposures,
        streams=streams,
        entries=overview.entries,
        sources={
            name: (each.received, each.duplicate, each.refused, each.dead)
            for name, each in overview.sources.items()
        },
        reasons=overview.reasons,
        owed={
            body: (each.lifts, each.applies, each.oldest_lift_at)
            for body, each in overview.owed.items()
        },
    )


def _judge(process: Process, credentials: Credentials, token: str) -> bool:
    try:
        caller = credentials.caller(token, day_of(process.clock.now()))
    except CredentialRefused as refused:
        process.meters.add("credentials_refused", why=refused.why)
        return False
    return caller.role is Role.OPERATOR


def _route(app: FastAPI, watch: Watch, sessions: Sessions) -> None:
    @app.post("/login", include_in_schema=False)
    async def log_in(asked: Request) -> Response:
        form = parse_qs((await body_of(asked, _LOGIN_MAX_BYTES)).decode(errors="replace"))
        return _logged_in(asked, sessions.begin(form.get("token", [""])[0].strip()))

    @ui.page("/")
    async def page(request: Request) -> Response | None:
        stated = request.query_params
        if token := stated.get("token"):
            return _logged_in(request, sessions.begin(token))
        language = language_of(stated.get("lang"))
        if not sessions.is_open(request.cookies.get(login.COOKIE, "")):
            return HTMLResponse(login.page(language, stated, was_wrong=False))
        show(watch, language, theme_of(stated.get("theme")))
        return None


def _logged_in(asked: Request, session: str | None) -> Response:
    stated = asked.query_params
    if session is None:
        content = login.page(language_of(stated.get("lang")), stated, was_wrong=True)
        return HTMLResponse(content, HTTPStatus.UNAUTHORIZED.value)
    # Redirected, so that the token leaves the address bar at once.
    answer = RedirectResponse(f"/?{login.carried(stated)}", HTTPStatus.SEE_OTHER.value)
    answer.set_cookie(login.COOKIE, session, httponly=True, samesite="strict")
    return answer
