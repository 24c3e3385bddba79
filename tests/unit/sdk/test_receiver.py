"""A body's side of delivery: verified, fenced by revision, acted on once, and remembered."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from standardwebhooks import Webhook

from creditbus.domain.directives import Action, Directive, Outcome
from creditbus.domain.ids import ObligationId
from creditbus.runtime.clock import SystemClock
from creditbus.sdk.receiver import Answered, Fence, Forged, Receiver
from creditbus.wire.records import json_of, value_of_json
from tests.examples import SCHEMA_FOLDER

SECRET: Final = "whsec_" + b64encode(b"a body's own signing secret, 32 b").decode()
SHIPPED: Final = value_of_json(Directive, (SCHEMA_FOLDER / "directive" / "1.json").read_bytes())
Act = Callable[[Directive], Answered]


def directive(revision: int, **changes: object) -> Directive:
    return msgspec.structs.replace(SHIPPED, revision=revision, **changes)


class Counter:
    """What a body does: it counts, and answers with the outcomes it is given, the last for ever."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes or [Outcome.APPLIED])
        self.acted: list[int] = []

    def __call__(self, found: Directive) -> Answered:
        self.acted.append(found.revision)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        return Answered(outcome, f"act {len(self.acted)}")


@pytest.fixture
def fence(tmp_path: Path) -> Fence:
    return Fence(tmp_path / "fence.sqlite")


def delivery(
    stated: Directive, *, secret: str = SECRET, age: timedelta = timedelta(0)
) -> tuple[dict[str, str], bytes]:
    """Return a delivery as the bus signs it."""
    body = msgspec.json.encode({"specversion": "1.0", "data": msgspec.Raw(json_of(stated))})
    at = SystemClock().now() - age
    headers = {
        "webhook-id": stated.directive_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(stated.directive_id, at, body.decode()),
    }
    return headers, body


def test_signed_delivery_is_acted_on(fence: Fence) -> None:
    seen: list[Directive] = []

    def act(found: Directive) -> Answered:
        seen.append(found)
        return Answered(Outcome.APPLIED)

    assert Receiver(SECRET, fence).receive(*delivery(SHIPPED), act).outcome is Outcome.APPLIED
    assert seen == [SHIPPED]


def test_forged_delivery_is_refused_and_nothing_is_done(fence: Fence) -> None:
    act = Counter()
    headers, body = delivery(SHIPPED)
    other = "whsec_" + b64encode(b"somebody else's secret, also 32 b").decode()
    forged: list[tuple[dict[str, str], bytes]] = [
        delivery(SHIPPED, secret=other),
        (headers, body.replace(b"APPLY", b"LIFT ")),
        (headers | {"webhook-id": "another"}, body),
        (headers | {"webhook-signature": "v1,AAAA"}, body),
        ({}, body),
        delivery(SHIPPED, age=timedelta(minutes=10)),
        delivery(SHIPPED, age=-timedelta(minutes=10)),
    ]
    for each in forged:
        with pytest.raises(Forged):
            Receiver(SECRET, fence).receive(*each, act)
    assert act.acted == []
    assert fence.seen(SHIPPED) is None


def test_older_revision_is_superseded_without_acting(fence: Fence) -> None:
    act = Counter()
    fence.once(directive(3, action=Action.LIFT), act)
    answer = fence.once(directive(2), act)
    assert answer.outcome is Outcome.SUPERSEDED
    assert "3" in answer.detail
    assert act.acted == [3]


def test_same_revision_gets_the_same_answer_without_acting_twice(fence: Fence) -> None:
    act = Counter(Outcome.DECLINED, Outcome.APPLIED)
    first = fence.once(directive(1), act)
    assert fence.once(directive(1), act) == first == Answered(Outcome.DECLINED, "act 1")
    assert act.acted == [1]


def test_replay_of_an_old_signed_delivery_changes_nothing(fence: Fence) -> None:
    act, receiver = Counter(), Receiver(SECRET, fence)
    old, new = delivery(directive(1)), delivery(directive(2, action=Action.LIFT))
    for each in (old, new):
        receiver.receive(*each, act)
    assert receiver.receive(*old, act).outcome is Outcome.SUPERSEDED
    assert act.acted == [1, 2]


def test_higher_revision_is_acted_on(fence: Fence) -> None:
    act = Counter()
    for revision in (1, 2, 5):
        assert fence.once(directive(revision), act).outcome is Outcome.APPLIED
    assert act.acted == [1, 2, 5]


def test_obligations_are_fenced_apart(fence: Fence) -> None:
    act = Counter()
    fence.once(directive(7), act)
    fence.once(directive(1, obligation_id=ObligationId("0" * 32)), act)
    assert act.acted == [7, 1]


def test_fence_survives_reopening_its_file(tmp_path: Path) -> None:
    act = Counter()
    first = Fence(tmp_path / "fence.sqlite").once(directive(4), act)
    reopened = Fence(tmp_path / "fence.sqlite")
    assert reopened.once(directive(4), act) == first
    assert reopened.once(directive(3), act).outcome is Outcome.SUPERSEDED
    assert act.acted == [4]


def test_accepted_is_not_remembered_so_the_body_is_asked_again(fence: Fence) -> None:
    act = Counter(Outcome.ACCEPTED, Outcome.APPLIED)
    assert fence.once(directive(1), act).outcome is Outcome.ACCEPTED
    assert fence.once(directive(1), act).outcome is Outcome.APPLIED
    assert fence.once(directive(1), act).outcome is Outcome.APPLIED
    assert act.acted == [1, 1]


def test_body_that_fails_is_asked_again(fence: Fence) -> None:
    act = Counter()

    def fail(_found: Directive) -> Answered:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        fence.once(directive(1), fail)
    assert fence.once(directive(1), act).outcome is Outcome.APPLIED


def test_late_answer_to_a_lower_revision_never_replaces_a_higher(fence: Fence) -> None:
    fence.remember(directive(5), Answered(Outcome.APPLIED, "five"))
    fence.remember(directive(4), Answered(Outcome.DECLINED, "four"))
    assert fence.seen(directive(5)) == Answered(Outcome.APPLIED, "five")


def test_two_deliveries_at_once_are_acted_on_once(fence: Fence) -> None:
    together, acted = threading.Barrier(4, timeout=10), []

    def act(found: Directive) -> Answered:
        acted.append(found.revision)
        return Answered(Outcome.APPLIED)

    def deliver(_number: int) -> Outcome:
        together.wait()
        return fence.once(directive(1), act).outcome

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(deliver, range(4), timeout=20)) == {Outcome.APPLIED}
    assert acted == [1]
