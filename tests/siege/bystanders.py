"""Bystanders: who goes on meanwhile, at every other door, and how long they wait.

One agency lists and removes firms of its own and sees both at the body's webhook, which is the
whole way through the bus; one caller stands at each HTTP door; one watcher reads the health of
every process. None of them is ever the culprit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import httpx

from creditbus.demo.city import organisation
from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.effects.directives import Action
from creditbus.sdk.publisher import NotPublished, Publisher
from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED
from tests.bus_fixtures import LiveBus
from tests.examples import a_bid_bar, a_removal

AGENCY: Final = "tender"
ASKER: Final = "trade-centre"
PLATFORM: Final = "court-platform"
OPERATOR: Final = "operator"

LISTING: Final = "listing"
REMOVAL: Final = "removal"
CHECK: Final = "check"
FEED: Final = "feed"
REFUSALS: Final = "refusals"
CONSOLE: Final = "console"
HEALTH: Final = "health"
READERS: Final = (CHECK, FEED, REFUSALS, CONSOLE)
BYSTANDERS: Final = (LISTING, REMOVAL, CHECK, FEED, REFUSALS, CONSOLE, HEALTH)

TIMES: Final = 2.0
"""How many times longer than in calm a bystander may wait, at its 99th percentile."""

NOTICED_S: Final = {LISTING: 2.0, REMOVAL: 2.0}
NOTICED_AT_A_DOOR_S: Final = 1.0
"""A wait under this is not noticed, whatever it is twice of: two cores hold all and the tests."""

GIVEN_UP_S: Final = 60.0
_LOOK_S: Final = 0.02
_REST_S: Final = 0.1


@dataclass
class Samples:
    """What one bystander saw: seconds of each success, a sentence for each failure."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        """The wait at the 99th percentile: of fewer than a hundred, the longest."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else 0.0


class Bystanders:
    """All of them, each on a thread of its own, from ``begin`` to ``end``."""

    def __init__(self, live: LiveBus, first_subject: int) -> None:
        self._live = live
        self._numbers = iter(range(first_subject, first_subject + 100_000))
        self._over = threading.Event()
        self._seen: dict[str, Samples] = {}
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        """Begin to use every door."""
        self._over.clear()
        self._seen = {name: Samples() for name in BYSTANDERS}
        uses = (self._agency, self._caller, self._watcher)
        self._threads = [threading.Thread(target=use, daemon=True) for use in uses]
        for thread in self._threads:
            thread.start()

    def end(self) -> dict[str, Samples]:
        """Let each come to the end of what it waits for; return what they saw."""
        self._over.set()
        for thread in self._threads:
            thread.join(2 * GIVEN_UP_S + 10)
            assert not thread.is_alive(), "a bystander still waits"
        return self._seen

    def _agency(self) -> None:
        live = self._live
        with (
            Publisher(
                AGENCY,
                kafka=live.file.bootstrap,
                registry=live.file.registry_url,
                password=live.file.credentials[AGENCY],
            ) as publisher,
            httpx.Client(base_url=f"http://{HOST}:{live.file.ports.body}", timeout=5) as body,
        ):
            while not self._over.is_set():
                subject = organisation(next(self._numbers))
                record = f"bystander-{subject}"
                listing = a_bid_bar(subject_id=subject, record_id=record)
                removal = a_removal(
                    source=AGENCY,
                    subject_id=subject,
                    record_id=record,
                    bases=listing.envelope.bases,
                    list_id=listing.list_id,
                )
                for name, act, wanted in (
                    (LISTING, listing, Action.APPLY),
                    (REMOVAL, removal, Action.LIFT),
                ):
                    began = time.monotonic()
                    fault = _untaken(publisher, act) or _seen_by(body, subject, wanted)
                    self._note(name, began, fault)
                self._over.wait(_REST_S)

    def _caller(self) -> None:
        live = self._live
        subject = organisation(next(self._numbers))
        question = {
            "subject": subject,
            "matter": "bid-registration",
            "purpose": "bid-qualification",
        }
        with (
            live.http("query", ASKER) as query,
            live.http("feed", PLATFORM) as feed,
            live.http("gateway", AGENCY) as gateway,
            live.http("console", OPERATOR) as console,
        ):
            asked: dict[str, Callable[[], httpx.Response]] = {
                CHECK: lambda: query.post("/v1/checks", json=question),
                FEED: lambda: feed.get("/v1/exposures"),
                REFUSALS: lambda: gateway.get("/v1/refusals", params={"limit": 1}),
                CONSOLE: lambda: console.get("/"),
            }
            while not self._over.is_set():
                for name, ask in asked.items():
                    began = time.monotonic()
                    self._note(name, began, _fault_of(ask))
                self._over.wait(_REST_S)

    def _watcher(self) -> None:
        metrics = self._live.file.ports.metrics_of
        with httpx.Client(timeout=10) as client:
            for url in _for_ever([f"http://{HOST}:{metrics(name)}" for name in HOSTED]):
                if self._over.wait(_LOOK_S):
                    return
                began = time.monotonic()
                self._note(HEALTH, began, _fault_of(lambda: client.get(f"{url}/health/ready")))  # noqa: B023

    def _note(self, name: str, began: float, fault: str) -> None:
        seen = self._seen[name]
        if fault:
            seen.failures.append(fault)
        else:
            seen.seconds.append(time.monotonic() - began)


def complaints(
    calm: dict[str, Samples], struck: dict[str, Samples], spares: frozenset[str]
) -> list[str]:
    """Return a sentence for each bystander that noticed something, those spared left out."""
    found = []
    for name in BYSTANDERS:
        if name in spares:
            continue
        seen, bound = struck[name], NOTICED_S.get(name, NOTICED_AT_A_DOOR_S)
        if seen.failures:
            found.append(f"{name}: {len(seen.failures)} failures, first: {seen.failures[0]}")
        bound = max(bound, TIMES * calm[name].p99)
        if seen.p99 > bound:
            found.append(f"{name}: p99 {seen.p99:.2f} s, in calm {calm[name].p99:.2f} s")
    return found


def _untaken(publisher: Publisher, act: EntryListed | EntryRemoved) -> str:
    """Publish until there is a receipt; return why the first try had none, or nothing."""
    why = ""
    deadline = time.monotonic() + GIVEN_UP_S
    while time.monotonic() < deadline:
        try:
            publisher.publish(act)
        except NotPublished as fault:
            why = why or str(fault)
        else:
            return why
    return why


def _seen_by(body: httpx.Client, subject: str, action: Action) -> str:
    deadline = time.monotonic() + GIVEN_UP_S
    while time.monotonic() < deadline:
        answer = body.get("/received", params={"subject": subject})
        if any(each["action"] == action for each in answer.json()):
            return ""
        time.sleep(_LOOK_S)
    return f"{action} of {subject} did not come within {GIVEN_UP_S:.0f} s"


def _fault_of(ask: Callable[[], httpx.Response]) -> str:
    try:
        answer = ask()
    except httpx.HTTPError as fault:
        return repr(fault)
    return "" if answer.is_success else f"{answer.status_code} {answer.text[:200]}"


def _for_ever(urls: list[str]) -> Iterator[str]:
    while True:
        yield from urls
