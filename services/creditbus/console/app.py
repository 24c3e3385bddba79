"""Connect the console: a desk that reads the views, a login, and the pages."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from nicegui import Client, ui

from creditbus.console import login, openid
from creditbus.console.desk import Desk
from creditbus.console.doorman import Doorman
from creditbus.console.frame import Frame
from creditbus.console.front import Front
from creditbus.console.pages import (
    actions,
    exposures,
    held,
    lists,
    now,
    owed,
    refused,
    sources,
    subject,
)
from creditbus.console.visit import Visit, theme_of
from creditbus.console.words import language_of
from creditbus.runtime.http.bodies import body_of
from creditbus.runtime.http.server import Site, http_app, run_http
from creditbus.runtime.process import Process

Show = Callable[[Desk, Frame], Awaitable[None]]

PAGES: Final[dict[str, Show]] = {
    "/": now.show,
    "/subject": subject.show,
    "/owed": owed.show,
    "/held": held.show,
    "/refused": refused.show,
    "/sources": sources.show,
    "/lists": lists.show,
    "/exposures": exposures.show,
    "/actions": actions.show,
}
ASKED: Final = ("id", "body", "source")
"""What a page may be asked for besides language and theme."""

_LOGIN_MAX_BYTES: Final = 4096


def run(process: Process) -> None:
    """Run the console until it is stopped."""
    run_http(process, partial(build, process), process.settings.console_port)


def build(process: Process) -> Site:
    """Return the console's site; only one can be built in a process."""
    desk, doorman = Desk(process), Doorman(process)
    app = http_app(
        process,
        "Credit bus console",
        summary="What goes through the bus, what is owed, and what was refused.",
        lifespan=desk.open,
    )
    _route(app, desk, doorman)
    app.add_middleware(
        Front,
        origin=process.settings.console_origin,
        is_open=doorman.sessions.is_open,
        held=lambda: len(Client.instances),
    )
    ui.run_with(app, dark=None, language=None, tailwind=False, show_welcome_message=False)
    return Site(app, desk.check, talks=True)


def _route(app: FastAPI, desk: Desk, doorman: Doorman) -> None:

    @app.post("/login", include_in_schema=False)
    async def log_in(asked: Request) -> Response:
        form = parse_qs((await body_of(asked, _LOGIN_MAX_BYTES)).decode(errors="replace"))
        name, secret = (form.get(field, [""])[0].strip() for field in ("name", "token"))
        return await doorman.let_in(asked, name, secret, _to(asked))

    if desk.process.settings.openid_issuer:
        route_openid(app, doorman)

    @app.post("/logout", include_in_schema=False)
    async def log_out(asked: Request) -> Response:
        return doorman.let_out(asked, _to(asked))

    for path, show in PAGES.items():
        ui.page(path)(_guarded(path, show, desk, doorman))


def route_openid(app: FastAPI, doorman: Doorman) -> None:
    """Add the way to the OpenID provider, and the way back."""

    @app.get(openid.AWAY, include_in_schema=False)
    async def away(asked: Request) -> Response:
        return await doorman.send_away(asked, _to(asked))

    @app.get(openid.BACK, include_in_schema=False)
    async def back(asked: Request) -> Response:
        return await doorman.take_back(asked)


def _guarded(
    path: str, show: Show, desk: Desk, doorman: Doorman
) -> Callable[[Request], Awaitable[Response | None]]:
    """Return the route of a page: the login for a stranger, the page for who is logged in."""

    async def page(request: Request) -> Response | None:
        stated = request.query_params
        if token := stated.get("token"):
            return await doorman.let_in(request, "", token, _to(request))
        if doorman.visitor(request) is None:
            return doorman.ask(request, _place(path, stated))
        language = language_of(stated.get("lang"))
        visit = Visit(path, language, theme_of(stated.get("theme")), asked_of(path, stated))
        session, sessions = request.cookies[login.COOKIE], doorman.sessions
        frame = Frame(visit, partial(sessions.visitor, session), partial(sessions.use, session))
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


def _to(asked: Request) -> str:
    """Return the address of the page that was asked for, and of no other site."""
    stated = asked.query_params
    path = stated.get("page", asked.url.path)
    path = path if path in PAGES else "/"
    return f"{path}?{login.carried(_place(path, stated))}"
