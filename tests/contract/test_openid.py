"""Log in by an OpenID provider that runs as a process: who is let in, and who is not."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from creditbus.console import login, openid
from creditbus.console.app import route_openid
from creditbus.console.doorman import Doorman
from creditbus.console.openid import OpenIdLogin
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.process import Process
from creditbus.runtime.settings import SettingMissing, Settings
from creditbus.stack.ports import HOST, free

CLIENT, SECRET = "creditbus-console", "of the console"
BOUND_S = 30.0


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a provider that runs."""
    port = free().gateway
    argv = [sys.executable, "-m", "tests.openid_provider", str(port), CLIENT, SECRET]
    process = subprocess.Popen(argv)
    address = f"http://{HOST}:{port}"
    try:
        deadline = time.monotonic() + BOUND_S
        while not _answers(address):
            assert time.monotonic() < deadline, "the provider does not answer"
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/keys", timeout=1).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(autouse=True)
def _good(issuer: str) -> None:
    be(issuer)


def be(issuer: str, bad: str = "", roles: str = "credit-ops", name: str = "wang") -> None:
    """Make the provider bad in one way, or good."""
    said = {"bad": bad, "roles": roles, "name": name}
    httpx.post(f"{issuer}/be", params=said, timeout=5).raise_for_status()


class Console:
    """A console's doors, with one browser."""

    def __init__(self, folder: Path, issuer: str, **given: object) -> None:
        settings = Settings(
            openid_issuer=issuer,
            openid_client=CLIENT,
            openid_secret=SECRET,
            openid_roles={"credit-ops": "operator", "credit-review": "reviewer"},
            tokens=folder / "tokens.json",
            accounts=folder / "accounts.json",
            **given,  # type: ignore[arg-type]
        )
        settings.tokens.write_text("[]", encoding="utf-8")
        self.process = Process("console", 0, settings)
        app, self.doorman = FastAPI(), Doorman(self.process)
        route_openid(app, self.doorman)

        @app.get("/who")
        async def who(asked: Request) -> str:
            visitor = self.doorman.visitor(asked)
            return f"{visitor.name} {visitor.role} {visitor.by_token}" if visitor else "nobody"

        self.browser = TestClient(app, follow_redirects=False)

    def sent_away(self, page: str = "/held") -> str:
        """Return the provider's address to which the browser is sent."""
        answer = self.browser.get(openid.AWAY, params={"page": page, "lang": "en"})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def come_back(self, address: str) -> Any:
        """Go to the provider, and come back with what it says."""
        sent = httpx.get(address, timeout=5)
        assert sent.status_code == 302, sent.text
        return self.browser.get(sent.headers["Location"])

    def who(self) -> str:
        """Return who is logged in."""
        return str(self.browser.get("/who").json())


@pytest.fixture
def console(tmp_path: Path, issuer: str) -> Console:
    return Console(tmp_path, issuer)


def test_who_comes_back_is_logged_in_in_the_role_of_a_claim(console: Console) -> None:
    answer = console.come_back(console.sent_away())
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/held?' in unescape(answer.text)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert console.who() == "wang operator False"


