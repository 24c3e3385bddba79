"""Doorman: lets people in and out, and keeps those waiting who fail too often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from html import escape
from http import HTTPStatus
from typing import Final

import httpx
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from creditbus.console import login, openid
from creditbus.console.attempts import Attempts
from creditbus.console.front import is_secure
from creditbus.console.login import Proof, Sessions
from creditbus.console.openid import NotBelieved, OpenIdLogin
from creditbus.console.staff import Staff, StaffRole, Visitor
from creditbus.console.words import language_of
from creditbus.domain.calendar import day_of
from creditbus.domain.terms.words import Language
from creditbus.runtime.http.credentials import (
    CallerRole,
    CredentialRefused,
    Credentials,
    hash_of,
)
from creditbus.runtime.process import Process

AT_ONCE: Final = 2
"""How many passwords are compared at a time: each takes 64 MiB."""

_ONWARD: Final = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={to}">'
    '<a href="{to}">…</a>'
)


class Doorman:
    """The one who knows tokens and accounts."""

    def __init__(self, process: Process) -> None:
        settings = process.settings
        self._process = process
        self._tokens = Credentials.load(settings.tokens)
        self._staff = Staff(settings.accounts)
        self._attempts = Attempts()
        self._openid = OpenIdLogin(settings, process.clock)
        self._comparing = asyncio.Semaphore(AT_ONCE)
        self.sessions = Sessions(
            self._judged,
            process.clock.now,
            idle=timedelta(minutes=settings.console_idle_minutes),
            longest=timedelta(hours=settings.console_hours),
        )

    def visitor(self, asked: Request) -> Visitor | None:
        """Return who asks for a page, None for a stranger."""
        return self.sessions.use(asked.cookies.get(login.COOKIE, ""))

    def ask(self, asked: Request, place: Mapping[str, str]) -> Response:
        """Return the page that asks a stranger who it is."""
        note: login.Note = "password_hint" if self._has_staff else "token_hint"
        language = language_of(asked.query_params.get("lang"))
        return HTMLResponse(self._page(language, place, note))

    async def send_away(self, asked: Request, to: str) -> Response:
        """Send a browser to the OpenID provider."""
        try:
            address, state = await self._openid.send_away(self._back(asked), to)
        except (NotBelieved, httpx.HTTPError) as fault:
            return self._not_let_in(asked, fault)
        answer = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        # Lax: it must come back with a browser that the provider sends.
        answer.set_cookie(
            openid.COOKIE,
            state,
            max_age=int(openid.GOOD_FOR.total_seconds()),
            path=openid.AWAY,
            httponly=True,
            samesite="lax",
            secure=self._is_secure(asked),
        )
        return answer

    async def take_back(self, asked: Request) -> Response:
        """Begin a session for whom the provider tells of; or say that nobody was believed."""
        kept = asked.cookies.get(openid.COOKIE, "")
        try:
            came, to = await self._openid.take_back(self._back(asked), asked.query_params, kept)
        except (NotBelieved, httpx.HTTPError) as fault:
            return self._not_let_in(asked, fault)
        lasts = timedelta(minutes=self._process.settings.openid_minutes)
        until = self._process.clock.now() + lasts
        session = self.sessions.begin(Proof("", came.name, came.role, until))
        assert session is not None
        # A page and no redirect: after one from elsewhere a browser keeps a strict cookie back.
        answer = HTMLResponse(_ONWARD.format(to=escape(to)))
        self._give(answer, asked, session)
        answer.delete_cookie(openid.COOKIE, path=openid.AWAY)
        return answer

    async def let_in(self, asked: Request, name: str, secret: str, to: str) -> Response:
        """Begin a session for a name and password, or a token without a name; or say why not."""
        now = self._process.clock.now()
        # By address, and by what is tried: one secret from everywhere, or all from one place.
        tried = f"as {name}" if name else f"with {hash_of(secret)}"
        whose = [f"at {asked.client.host if asked.client else ''}", tried]
        if wait_s := max(self._attempts.wait_s(each, now) for each in whose):
            self._process.meters.add("credentials_refused", why="throttled")
            answer = self._refused(asked, HTTPStatus.TOO_MANY_REQUESTS, "token_wait")
            answer.headers["Retry-After"] = str(wait_s)
            return answer
        # Noted before it is judged: of many tries at once none goes past the bound.
        for each in whose:
            self._attempts.fail(each, now)
        proof = await self._proof(name, secret)
        session = self.sessions.begin(proof) if proof is not None else None
        if session is None:
            self._process.meters.add("credentials_refused", why="no_operator")
            note: login.Note = "password_wrong" if name else "token_wrong"
            return self._refused(asked, HTTPStatus.UNAUTHORIZED, note)
        for each in whose:
            self._attempts.succeed(each)
        # Redirected, so that the token leaves the address bar at once.
        answer = RedirectResponse(to, HTTPStatus.SEE_OTHER)
        self._give(answer, asked, session)
        return answer

    def let_out(self, asked: Request, to: str) -> Response:
        """End the session."""
        self.sessions.end(asked.cookies.get(login.COOKIE, ""))
        answer = RedirectResponse(to, HTTPStatus.SEE_OTHER)
        answer.delete_cookie(login.COOKIE)
        return answer

    @property
    def _has_staff(self) -> bool:
        try:
            return bool(self._staff.rows)
        except ValueError:
            # Whoever types a name is told; the operator's token opens all the same.
            return True

    async def _proof(self, name: str, secret: str) -> Proof | None:
        if not name:
            return Proof(hash_of(secret))
        async with self._comparing:
            found = await asyncio.to_thread(self._staff.verified, name, secret)
        return Proof(found.password, name) if found is not None else None

    def _judged(self, proof: Proof) -> Visitor | None:
        """Return whom a proof is good for at this moment."""
        if proof.role is not None and proof.until is not None:
            is_good = self._process.clock.now() < proof.until
            return Visitor(proof.name, proof.role) if is_good else None
        if proof.name:
            found = self._staff.member(proof.name)
            is_same = found is not None and found.password == proof.hashed
            return Visitor(found.name, found.role) if found is not None and is_same else None
        try:
            caller = self._tokens.holder(proof.hashed, day_of(self._process.clock.now()))
        except CredentialRefused:
            return None
        if caller.role is not CallerRole.OPERATOR or caller.only is not None:
            return None
        return Visitor(caller.party, StaffRole.OPERATOR, by_token=True)

    def _refused(self, asked: Request, status: HTTPStatus, note: login.Note) -> Response:
        stated = asked.query_params
        language = language_of(stated.get("lang"))
        return HTMLResponse(self._page(language, stated, note), status.value)

    def _not_let_in(self, asked: Request, fault: Exception) -> Response:
        is_away = isinstance(fault, httpx.HTTPError)
        why: login.Note = "openid_away" if is_away else "openid_refused"
        self._process.meters.add("credentials_refused", why=why)
        self._process.logger.warning("nobody is let in by the provider", why=str(fault))
        status = HTTPStatus.BAD_GATEWAY if is_away else HTTPStatus.UNAUTHORIZED
        answer = self._refused(asked, status, why)
        answer.delete_cookie(openid.COOKIE, path=openid.AWAY)
        return answer

    def _page(self, language: Language, place: Mapping[str, str], note: login.Note) -> str:
        way = openid.AWAY if self._openid.is_on else ""
        return login.page(language, place, note=note, has_staff=self._has_staff, openid=way)

    def _give(self, answer: Response, asked: Request, session: str) -> None:
        secure = self._is_secure(asked)
        answer.set_cookie(login.COOKIE, session, httponly=True, samesite="strict", secure=secure)

    def _is_secure(self, asked: Request) -> bool:
        return is_secure(asked.scope, self._process.settings.console_origin)

    def _back(self, asked: Request) -> str:
        """Return where the provider sends a browser back to."""
        origin = self._process.settings.console_origin or str(asked.base_url)
        return origin.rstrip("/") + openid.BACK
