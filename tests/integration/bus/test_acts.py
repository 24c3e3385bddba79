"""A person acts upon the running bus, in the console or the command line, and it is on record."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final

import httpx
import msgspec
import pytest
from confluent_kafka import Producer
from playwright.sync_api import Page, expect

from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.calendar import day_of
from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.process import Process
from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED
from creditbus.wire.statements import DayStatement, StatedRecord
from creditbus.wire.topics import DEAD_LETTERS, INTERVENTIONS, inbox
from tests.bus_fixtures import LiveBus, a_firm, eventually, press
from tests.integration.bus.test_browser import CHROMIUM, Window, chromium, window

__all__ = ["chromium", "window"]

SOURCE: Final = "agriculture"
PASSWORD: Final = "several words together"
STAFF: Final = {"wang": "operator", "li": "viewer", "zhao": "reviewer"}
WHY: Final = "the unit has called"

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")


def a_key(name: str) -> str:
    """Return the key of a record that no earlier try of a test has sent."""
    return f"{name}-{sha256(a_firm().encode()).hexdigest()[:8]}"


def a_dead_letter(live: LiveBus, key: str) -> DeadLetter:
    """Put bytes into an inbox that are no record, and return the dead letter that they become."""
    settings = live.settings(SOURCE)
    connection = Connection(settings.kafka, Process("test", 0, settings).security)
    producer = Producer({**connection.base(Alarm()), "acks": "all"})
    producer.produce(inbox(SOURCE), b"no record at all", key, headers=[("x", b"1")])
    assert producer.flush(20) == 0
    return eventually(lambda: letters(live, key))[0]  # type: ignore[no-any-return]


def letters(live: LiveBus, key: str) -> list[DeadLetter]:
    found = live.reader().values(DEAD_LETTERS)
    return [each for each in found if isinstance(each, DeadLetter) and each.key == key.encode()]


def dead_of(live: LiveBus) -> list[StatedRecord]:
    """Return what the signed statement of the present day says that nobody could read."""
    day = day_of(SystemClock().now())
    with live.http("gateway", SOURCE) as client:
        answer = client.get(f"/v1/statements/{day}")
    if not answer.is_success:
        return []  # views is behind for a moment
    payload = answer.text.split(".")[1]
    content = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return list(msgspec.json.decode(content, type=DayStatement).dead)


def done(live: LiveBus, place: str) -> list[Intervention]:
    """Return what is on record about a place."""
    found = live.reader().values(INTERVENTIONS)
    return [each for each in found if isinstance(each, Intervention) and each.place == place]


def test_a_dead_letter_is_redriven_from_the_command_line(live: LiveBus) -> None:
    key = a_key("by-hand")
    letter = a_dead_letter(live, key)
    place = letter.place
    assert press(live, "dead-letters", "redrive", place)[0] == 2  # nobody is there to say why
    assert done(live, place) == []
    code, printed = press(live, "dead-letters", "redrive", place, "--reason", WHY, "--json")
    assert code == 0, printed
    assert json.loads(printed)["reason"] == WHY
    (first, second) = eventually(lambda: (found := letters(live, key))[1:] and found)
    assert (first.value, first.source) == (second.value, second.source)
    assert second.offset > first.offset
    (act,) = done(live, place)
    assert (act.step, act.way, act.reason) == (OperatorStep.REDRIVE, Way.COMMAND_LINE, WHY)
    told = eventually(lambda: [each for each in dead_of(live) if each.offset == second.offset])
    assert [each.redriven for each in told] == [first.offset]
    assert (
        press(live, "dead-letters", "redrive", f"{inbox(SOURCE)}/0/99999999", "--reason", WHY)[0]
        == 2
    )


@pytest.fixture
def accounts(live: LiveBus) -> Iterator[None]:
    """Somebody of each role that a test needs, as long as it runs."""
    for name, role in STAFF.items():
        given = ("accounts", "add", name, "--role", role, "--password-stdin")
        assert press(live, *given, typed=f"{PASSWORD}\n")[0] == 0
    yield
    for name in STAFF:
        assert press(live, "accounts", "remove", name)[0] == 0


def enter(window: Window, name: str, path: str) -> Page:
    """Log in as somebody, in English."""
    window.open(f"{path}{'&' if '?' in path else '?'}lang=en")
    window.page.get_by_label("Name").fill(name)
    window.page.get_by_label("Password").fill(PASSWORD)
    window.page.get_by_role("button", name="Log in").click()
    expect(window.page.get_by_text(f"{name} ·")).to_be_visible()
    return window.page


@needs_browser
def test_an_operator_redrives_in_the_console_and_it_is_on_record(
    window: Window, live: LiveBus, accounts: None
) -> None:
    assert accounts is None
    key = a_key("in-the-console")
    letter = a_dead_letter(live, key)
    page = enter(window, "wang", f"/refused?source={SOURCE}")
    row = page.get_by_role("row").filter(has_text=key).first
    row.get_by_role("button", name="Look").click()
    expect(page.get_by_text("no record at all")).to_be_visible()
    page.get_by_role("button", name="Redrive").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("alert").get_by_text("say why")).to_be_visible()
    page.get_by_label("Reason", exact=True).fill(WHY)
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("On record and asked for: Redrive")).to_be_visible()
    eventually(lambda: letters(live, key)[1:])
    (act,) = done(live, letter.place)
    assert (act.author, act.way, act.reason) == ("wang", Way.CONSOLE, WHY)
    page.get_by_role("link", name="Actions", exact=True).click()
    expect(page.get_by_role("row").filter(has_text=letter.place).first).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Export CSV").click()
    assert WHY in taken.value.path().read_text(encoding="utf-8-sig")
    assert window.complaints == []


@needs_browser
def test_a_viewer_is_refused_in_a_sentence_and_ends_with_the_account(
    window: Window, live: LiveBus, accounts: None
) -> None:
    assert accounts is None
    key = a_key("looked-at")
    letter = a_dead_letter(live, key)
    page = enter(window, "li", f"/refused?source={SOURCE}")
    row = page.get_by_role("row").filter(has_text=key).first
    row.get_by_role("button", name="Look").click()
    expect(page.get_by_text("Your role is viewer")).to_be_visible()
    assert done(live, letter.place) == []
    another = ("accounts", "password", "li", "--password-stdin")
    assert press(live, *another, typed="quite another password\n")[0] == 0
    expect(page.get_by_label("Password")).to_be_visible()  # who is logged in is logged out


def test_every_process_is_told_in_the_file_that_the_console_asks(live: LiveBus) -> None:
    rows = json.loads((live.sites.home / "prometheus.json").read_text())
    told = {f"{row['labels']['service']}-{row['labels']['worker']}" for row in rows}
    assert told == {f"{service}-0" for service in HOSTED}
    targets = [target for row in rows for target in row["targets"]]
    assert len(targets) == len(rows)
    assert all(target.startswith(f"{HOST}:") for target in targets)

    def all_ready() -> bool:
        asked = [httpx.get(f"http://{target}/health/ready", timeout=5) for target in targets]
        return all(answer.is_success for answer in asked)

    assert eventually(all_ready)


BATCH: Final = 150
POISONED: Final = "gas-supply"
SWOLLEN: Final = 60_000
"""Zeros of a record: together they unpack to more than intake lets anybody send at once."""


def typed(live: LiveBus, *given: str) -> tuple[int, str]:
    """Type a command that asks Redis, beside the browser's own loop."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(press, live, *given).result()


