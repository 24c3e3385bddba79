"""Log in by an OpenID provider that runs as a process: who is let in, and who is not."""

from __future__ import annotations

import asyncio
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
from creditbus.console.openid import NotBelieved, OpenIdLogin
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


class Watch:
    """A clock that a test puts on."""

    def __init__(self) -> None:
        self.later = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.later


class Console:
    """A console's doors, with one browser."""

    def __init__(self, folder: Path, issuer: str, **given: object) -> None:
        usual = {
            "openid_issuer": issuer,
            "openid_client": CLIENT,
            "openid_secret": SECRET,
            "openid_roles": {"credit-ops": "operator", "credit-review": "reviewer"},
            "tokens": folder / "tokens.json",
            "accounts": folder / "accounts.json",
        }
        settings = Settings(**usual | given)  # type: ignore[arg-type]
        settings.tokens.write_text("[]", encoding="utf-8")
        self.process = Process("console", 0, settings)
        self.process.clock = self.watch = Watch()
        app, self.doorman = FastAPI(), Doorman(self.process)
        route_openid(app, self.doorman)

        @app.get("/who")
        async def who(asked: Request) -> str:
            visitor = self.doorman.visitor(asked)
            return f"{visitor.name} {visitor.role} {visitor.by_token}" if visitor else "nobody"

        origin = settings.console_origin or "http://testserver"
        self.browser = TestClient(app, origin, follow_redirects=False)

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

    def refused(self, why: str) -> float | None:
        """Return how often somebody was not let in, as the metric says."""
        name = "creditbus_credentials_refused_total"
        return self.process.meters.registry.get_sample_value(name, {"why": why})


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
        *("issuer", "audience", "audiences", "for_another", "expired", "over", "far_ahead"),
        *("no_expiry", "no_issued", "no_subject", "nonce", "no_nonce"),
        *("foreign_key", "symmetric", "unsigned", "no_identity_token"),
        *("denied", "answers_as_another"),
    ],
)
def test_what_is_not_as_it_must_be_lets_nobody_in(console: Console, issuer: str, bad: str) -> None:
    be(issuer, bad)
    answer = console.come_back(console.sent_away())
    assert answer.status_code == 401
    (cookie,) = answer.headers.get_list("Set-Cookie")
    assert cookie.startswith(f'{openid.COOKIE}="";'), "and what it was sent away with is gone"
    assert f'href="{openid.AWAY}?' in answer.text, "it may be tried again"
    assert (console.who(), console.refused("openid_refused")) == ("nobody", 1)


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
    minutes = console.process.settings.openid_minutes
    console.watch.later = timedelta(minutes=minutes, seconds=-30)
    assert console.who() == "wang operator False"
    console.watch.later = timedelta(minutes=minutes)
    assert console.who() == "nobody"


def test_whoever_takes_too_long_at_the_provider_begins_again(console: Console) -> None:
    sent = [httpx.get(console.sent_away(), timeout=5).headers["Location"]]
    console.watch.later = openid.GOOD_FOR
    assert console.browser.get(sent[0]).status_code == 401
    sent.append(httpx.get(console.sent_away(), timeout=5).headers["Location"])
    console.watch.later += openid.GOOD_FOR - timedelta(seconds=30)
    assert console.browser.get(sent[1]).status_code == 200


def test_of_many_who_were_sent_away_the_last_ones_are_known(issuer: str) -> None:
    settings = Settings(openid_issuer=issuer, openid_client=CLIENT)
    doors = OpenIdLogin(settings, SystemClock())

    async def states() -> list[str]:
        return [(await doors.send_away("back", "/"))[1] for _ in range(openid.KEPT + 1)]

    begun = asyncio.run(states())
    for state, why in ((begun[0], "nobody was sent"), (begun[1], "says"), (begun[-2], "says")):
        with pytest.raises(NotBelieved, match=why):
            asyncio.run(doors.take_back("back", {"state": state}, state))


def test_cookies_go_nowhere_else_and_over_https_alone(tmp_path: Path, issuer: str) -> None:
    origin = "https://console.example"
    console = Console(tmp_path, issuer, console_origin=origin)
    away = console.browser.get(openid.AWAY)
    asked = parse_qs(urlsplit(away.headers["Location"]).query)
    assert asked["redirect_uri"] == [origin + openid.BACK]
    said = {each.strip() for each in away.headers["Set-Cookie"].split(";")}
    bound = f"Max-Age={int(openid.GOOD_FOR.total_seconds())}"
    assert {"HttpOnly", "SameSite=lax", "Secure", f"Path={openid.AWAY}", bound} <= said
    back = console.come_back(away.headers["Location"])
    session, gone = back.headers.get_list("Set-Cookie")
    assert {"HttpOnly", "SameSite=strict", "Secure"} <= {
        each.strip() for each in session.split(";")
    }
    assert gone.startswith(f'{openid.COOKIE}="";')
    assert console.who() == "wang operator False"


def test_a_client_without_a_secret_says_who_it_is(tmp_path: Path, issuer: str) -> None:
    be(issuer, "public")
    console = Console(tmp_path, issuer, openid_secret="")
    assert console.come_back(console.sent_away()).status_code == 200


@pytest.mark.parametrize("claim", ["realm.roles", "role"])
def test_a_role_may_lie_deeper_or_be_one_word(tmp_path: Path, issuer: str, claim: str) -> None:
    be(issuer, roles="credit-review")
    console = Console(tmp_path, issuer, openid_role_claim=claim)
    console.come_back(console.sent_away())
    assert console.who() == "wang reviewer False"
    be(issuer, roles="other")
    assert console.come_back(console.sent_away()).status_code == 401


@pytest.mark.parametrize(
    ("stated", "name"),
    [("", "4711"), ("w" * 200, "w" * 80), ("wang\u2028  wei", "wang wei")],
    ids=["none", "long", "lines"],
)
def test_a_name_for_the_record_is_one_short_line(
    console: Console, issuer: str, stated: str, name: str
) -> None:
    be(issuer, name=stated)
    console.come_back(console.sent_away())
    assert console.who() == f"{name} operator False"
    be(issuer, name=" ")
    assert console.come_back(console.sent_away()).status_code == 401


@pytest.mark.parametrize("way", ["for_several", "just_over", "ahead"])
def test_what_is_as_it_may_be_lets_somebody_in(console: Console, issuer: str, way: str) -> None:
    be(issuer, way)
    assert console.come_back(console.sent_away()).status_code == 200


def test_a_provider_that_fails_is_away_and_not_disbelieved(console: Console, issuer: str) -> None:
    be(issuer, "token_down")
    assert console.come_back(console.sent_away()).status_code == 502
    assert (console.refused("openid_away"), console.refused("openid_refused")) == (1, None)


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