def test_what_the_browser_carries_away_is_no_secret_of_the_console(console: Console) -> None:
    asked = parse_qs(urlsplit(console.sent_away()).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert not {"code_verifier", "client_secret"} & asked.keys()


def test_the_highest_of_several_roles_counts(console: Console, issuer: str) -> None:
    be(issuer, roles="staff credit-review credit-ops", name="li")
    console.come_back(console.sent_away())
    assert console.who() == "li operator False"


@pytest.mark.parametrize(
    "bad",
    [
        *("issuer", "audience", "audiences", "expired", "no_expiry", "nonce", "no_nonce"),
        *("foreign_key", "symmetric", "unsigned", "no_identity_token"),
        *("denied", "answers_as_another"),
    ],
)
def test_what_is_not_as_it_must_be_lets_nobody_in(console: Console, issuer: str, bad: str) -> None:
    be(issuer, bad)
    answer = console.come_back(console.sent_away())
    assert answer.status_code == 401
    assert login.COOKIE not in answer.headers.get("Set-Cookie", "")
    assert console.who() == "nobody"


def test_whoever_has_no_role_here_is_not_let_in(console: Console, issuer: str) -> None:
    be(issuer, roles="staff operator")  # what is not named in the settings is none
    assert console.come_back(console.sent_away()).status_code == 401
    assert console.who() == "nobody"


def test_another_browser_cannot_bring_what_one_was_sent_away_with(
    console: Console,
) -> None:
    sent = httpx.get(console.sent_away(), timeout=5).headers["Location"]
    other = TestClient(console.browser.app, follow_redirects=False)
    assert other.get(sent).status_code == 401  # a login that somebody else has begun
    assert other.get("/who").json() == "nobody"
    assert console.browser.get(sent).status_code == 200


def test_a_state_counts_once_and_a_made_up_one_never(console: Console) -> None:
    sent = httpx.get(console.sent_away(), timeout=5).headers["Location"]
    cookies = dict(console.browser.cookies)
    assert console.browser.get(sent).status_code == 200
    console.browser.cookies.update(cookies)
    assert console.browser.get(sent).status_code == 401
    console.browser.cookies.set(openid.COOKIE, "made-up", path=openid.AWAY)
    assert console.browser.get(f"{openid.BACK}?code=x&state=made-up").status_code == 401


def test_a_code_without_its_verifier_is_worth_nothing(console: Console) -> None:
    stolen = httpx.get(console.sent_away(), timeout=5).headers["Location"]
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    # Its thief begins a login of his own, and puts the stolen code into it.
    state = parse_qs(urlsplit(console.sent_away()).query)["state"][0]
    answer = console.browser.get(openid.BACK, params={"code": code, "state": state})
    assert answer.status_code == 401
    assert console.who() == "nobody"


def test_a_provider_that_has_changed_its_keys_is_asked_for_them_again(
    console: Console, issuer: str
) -> None:
    console.come_back(console.sent_away())
    console.browser.cookies.clear()
    be(issuer, "new_key")
    assert console.come_back(console.sent_away()).status_code == 200
    assert console.who() == "wang operator False"


def test_a_login_ends_however_much_it_is_used(console: Console) -> None:
    console.come_back(console.sent_away())
    clock, minutes = console.process.clock, console.process.settings.openid_minutes

    class Later:
        def now(self) -> datetime:
            return clock.now() + timedelta(minutes=minutes)

    console.process.clock = Later()
    assert console.who() == "nobody"


def test_a_provider_that_is_away_is_told(tmp_path: Path) -> None:
    console = Console(tmp_path, f"http://{HOST}:1")
    answer = console.browser.get(openid.AWAY, params={"lang": "en"})
    assert answer.status_code == 502
    assert "does not answer" in answer.text


def test_an_issuer_that_says_it_is_another_is_not_believed(tmp_path: Path, issuer: str) -> None:
    console = Console(tmp_path, issuer.replace(HOST, "localhost"))
    assert console.browser.get(openid.AWAY).status_code == 401


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"openid_issuer": "http://id.example"}, "https://"),
        ({"openid_issuer": "https://id.example"}, "CREDITBUS_OPENID_CLIENT"),
    ],
)
def test_a_provider_that_cannot_be_believed_stops_the_start(
    given: dict[str, str], why: str
) -> None:
    with pytest.raises(SettingMissing, match=why):
        OpenIdLogin(Settings(**given), SystemClock())  # type: ignore[arg-type]


def test_it_is_off_unless_it_is_set() -> None:
    assert not OpenIdLogin(Settings(), SystemClock()).is_on
    assert "openid" not in login.page("en", {}).split("<form")[1]
