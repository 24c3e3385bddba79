"""Login: an operator's token becomes a session, and the page that asks for it.

The session's value is chance, of which only the hash is kept, in memory, until the civil day is
over.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode

from creditbus.console.words import Language, say

Note = Literal["token_hint", "token_wrong", "token_wait"]

COOKIE: Final = "creditbus_session"
KEPT: Final = 1000
_PAGE: Final = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
_CARRIED: Final = ("lang", "theme", "id", "body", "source", "page")


class Sessions:
    """Who is logged in; ``is_operator`` judges the hash of a token, ``today`` says which day it is.

    A session ends with its civil day, when its operator leaves, or when the token is taken away.
    """

    def __init__(self, is_operator: Callable[[str], bool], today: Callable[[], date]) -> None:
        self._is_operator = is_operator
        self._today = today
        self._begun: dict[str, tuple[date, str]] = {}

    def begin(self, token: str) -> str | None:
        """Return the value of a new session for an operator's token, None for any other."""
        hashed = _hash(token)
        if not self._is_operator(hashed):
            return None
        value = secrets.token_urlsafe()
        while len(self._begun) >= KEPT:
            self._begun.pop(next(iter(self._begun)))
        self._begun[_hash(value)] = (self._today(), hashed)
        return value

    def is_open(self, value: str) -> bool:
        """Return whether the value is that of a session of today whose token is still good."""
        day, hashed = self._begun.get(_hash(value), (None, ""))
        return day == self._today() and self._is_operator(hashed)

    def end(self, value: str) -> None:
        """End a session."""
        self._begun.pop(_hash(value), None)


def page(language: Language, stated: Mapping[str, str], *, note: Note = "token_hint") -> str:
    """Return the page that asks for a token, with a note about it."""
    return _PAGE.format(
        lang=language,
        title=say("title", language),
        query=escape(carried(stated)),
        token=say("token", language),
        note=say(note, language),
        kind="hint" if note == "token_hint" else "wrong",
        log_in=say("log_in", language),
    )


def carried(stated: Mapping[str, str]) -> str:
    """Return the part of an address that survives the login: never the token."""
    return urlencode({name: stated[name] for name in _CARRIED if name in stated})


def _hash(value: str) -> str:
    return sha256(value.encode()).hexdigest()
