"""Before the console: what a browser is forbidden, and whose forms and sockets are turned away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from creditbus.console.front import PAGES_MAX, Front, session_of

OURS = "creditbus_session=ours"


async def inner(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(
    kind: str = "http",
    *,
    method: str = "GET",
    path: str = "/",
    scheme: str = "http",
    called: str = "",
    held: Any = 0,
    **headers: str,
) -> tuple[Any, Mapping[str, str]]:
    """Return the status, or the kind of the socket's answer, and the headers."""
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    given = {"host": "console.example", **{n.replace("_", "-"): v for n, v in headers.items()}}
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    front = Front(inner, origin=called, is_open=lambda value: value == "ours", held=lambda: held)
    asyncio.run(front(scope, receive, send))
    first = told[0]
    sent = {n.decode().lower(): v.decode() for n, v in first.get("headers", [])}
    return first.get("status", first["type"]), sent


def test_every_answer_forbids_frames_and_foreign_scripts() -> None:
    for method, path in (("GET", "/"), ("GET", "/_nicegui/x.js"), ("POST", "/login")):
        _, headers = ask(method=method, path=path)
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
    assert ask()[1]["cache-control"] == "no-store"


def test_over_tls_browsers_are_told_to_stay_there() -> None:
    assert "strict-transport-security" in ask(scheme="https")[1]
    assert "strict-transport-security" in ask(called="https://console.example")[1]


@pytest.mark.parametrize(
    ("headers", "called", "status"),
    [
        ({}, "", 200),
        ({"origin": "http://console.example"}, "", 200),
        ({"origin": "https://console.example"}, "https://console.example/", 200),
        ({"origin": "http://console.example"}, "https://console.example", 403),
        ({"origin": "http://evil.example"}, "", 403),
        ({"origin": "http://console.example.evil.example"}, "", 403),
        ({"origin": "null"}, "", 403),
        ({"origin": ""}, "", 403),
        ({"sec_fetch_site": "cross-site"}, "", 403),
        ({"sec_fetch_site": "same-site"}, "", 403),
        ({"sec_fetch_site": "same-origin", "origin": "http://console.example"}, "", 200),
    ],
)
def test_a_form_of_another_site_is_turned_away(
    headers: dict[str, str], called: str, status: int
) -> None:
    assert ask(method="POST", path="/login", called=called, **headers)[0] == status


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"cookie": OURS, "origin": "http://console.example"}, True),
        ({"cookie": OURS, "origin": "http://evil.example"}, False),
        ({"cookie": OURS}, False),
        ({"origin": "http://console.example"}, False),
        ({"cookie": "creditbus_session=old", "origin": "http://console.example"}, False),
        ({"cookie": "\x00=;;=", "origin": "http://console.example"}, False),
    ],
)
def test_a_socket_is_opened_by_our_page_in_an_open_session_alone(
    headers: dict[str, str], *, is_let_in: bool
) -> None:
    told, _ = ask("websocket", path="/_nicegui_ws/socket.io/", scheme="ws", **headers)
    assert told == ("websocket.accept" if is_let_in else "websocket.close")


def test_the_sockets_polling_form_needs_a_session_too() -> None:
    assert ask(path="/_nicegui_ws/socket.io/")[0] == 401
    assert ask(path="/_nicegui_ws/socket.io/", cookie=OURS)[0] == 200


def test_cookies_of_others_are_no_session() -> None:
    assert session_of("") == session_of("a=b; \x00") == session_of("creditbus_session") == ""
    assert session_of(f"a=b; {OURS}; c=d") == "ours"


def test_no_more_pages_are_held_than_there_is_room_for() -> None:
    assert ask(held=PAGES_MAX - 1)[0] == 200
    status, headers = ask(held=PAGES_MAX)
    assert (status, headers["retry-after"]) == (503, "30")
    # Whoever is in may go on, and leave.
    assert ask(held=PAGES_MAX, path="/_nicegui/x.js")[0] == 200
    assert ask(held=PAGES_MAX, path="/_nicegui_ws/socket.io/", cookie=OURS)[0] == 200
    assert ask(held=PAGES_MAX, path="/logout", method="POST")[0] == 200


def test_nobody_polls_the_socket_without_a_session_by_any_method() -> None:
    for method in ("GET", "POST"):
        assert ask(method=method, path="/_nicegui_ws/socket.io/")[0] == 401
