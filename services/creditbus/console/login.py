"""Login: a password or an operator's token becomes a session, and the page that asks for it.

The session's value is chance, of which only the hash is kept, in memory, until it was idle for too
long or has lasted long enough.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec

from creditbus.console.staff import StaffRole, Visitor
from creditbus.console.words import say
from creditbus.domain.terms.words import Language

Note = Literal[
    "token_hint",
    "password_hint",
    "token_wrong",
    "password_wrong",
    "token_wait",
    "openid_refused",
    "openid_away",
]

COOKIE: Final = "creditbus_session"
KEPT: Final = 1000
_PAGE: Final = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
_CARRIED: Final = ("lang", "theme", "id", "body", "source", "page")
_HINTS: Final = ("token_hint", "password_hint")
_NAME: Final = """<label for="name">{word}</label>
<input id="name" name="name" autocomplete="username" maxlength="40" autofocus>"""


_OPENID: Final = '<a class="openid" href="{address}">{word}</a>'


class Proof(msgspec.Struct, frozen=True):
    """What somebody logged in with: the hash of a token, or a name and its password's hash.

    ``name`` is empty where it is a token. Of whom an OpenID provider has told there is no hash but
    a role, which is good until then.
    """

    hashed: str
    name: str = ""
    role: StaffRole | None = None
    until: datetime | None = None


@dataclass(slots=True)
class _Session:
    proof: Proof
    begun_at: datetime
    used_at: datetime


class Sessions:
    """Who is logged in; ``judge`` tells whom a proof is good for now, None for nobody.

    A session ends when it was not used for ``idle``, when it is as old as ``longest``, when its
    visitor leaves, or when what was proved is taken away.
    """

    def __init__(
        self,
        judge: Callable[[Proof], Visitor | None],
        now: Callable[[], datetime],
        *,
        idle: timedelta,
        longest: timedelta,
    ) -> None:
        self._judge = judge
        self._now = now
        self._idle, self._longest = idle, longest
        self._begun: dict[str, _Session] = {}

    def begin(self, proof: Proof) -> str | None:
        """Return the value of a new session, None for a proof that is good for nobody."""
        if self._judge(proof) is None:
            return None
        value, now = secrets.token_urlsafe(), self._now()
        while len(self._begun) >= KEPT:
            self._begun.pop(next(iter(self._begun)))
        self._begun[_hash(value)] = _Session(proof, now, now)
        return value

    def visitor(self, value: str) -> Visitor | None:
        """Return whose session has this value, None once it has ended."""
        session, now = self._begun.get(_hash(value)), self._now()
        if session is None:
            return None
        if now - session.used_at >= self._idle or now - session.begun_at >= self._longest:
            self.end(value)
            return None
        return self._judge(session.proof)

    def is_open(self, value: str) -> bool:
        """Return whether a session has this value."""
        return self.visitor(value) is not None

    def use(self, value: str) -> Visitor | None:
        """Note that a person has done something, and return who it was."""
        visitor = self.visitor(value)
        if visitor is not None:
            self._begun[_hash(value)].used_at = self._now()
        return visitor

    def end(self, value: str) -> None:
        """End a session."""
        self._begun.pop(_hash(value), None)


def page(
    language: Language,
    stated: Mapping[str, str],
    *,
    note: Note = "token_hint",
    has_staff: bool = False,
    openid: str = "",
) -> str:
    """Return the page that asks who comes, with a note about it.

    Where there are accounts it asks for a name as well; without one, it takes a token. ``openid``
    is the address of the way to a provider, if there is one.
    """
    name = _NAME.format(word=say("account_name", language)) if has_staff else ""
    return _PAGE.format(
        lang=language,
        title=say("title", language),
        query=escape(carried(stated)),
        name=name,
        token=say("password_or_token" if has_staff else "token", language),
        focus="" if has_staff else "autofocus",
        note=say(note, language),
        kind="hint" if note in _HINTS else "wrong",
        log_in=say("log_in", language),
        openid=_OPENID.format(
            address=escape(f"{openid}?{carried(stated)}"), word=say("openid", language)
        )
        if openid
        else "",
    )


def carried(stated: Mapping[str, str]) -> str:
    """Return the part of an address that survives the login: never the token."""
    return urlencode({name: stated[name] for name in _CARRIED if name in stated})


def _hash(value: str) -> str:
    return sha256(value.encode()).hexdigest()
