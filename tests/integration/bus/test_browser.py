"""The console in a real browser: what an operator clicks, on the whole bus.

Chromium is the system's own; ``apt-get install chromium`` brings it on Debian.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from creditbus.wire.topics import OPERATOR
from tests.bus_fixtures import LiveBus, eventually
from tests.examples import a_bid_bar, a_removal

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
WIDE: Final = 1280
NARROW: Final = 400
WAIT_MS: Final = 20_000
PLACES: Final = (
    *("/", "/subject", "/owed", "/held", "/refused", "/sources", "/lists", "/exposures"),
    "/actions",
)

expect.set_options(timeout=WAIT_MS)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: apt-get install chromium, and these tests run"
)


@dataclass
class Window:
    """One page of a browser, and what the browser complained about."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def hear(self, said: ConsoleMessage) -> None:
        """Keep what the browser says is wrong."""
        if said.type == "error":
            self.complaints.append(said.text)

    def open(self, path: str) -> None:
        """Open a page of the console."""
        self.page.goto(self.address + path)

    def log_in(self, token: str, path: str = "/") -> None:
        """Log in by the form, as a person does."""
        self.open(path)
        self.page.get_by_label("运维令牌").fill(token)
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.get_by_text("实时", exact=True)).to_be_visible(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser, live: LiveBus, request: pytest.FixtureRequest) -> Iterator[Window]:
    width = getattr(request, "param", WIDE)
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    context.set_default_timeout(WAIT_MS)
    window = Window(context.new_page(), f"http://{HOST}:{live.file.ports.console}")
    window.page.on("console", window.hear)
    yield window
    context.close()


@pytest.fixture(scope="module")
def token(live: LiveBus) -> str:
    return live.file.secrets[token_name(OPERATOR)]


def record_of(subject: SubjectId) -> str:
    """Return the id of the record that bars a subject; it looks like nobody's number."""
    return f"browser-{sha256(subject.encode()).hexdigest()[:8]}"


@pytest.fixture
def barred(live: LiveBus, subject: SubjectId) -> SubjectId:
    """A subject that is barred from bidding, and has been refused a nameless removal."""
    with Publisher(
        "tender",
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials["tender"],
    ) as publisher:
        record = record_of(subject)
        publisher.publish(a_bid_bar(subject_id=subject, record_id=record, synthetic=True))
        wrong = a_removal(
            source="tender",
            subject_id=subject,
            record_id=f"{record}-lift",
            list_id="RD-TAX-A",
            synthetic=True,
        )
        publisher.publish(wrong)
    eventually(lambda: live.received(subject))
    return subject


def test_a_wrong_token_is_told_and_the_right_one_opens_the_page(window: Window, token: str) -> None:
    window.open("/owed?lang=en")
    window.page.get_by_label("Operator token").fill("wrong")
    window.page.get_by_role("button", name="Log in").click()
    expect(window.page.locator(".wrong")).to_be_visible()
    window.complaints.clear()  # the browser tells of the 401
    window.page.get_by_label("Operator token").fill(token)
    window.page.get_by_role("button", name="Log in").click()
    expect(window.page.get_by_text("live", exact=True)).to_be_visible()
    assert "/owed" in window.page.url
    assert "token" not in window.page.url
    window.page.wait_for_timeout(1500)
    assert window.complaints == []
    window.page.get_by_role("button", name="Log out").click()
    expect(window.page.get_by_label("Operator token")).to_be_visible()


@pytest.mark.parametrize("window", [WIDE, NARROW], indirect=True, ids=["wide", "narrow"])
def test_every_page_opens_without_a_complaint_and_fits(window: Window, token: str) -> None:
    window.log_in(token)
    for path in PLACES:
        window.open(path)
        expect(window.page.get_by_text("实时", exact=True)).to_be_visible()
        width = window.page.evaluate("document.scrollingElement.scrollWidth")
        assert width <= window.page.viewport_size["width"], f"{path} is {width} wide"  # type: ignore[index]
    window.page.wait_for_timeout(1500)
    assert window.complaints == []


def test_the_page_is_live_over_one_socket(window: Window, token: str) -> None:
    sockets: list[str] = []
    asked_for: list[str] = []
    window.page.on("websocket", lambda socket: sockets.append(socket.url))
    window.page.on("request", lambda asked: asked_for.append(asked.url))
    window.log_in(token)
    shown = window.page.locator("header").get_by_text("数据时间")
    first = shown.inner_text()
    expect(shown).not_to_have_text(first)
    assert len(sockets) >= 1
    assert [url for url in asked_for if "transport=polling" in url] == []


def test_a_subject_is_looked_up_and_leads_to_its_list(
    window: Window, token: str, barred: SubjectId
) -> None:
    window.log_in(token, "/subject")
    window.page.get_by_label("统一社会信用代码或主体标识").fill(barred)
    window.page.get_by_role("button", name="查询").click()
    entries = window.page.get_by_role("table").first
    expect(entries.get_by_role("link")).to_be_visible()
    assert barred in window.page.url.replace("%3A", ":")
    entries.get_by_role("link").first.click()
    expect(window.page.get_by_text("BL-BID-ZT").first).to_be_visible()


def test_what_was_refused_is_found_by_its_source(
    window: Window, token: str, barred: SubjectId
) -> None:
    record = f"{record_of(barred)}-lift"
    window.log_in(token, "/refused?source=tender")
    # What is refused may reach Redis later than the body hears of what is not.
    row = window.page.get_by_role("row").filter(has_text=record)
    expect(row.first).to_be_visible()
    window.page.get_by_label("在表中查找").first.fill(record)
    expect(row.first).to_be_visible()
    with window.page.expect_download() as taken:
        window.page.get_by_role("button", name="导出 CSV").first.click()
    assert taken.value.suggested_filename.endswith(".csv")


def test_theme_and_language_are_chosen_and_stay(window: Window, token: str) -> None:
    window.log_in(token)
    window.page.get_by_role("link", name="深色").click()
    expect(window.page.locator("body.body--dark")).to_be_visible()
    window.page.get_by_role("link", name="English", exact=True).click()
    window.page.get_by_role("link", name="Sources", exact=True).click()
    expect(window.page.locator("body.body--dark")).to_be_visible()
    expect(window.page.get_by_text("Rows a page").first).to_be_visible()
