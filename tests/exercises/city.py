"""A city that goes on during an exercise, and what it has to complain of at the end.

An agency lists firms and takes half of them off again, each act until it has a receipt; a caller
asks about a firm that is barred and one that is free; a watcher reads what the bodies act on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from creditbus.demo.city import organisation
from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.sdk.publisher import NotPublished, Publisher
from creditbus.stack.ports import HOST
from tests.examples import a_bid_bar, a_removal
from tests.exercises.ground import Ground

AGENCY: Final = "tender"
ASKER: Final = "trade-centre"
BEAT_S: Final = 0.5
WITHIN_S: Final = 150.0


@dataclass(slots=True)
class Toll:
    """What an exercise cost: counts that must be 0, and the longest silences in seconds."""

    lost: int = 0
    repeated: int = 0
    stale: int = 0
    unasked_s: float = 0.0  # no check was answered
    unmoved_s: float = 0.0  # no body got anything
    complaints: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether everything that must hold did."""
        return self.lost == self.repeated == self.stale == 0


class City:
    """All of it, on threads of its own, from ``begin`` to ``settle``."""

    def __init__(self, ground: Ground, first_subject: int) -> None:
        self._ground = ground
        self._numbers = iter(range(first_subject, first_subject + 100_000))
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.barred: dict[str, bool] = {}
        """Each firm about which the agency has a receipt, and whether it is barred since."""
        self.published: list[EntryListed | EntryRemoved] = []
        """Every act with a receipt, in order."""
        self.toll = Toll()
        self._asked_about: dict[str, bool] = {}
        self._heard: set[str] = set()
        self._revisions: dict[str, int] = {}
        self._query: httpx.Client | None = None

    def begin(self) -> None:
        """Settle two firms to ask about, and begin to live."""
        free, held = self._firm(), self._firm()
        with self._publisher() as publisher:
            for act in (_bar(free), _bar(held), _release(free)):
                publisher.publish(act)
        wanted = {free: False, held: True}
        self._wait_until(lambda: self._wrong(wanted) == 0, "two firms to ask about")
        self._asked_about = wanted
        self.begin_again()

    def begin_again(self) -> None:
        """Go on living, about the same two firms."""
        self._over.clear()
        for use in (self._agency, self._caller, self._watcher):
            thread = threading.Thread(target=use, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let everybody come to the end of what they wait for."""
        self._over.set()
        for thread in self._threads:
            thread.join(WITHIN_S)
            assert not thread.is_alive(), "the city does not come to its end"
        self._threads.clear()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nobody do anything during the block, as when the bus itself is stopped for it."""
        self.stop()
        yield

    def settle(self) -> Toll:
        """Stop, wait until the bus has decided everything, and count what is wrong then."""
        self.stop()
        deadline = time.monotonic() + WITHIN_S
        while True:
            wrong, (is_open, owed, twice) = self._wrong(self.barred), self._audited()
            if not (wrong or is_open or owed) or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        self._hang_up()
        self.toll.lost += is_open + owed
        self.toll.stale += wrong
        self.toll.repeated += twice
        if is_open or owed or wrong or twice:
            self._complain(f"open {is_open}, owed {owed}, answered wrongly {wrong}, twice {twice}")
        return self.toll

    def send_again(self, acts: list[EntryListed | EntryRemoved]) -> None:
        """Publish acts once more, as a source does that is asked to."""
        with self._publisher() as publisher:
            for act in acts:
                publisher.publish(act)

    def _agency(self) -> None:
        publisher = self._publisher()
        listed: list[str] = []
        while not self._over.wait(BEAT_S):
            firm = self._firm()
            acts: list[EntryListed | EntryRemoved] = [_bar(firm)]
            if len(listed) % 2:
                acts.append(_release(listed[-1]))
            listed.append(firm)
            for act in acts:
                while True:
                    try:
                        publisher.publish(act)
                    except NotPublished:
                        # What has no receipt is sent until it has: the same record, harmlessly.
                        publisher = self._publisher_again(publisher)
                    else:
                        self.barred[act.envelope.subject_id] = isinstance(act, EntryListed)
                        self.published.append(act)
                        break

    def _caller(self) -> None:
        answered = time.monotonic()
        while not self._over.wait(BEAT_S / 5):
            for firm, is_barred in self._asked_about.items():
                told = self._asked(firm)
                if told is None:
                    continue
                now = time.monotonic()
                self.toll.unasked_s = max(self.toll.unasked_s, now - answered)
                answered = now
                if told is not is_barred:
                    self.toll.stale += 1
                    self._complain(f"{firm} was answered as {'barred' if told else 'free'}")
        # A silence that has not ended counts as well.
        self.toll.unasked_s = max(self.toll.unasked_s, time.monotonic() - answered)

    def _watcher(self) -> None:
        after, moved = 0, time.monotonic()
        while not self._over.wait(BEAT_S):
            try:
                url = f"http://{HOST}:{self._ground.file.ports.body}/received"
                found: list[dict[str, Any]] = httpx.get(
                    url, params={"after": after}, timeout=5
                ).json()
            except (httpx.HTTPError, OSError):
                after = 0  # bodies that are started again remember nothing of what they told
                continue
            after += len(found)
            for each in found:
                stamp = f"{each['obligation_id']} {each['revision']} {each['received_at']}"
                if stamp not in self._heard and each["subject_id"] in self.barred:
                    self._heard.add(stamp)
                    self._note(each)
                    now = time.monotonic()
                    self.toll.unmoved_s = max(self.toll.unmoved_s, now - moved)
                    moved = now
        self.toll.unmoved_s = max(self.toll.unmoved_s, time.monotonic() - moved)

    def _note(self, received: dict[str, Any]) -> None:
        obligation, revision = str(received["obligation_id"]), int(received["revision"])
        last = self._revisions.get(obligation, 0)
        if revision == last:
            self.toll.repeated += 1
            self._complain(f"{obligation} was acted on twice at revision {revision}")
        elif revision < last:
            self.toll.stale += 1
            self._complain(f"{obligation} was acted on at {revision} after {last}")
        self._revisions[obligation] = max(last, revision)

    def _wrong(self, wanted: dict[str, bool]) -> int:
        """Return about how many firms query does not say what the agency last said."""
        return sum(self._asked(firm) is not is_barred for firm, is_barred in wanted.items())

    def _asked(self, firm: str) -> bool | None:
        """Return whether query says that a firm is barred; None when it gives no answer."""
        question = {"subject": firm, "matter": "bid-registration", "purpose": "bid-qualification"}
        try:
            if self._query is None:
                self._query = self._ground.http("query", ASKER)
            answer = self._query.post("/v1/checks", json=question)
        except (httpx.HTTPError, OSError):
            # Where it listens and which token it wants may have changed.
            self._hang_up()
            return None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._hang_up()
        return bool(answer.json()["barred"]) if answer.is_success else None

    def _hang_up(self) -> None:
        if self._query is not None:
            self._query.close()
            self._query = None

    def _audited(self) -> tuple[int, int, int]:
        """Return what audit counts as open, owed and counted twice."""
        _, printed, complaint = self._ground.type("creditbus audit --json")
        if not printed:
            self._complain(complaint)
            return 1, 0, 0
        told = httpx.Response(200, text=printed).json()
        (whole,) = [row for row in told["sums"] if row["party"] == "total"]
        return whole["open"], told["reconciliation"]["owed"], whole["twice"]

    def _publisher(self) -> Publisher:
        file = self._ground.file
        return Publisher(
            AGENCY,
            kafka=file.bootstrap,
            registry=file.registry_url,
            password=file.credentials[AGENCY],
        )

    def _publisher_again(self, before: Publisher) -> Publisher:
        """Return a publisher with what the stack's file says now; the old one while it cannot."""
        try:
            return self._publisher()
        except NotPublished:
            time.sleep(BEAT_S)
            return before

    def _firm(self) -> str:
        return organisation(next(self._numbers))

    def _wait_until(self, holds: Any, what: str) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            assert time.monotonic() < deadline, f"there were not {what}"
            time.sleep(BEAT_S)

    def _complain(self, sentence: str) -> None:
        if len(self.toll.complaints) < 20:
            self.toll.complaints.append(sentence)


def _bar(firm: str) -> EntryListed:
    return a_bid_bar(subject_id=firm, record_id=f"exercise-{firm}")


def _release(firm: str) -> EntryRemoved:
    bar = _bar(firm)
    return a_removal(
        source=AGENCY,
        subject_id=firm,
        record_id=bar.envelope.record_id,
        bases=bar.envelope.bases,
        list_id=bar.list_id,
    )