def a_poisoned_batch(live: LiveBus) -> int:
    """Put many records into an inbox that are small packed and huge unpacked, as one batch."""
    settings = live.settings(POISONED)
    connection = Connection(settings.kafka, Process("test", 0, settings).security)
    room = {"message.max.bytes": 2 * BATCH * SWOLLEN, "batch.size": 2 * BATCH * SWOLLEN}
    packed = {"compression.codec": "zstd", "linger.ms": 500, "batch.num.messages": BATCH}
    places: list[int] = []
    producer = Producer({**connection.base(Alarm()), **room, **packed, "acks": "all"})
    for _ in range(BATCH):
        producer.produce(
            inbox(POISONED),
            b"\0" * SWOLLEN,
            on_delivery=lambda _, message: places.append(message.offset() or 0),
        )
    assert producer.flush(30) == 0
    assert len(places) == BATCH
    return min(places)


@needs_browser
def test_two_persons_let_an_inbox_go_on_behind_many_records(
    window: Window, live: LiveBus, accounts: None
) -> None:
    assert accounts is None
    start = a_poisoned_batch(live)
    place = f"{inbox(POISONED)}/0/{start}"
    eventually(lambda: f'"position":{start}' in press(live, "inbox", "list", "--json")[1], 60)
    page = enter(window, "wang", "/held")
    row = page.get_by_role("row").filter(has_text=POISONED).filter(has_text=str(start))
    row.get_by_role("button", name="Skip").click()
    page.get_by_label("Reason", exact=True).fill(WHY)
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("waits for a second person, below")).to_be_visible()
    (asked,) = done(live, place)
    assert (asked.step, asked.author, asked.through) == (
        OperatorStep.PROPOSE,
        "wang",
        start + BATCH - 1,
    )
    proposed = page.get_by_role("row").filter(has_text=asked.intervention_id)
    proposed.get_by_role("button", name="Decide").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_label("Reason", exact=True).fill(WHY)
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("alert").get_by_text("somebody else must approve it")).to_be_visible()
    page.get_by_role("button", name="Leave it").click()
    code, printed = typed(live, "held", "list", "--json")
    assert (code, [each["proposal_id"] for each in json.loads(printed)]) == (
        0,
        [asked.intervention_id],
    )
    page.get_by_role("button", name="Log out").click()
    page = enter(window, "zhao", "/held")
    proposed = page.get_by_role("row").filter(has_text=asked.intervention_id)
    proposed.get_by_role("button", name="Decide").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_label("Reason", exact=True).fill("I have asked its keeper too")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("On record and asked for: Approve")).to_be_visible()
    eventually(lambda: press(live, "inbox", "list", "--json")[1].strip() == "[]", 60)
    _, approved = done(live, place)
    assert (approved.step, approved.author) == (OperatorStep.APPROVE, "zhao")
    assert approved.proposal_id == asked.intervention_id
    assert typed(live, "held", "approve", asked.intervention_id, "--reason", WHY)[0] == 2
