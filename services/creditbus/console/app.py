"""Connect the console: a desk that reads the views, a login, and the pages."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from nicegui import ui

from creditbus.console import login
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.login import Sessions
from creditbus.console.pages import exposures, lists, now, owed, refused, sources, subject
from creditbus.console.visit import Visit, theme_of
from creditbus.console.words import language_of
from creditbus.domain.calendar import day_of
from creditbus.runtime.http.bodies import body_of
from creditbus.runtime.http.credentials import CallerRole, CredentialRefused, Credentials
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
    sessions = Sessions(partial(_judge, process, credentials), lambda: day_of(process.clock.now()))
    app = http_app(
        process,
        "Credit bus console",
        summary="What goes through the bus, what is owed, and what was refused.",
        lifespan=desk.open,
    )
    _route(app, desk, sessions)
    ui.run_with(app, dark=None, language=None, tailwind=False, show_welcome_message=False)
    return Site(app, desk.check, talks=True)


def _judge(process: Process, credentials: Credentials, token: str) -> bool:
    try:
        caller = credentials.caller(token, day_of(process.clock.now()))
    except CredentialRefused as refused:
        process.meters.add("credentials_refused", why=refused.why)
        return False
    return caller.role is CallerRole.OPERATOR


def _route(app: FastAPI, desk: Desk, sessions: Sessions) -> None:
    @app.post("/login", include_in_schema=False)
    async def log_in(asked: Request) -> Response:
        form = parse_qs((await body_of(asked, _LOGIN_MAX_BYTES)).decode(errors="replace"))
        return _logged_in(asked, sessions.begin(form.get("token", [""])[0].strip()))

    for path, show in PAGES.items():
        ui.page(path)(_guarded(path, show, desk, sessions))


def _guarded(
    path: str, show: Show, desk: Desk, sessions: Sessions
) -> Callable[[Request], Awaitable[Response | None]]:
    """Return the route of a page: the login for a stranger, the page for who is logged in."""

    async def page(request: Request) -> Response | None:
        stated = request.query_params
        if token := stated.get("token"):
            return _logged_in(request, sessions.begin(token))
        language = language_of(stated.get("lang"))
        if not sessions.is_open(request.cookies.get(login.COOKIE, "")):
            return HTMLResponse(login.page(language, _place(path, stated), was_wrong=False))
        frame = Frame(Visit(path, language, theme_of(stated.get("theme")), asked_of(path, stated)))
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


def _logged_in(asked: Request, session: str | None) -> Response:
    stated = asked.query_params
    if session is None:
        content = login.page(language_of(stated.get("lang")), stated, was_wrong=True)
        return HTMLResponse(content, HTTPStatus.UNAUTHORIZED.value)
    # Redirected, so that the token leaves the address bar at once, and to no other site.
    path = stated.get("page", asked.url.path)
    path = path if path in PAGES else "/"
    place = login.carried(_place(path, stated))
    answer = RedirectResponse(f"{path}?{place}", HTTPStatus.SEE_OTHER.value)
    answer.set_cookie(login.COOKIE, session, httponly=True, samesite="strict")
    return answer
