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
from typing import Final
from urllib.parse import urlencode

from creditbus.console.words import Language, say

COOKIE: Final = "creditbus_session"
KEPT: Final = 1000
_PAGE: Final = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
_CARRIED: Final = ("lang", "theme", "id", "body", "source", "page")


class Sessions:
    """Who is logged in; ``is_operator`` judges a token, ``today`` says which civil day it is."""

    def __init__(self, is_operator: Callable[[str], bool], today: Callable[[], date]) -> None:
        self._is_operator = is_operator
        self._today = today
        self._days: dict[str, date] = {}

    def begin(self, token: str) -> str | None:
        """Return the value of a new session for an operator's token, None for any other."""
        if not self._is_operator(token):
            return None
        value = secrets.token_urlsafe()
        while len(self._days) >= KEPT:
            self._days.pop(next(iter(self._days)))
        self._days[_hash(value)] = self._today()
        return value

    def is_open(self, value: str) -> bool:
        """Return whether the value is that of a session of today."""
        return self._days.get(_hash(value)) == self._today()


def page(language: Language, stated: Mapping[str, str], *, was_wrong: bool) -> str:
    """Return the page that asks for a token."""
    return _PAGE.format(
        lang=language,
        title=say("title", language),
        query=escape(carried(stated)),
        token=say("token", language),
        note=say("token_wrong" if was_wrong else "token_hint", language),
        kind="wrong" if was_wrong else "hint",
        log_in=say("log_in", language),
    )


def carried(stated: Mapping[str, str]) -> str:
    """Return the part of an address that survives the login: never the token."""
    return urlencode({name: stated[name] for name in _CARRIED if name in stated})


def _hash(value: str) -> str:
    return sha256(value.encode()).hexdigest()
