"""Front: what every answer of the console forbids a browser, and whom its socket talks to.

Another site can make an operator's browser send a form or open a socket here. The cookie does not
go along (``SameSite``), and whatever names another origin is turned away before anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from creditbus.console.login import COOKIE

# The pages' library compiles its templates in the browser and writes its data inline.
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SOCKETS_MAX: Final = 200
"""How many pages may be open at once."""

PAGES_MAX: Final = 600
"""How many pages are held at once, those included that were asked for and never opened a socket.

Each takes some 0.7 MB (``creditbus bench crowd``), until its socket is gone or a minute has passed.
"""

AGAIN_S: Final = 30
"""After how long whoever found no room should ask again."""

_ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that a browser says of the console's own form that it is from nowhere.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SOCKET: Final = "/_nicegui_ws/"
_PARTS: Final = "/_nicegui"
"""Where what a page is made of lies, its socket included."""


class Front:
    """Stands before the console; ``origin`` is what browsers call it, empty: what they ask.

    ``held`` tells how many pages the process holds.
    """

    def __init__(
        self,
        app: ASGIApp,
        origin: str,
        is_open: Callable[[str], bool],
        held: Callable[[], int] = lambda: 0,
    ) -> None:
        self._app = app
        self._held = held
        self._origin = origin
        self._is_open = is_open
        self._sockets = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what may pass."""
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        is_known = self._is_open(session_of(headers.get("cookie", "")))
        if not is_known or not self._is_ours(scope, headers) or self._sockets >= SOCKETS_MAX:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        self._sockets += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._sockets -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    told[name] = value
                if not scope["path"].startswith("/_nicegui/"):
                    told["Cache-Control"] = "no-store"
                if is_secure(scope, self._origin):
                    told["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        app, ear = self._obstacle(scope, headers) or self._app, _Ear(receive)
        try:
            await app(scope, ear, guarded)
        except RuntimeError:
            # The pages' library takes a browser that goes on to another page for a fault.
            if not ear.is_gone:
                raise

    def _obstacle(self, scope: Scope, headers: dict[str, str]) -> ASGIApp | None:
        """Return the answer to what may not pass, None for what may."""
        is_form, path = scope["method"] not in {"GET", "HEAD"}, scope["path"]
        session = session_of(headers.get("cookie", ""))
        if is_form and not self._is_ours(scope, headers):
            return PlainTextResponse("this form was sent by another site", 403)
        if path.startswith(_SOCKET) and not self._is_open(session):
            return PlainTextResponse("log in first", 401)
        if not is_form and not path.startswith(_PARTS) and self._held() >= PAGES_MAX:
            why = "too many pages are open: close some, or ask again in a minute"
            return PlainTextResponse(why, 503, {"Retry-After": str(AGAIN_S)})
        return None

    def _is_ours(self, scope: Scope, headers: dict[str, str]) -> bool:
        """Return whether a request is from the console's own pages, as far as the browser says."""
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        stated = headers.get("origin")
        if stated is None:
            # No browser sends a form or opens a socket without saying where from.
            return bool(scope["type"] == "http")
        if self._origin:
            return stated == self._origin.rstrip("/")
        return urlsplit(stated).netloc == headers.get("host")


class _Ear:
    """Hears what a browser says, and remembers that it has gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_gone = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.is_gone = self.is_gone or message["type"] == "http.disconnect"
        return message


def is_secure(scope: Scope, origin: str) -> bool:
    """Return whether browsers reach the console by TLS, here or at a proxy before it."""
    return scope.get("scheme") in {"https", "wss"} or origin.startswith("https://")


def session_of(cookies: str) -> str:
    """Return the session that a header of cookies carries, empty for none."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
