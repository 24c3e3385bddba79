"""Connect the console: a desk that reads the views, a login, and the pages."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from nicegui import Client, ui

from creditbus.console import login
from creditbus.console.attempts import Attempts
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.front import Front, is_secure
from creditbus.console.login import Sessions
from creditbus.console.pages import exposures, lists, now, owed, refused, sources, subject
from creditbus.console.visit import Visit, theme_of
from creditbus.console.words import language_of
from creditbus.domain.calendar import day_of
from creditbus.runtime.http.bodies import body_of
from creditbus.runtime.http.credentials import (
    CallerRole,
    CredentialRefused,
    Credentials,
    hash_of,
)
from creditbus.runtime.http.server import Site, http_app, run_http
from creditbus.runtime.process import Process

Show = Callable[[Desk, Frame], Awaitable[None]]

PAGES: Final[dict[str, Show]] = {
    "/": now.show,
    "/subject": subject.show,
    "/owed": owed.show,
    "/refused": refused.show,
    "/sources": sources.show,
    "/lists": lists.show,
    "/exposures": exposures.show,
}
ASKED: Final = ("id", "body", "source")
"""What a page may be asked for besides language and theme."""

_LOGIN_MAX_BYTES: Final = 4096


def run(process: Process) -> None:
    """Run the console until it is stopped."""
    run_http(process, partial(build, process), process.settings.console_port)


def build(process: Process) -> Site:
    """Return the console's site; only one can be built in a process."""
    desk, credentials = Desk(process), Credentials.load(process.settings.tokens)
    sessions = Sessions(
        partial(_is_operator, process, credentials), lambda: day_of(process.clock.now())
    )
    app = http_app(
        process,
        "Credit bus console",
        summary="What goes through the bus, what is owed, and what was refused.",
        lifespan=desk.open,
    )
    _route(app, desk, _Doorman(process, sessions))
    app.add_middleware(
        Front,
        origin=process.settings.console_origin,
        is_open=sessions.is_open,
        held=lambda: len(Client.instances),
    )
    ui.run_with(app, dark=None, language=None, tailwind=False, show_welcome_message=False)
    return Site(app, desk.check, talks=True)


def _is_operator(process: Process, credentials: Credentials, hashed: str) -> bool:
    try:
        caller = credentials.holder(hashed, day_of(process.clock.now()))
    except CredentialRefused:
        return False
    return caller.role is CallerRole.OPERATOR


class _Doorman:
    """Lets operators in and out, and keeps those waiting who fail too often."""

    def __init__(self, process: Process, sessions: Sessions) -> None:
        self.sessions = sessions
        self._process = process
        self._attempts = Attempts()

    def is_in(self, asked: Request) -> bool:
        """Return whether a request belongs to an open session."""
        return self.sessions.is_open(asked.cookies.get(login.COOKIE, ""))

    def let_in(self, asked: Request, token: str) -> Response:
        """Begin a session for a token, or say why not."""
        now = self._process.clock.now()
        # By address, and by what is tried: one token from everywhere, or all from one place.
        whose = [f"at {asked.client.host if asked.client else ''}", f"with {hash_of(token)}"]
        if wait_s := max(self._attempts.wait_s(each, now) for each in whose):
            self._process.meters.add("credentials_refused", why="throttled")
            answer = _refused(asked, HTTPStatus.TOO_MANY_REQUESTS, "token_wait")
            answer.headers["Retry-After"] = str(wait_s)
            return answer
        session = self.sessions.begin(token)
        if session is None:
            self._process.meters.add("credentials_refused", why="no_operator")
            for each in whose:
                self._attempts.fail(each, now)
            return _refused(asked, HTTPStatus.UNAUTHORIZED, "token_wrong")
        for each in whose:
            self._attempts.succeed(each)
        # Redirected, so that the token leaves the address bar at once.
        answer = _to_the_page(asked)
        secure = is_secure(asked.scope, self._process.settings.console_origin)
        answer.set_cookie(login.COOKIE, session, httponly=True, samesite="strict", secure=secure)
        return answer

    def let_out(self, asked: Request) -> Response:
        """End the session."""
        self.sessions.end(asked.cookies.get(login.COOKIE, ""))
        answer = _to_the_page(asked)
        answer.delete_cookie(login.COOKIE)
        return answer


def _route(app: FastAPI, desk: Desk, doorman: _Doorman) -> None:
    @app.post("/login", include_in_schema=False)
    async def log_in(asked: Request) -> Response:
        form = parse_qs((await body_of(asked, _LOGIN_MAX_BYTES)).decode(errors="replace"))
        return doorman.let_in(asked, form.get("token", [""])[0].strip())

    @app.post("/logout", include_in_schema=False)
    async def log_out(asked: Request) -> Response:
        return doorman.let_out(asked)

    for path, show in PAGES.items():
        ui.page(path)(_guarded(path, show, desk, doorman))


def _guarded(
    path: str, show: Show, desk: Desk, doorman: _Doorman
) -> Callable[[Request], Awaitable[Response | None]]:
    """Return the route of a page: the login for a stranger, the page for who is logged in."""

    async def page(request: Request) -> Response | None:
        stated = request.query_params
        if token := stated.get("token"):
            return doorman.let_in(request, token)
        language = language_of(stated.get("lang"))
        if not doorman.is_in(request):
            return HTMLResponse(login.page(language, _place(path, stated)))
        visit = Visit(path, language, theme_of(stated.get("theme")), asked_of(path, stated))
        frame = Frame(visit, partial(doorman.sessions.is_open, request.cookies[login.COOKIE]))
        with frame.page(desk.watch):
            await show(desk, frame)
        return None

    return page


def asked_of(path: str, stated: Mapping[str, str]) -> dict[str, str]:
    """Return what a page was asked for, without what may be a person's number."""
    asked = {name: stated[name] for name in ASKED if name in stated}
    if path == "/subject" and "id" in asked and subject.subject_of(asked["id"]) is None:
        asked["id"] = subject.NOBODY
    return asked


def _place(path: str, stated: Mapping[str, str]) -> dict[str, str]:
    """Return where a login shall lead: the page that was asked for, with what it was asked."""
    chosen = {name: stated[name] for name in ("lang", "theme") if name in stated}
    return chosen | asked_of(path, stated) | {"page": path}


def _refused(asked: Request, status: HTTPStatus, note: login.Note) -> Response:
    stated = asked.query_params
    content = login.page(language_of(stated.get("lang")), stated, note=note)
    return HTMLResponse(content, status.value)


def _to_the_page(asked: Request) -> Response:
    """Return to the page that was asked for, and to no other site."""
    stated = asked.query_params
    path = stated.get("page", asked.url.path)
    path = path if path in PAGES else "/"
    return RedirectResponse(f"{path}?{login.carried(_place(path, stated))}", HTTPStatus.SEE_OTHER)
