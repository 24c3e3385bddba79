"""A body's side of delivery: verified, fenced by revision, acted on once, and remembered."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from creditbus.domain.effects.directives import Action, Directive, Outcome
from creditbus.domain.ids import ObligationId
from creditbus.runtime.clock import SystemClock
from creditbus.sdk.receiver import Answered, FateReceiver, Fence, Forged, Receiver
from creditbus.wire.records import json_of
from tests.examples import SCHEMA_FOLDER

SECRET: Final = "whsec_" + b64encode(b"a body's own signing secret, 32 b").decode()
SHIPPED: Final = msgspec.json.decode(
    (SCHEMA_FOLDER / "directive" / "1.json").read_bytes(), type=Directive
)
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
def fence(tmp_path: Path) -> Iterator[Fence]:
    with Fence(tmp_path / "fence.sqlite") as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Fence]:
    """Return the fence of another process on the same file."""
    with Fence(tmp_path / "fence.sqlite") as opened:
        yield opened


def delivery(
    stated: Directive, *, secret: str = SECRET, age: timedelta = timedelta(0)
) -> tuple[dict[str, str], bytes]:
    """Return a delivery as the bus signs it."""
    body = msgspec.json.encode({"specversion": "1.0", "data": msgspec.Raw(json_of(stated))})
    return signed(body, secret=secret, age=age), body


def signed(body: bytes, *, secret: str = SECRET, age: timedelta = timedelta(0)) -> dict[str, str]:
    """Return the headers of a body as the bus signs it."""
    at = SystemClock().now() - age
    return {
        "webhook-id": SHIPPED.directive_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(SHIPPED.directive_id, at, body.decode()),
    }


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
        (headers | {"webhook-signature": "garbage"}, body),
        (headers | {"webhook-signature": "v1,abcde"}, body),
        (headers | {"webhook-signature": "v1,,"}, body),
        (headers | {"webhook-signature": "v1,é"}, body),
        (headers | {"webhook-timestamp": "today"}, body),
        (headers | {"webhook-timestamp": "9" * 30}, body),
        (headers | {"webhook-timestamp": "nan"}, body),
        (headers, b"\xff\xfe" + body),
        (headers, b""),
    ]
    for each in forged:
        with pytest.raises(Forged):
            Receiver(SECRET, fence).receive(*each, act)
    assert act.acted == []
    assert Receiver(SECRET, fence).receive(headers, body, act).outcome is Outcome.APPLIED


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": null}', b"\xef\xbb\xbf{}", b"{"])
def test_what_is_signed_and_no_delivery_is_refused_as_such(fence: Fence, body: bytes) -> None:
    with pytest.raises(Forged, match="no delivery"):
        Receiver(SECRET, fence).receive(signed(body), body, Counter())


@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "other"]),
        st.text(max_size=40) | st.from_regex(r"v1,[A-Za-z0-9+/=,]{0,20}", fullmatch=True),
    ),
    st.binary(max_size=60),
)
def test_whatever_comes_to_the_address_is_forged_and_nothing_else(
    headers: dict[str, str], body: bytes
) -> None:
    with Fence(Path(":memory:")) as fence, pytest.raises(Forged):
        Receiver(SECRET, fence).receive(headers, body, Counter())


def test_headers_may_be_the_bytes_that_a_server_hands_on(fence: Fence) -> None:
    headers, body = delivery(directive(1))
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    assert Receiver(SECRET, fence).receive(raw, body, Counter()).outcome is Outcome.APPLIED
    with pytest.raises(Forged):
        Receiver(SECRET, fence).receive({**raw, b"webhook-signature": b"\xff"}, body, Counter())


def test_old_and_new_secret_count_while_they_change(fence: Fence) -> None:
    new = "whsec_" + b64encode(b"the body's next secret, also 32 b").decode()
    receiver = Receiver([new, SECRET], fence)
    for revision, secret in enumerate((SECRET, new), start=1):
        sent = delivery(directive(revision), secret=secret)
        assert receiver.receive(*sent, Counter()).outcome is Outcome.APPLIED
    with pytest.raises(Forged, match="no secret"):
        Receiver([], fence).receive(*delivery(directive(3)), Counter())


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
    with Fence(tmp_path / "fence.sqlite") as fence:
        first = fence.once(directive(4), act)
    with Fence(tmp_path / "fence.sqlite") as reopened:
        assert reopened.once(directive(4), act) == first
        assert reopened.once(directive(3), act).outcome is Outcome.SUPERSEDED
    assert act.acted == [4]


def test_accepted_settles_nothing_so_the_body_is_asked_again(fence: Fence) -> None:
    act = Counter(Outcome.ACCEPTED, Outcome.APPLIED)
    assert fence.once(directive(1), act).outcome is Outcome.ACCEPTED
    assert fence.once(directive(1), act).outcome is Outcome.APPLIED
    assert fence.once(directive(1), act).outcome is Outcome.APPLIED
    assert act.acted == [1, 1]


def fail(_found: Directive) -> Answered:
    raise ConnectionError


def test_body_that_fails_is_asked_again_after_a_restart_too(tmp_path: Path) -> None:
    act = Counter()
    with Fence(tmp_path / "fence.sqlite") as fence, pytest.raises(ConnectionError):
        fence.once(directive(1), fail)
    with Fence(tmp_path / "fence.sqlite") as reopened:
        assert reopened.once(directive(1), act).outcome is Outcome.APPLIED
    assert act.acted == [1]


def test_late_application_is_superseded_by_a_lift_that_was_only_accepted(fence: Fence) -> None:
    act = Counter(Outcome.ACCEPTED)
    fence.once(directive(6, action=Action.LIFT), act)
    assert fence.once(directive(5), act).outcome is Outcome.SUPERSEDED
    assert act.acted == [6]


def test_late_application_is_superseded_by_a_lift_that_failed(fence: Fence) -> None:
    act = Counter()
    with pytest.raises(ConnectionError):
        fence.once(directive(6, action=Action.LIFT), fail)
    assert fence.once(directive(5), act).outcome is Outcome.SUPERSEDED
    assert act.acted == []


def test_application_that_ends_after_its_lift_came_to_another_process_is_superseded(
    fence: Fence, other: Fence
) -> None:
    lift = directive(6, action=Action.LIFT)

    def act(_found: Directive) -> Answered:
        assert other.once(lift, Counter()) == Answered(Outcome.APPLIED, "act 1")
        return Answered(Outcome.APPLIED, "applied too late")

    assert fence.once(directive(5), act).outcome is Outcome.SUPERSEDED
    assert fence.once(lift, fail) == Answered(Outcome.APPLIED, "act 1")


def test_settled_answer_stands_against_a_slower_process_of_the_same_revision(
    fence: Fence, other: Fence
) -> None:
    def act(_found: Directive) -> Answered:
        other.once(directive(1), Counter())
        return Answered(Outcome.ACCEPTED)

    assert fence.once(directive(1), act) == Answered(Outcome.APPLIED, "act 1")


def test_slow_application_holds_no_other_obligation_and_its_own_lift_takes_its_turn(
    fence: Fence,
) -> None:
    began, go_on, acted = threading.Event(), threading.Event(), []

    def slow(found: Directive) -> Answered:
        began.set()
        assert go_on.wait(10)
        acted.append(found.revision)
        return Answered(Outcome.APPLIED)

    def lift(found: Directive) -> Answered:
        acted.append(found.revision)
        return Answered(Outcome.APPLIED)

    other = directive(9, action=Action.LIFT, obligation_id=ObligationId("0" * 32))
    with ThreadPoolExecutor(3) as pool:
        applied = pool.submit(fence.once, directive(5), slow)
        assert began.wait(10)
        lifted = pool.submit(fence.once, directive(6, action=Action.LIFT), lift)
        try:
            assert pool.submit(fence.once, other, lift).result(10).outcome is Outcome.APPLIED
            assert not lifted.done()
        finally:
            go_on.set()
        assert applied.result(10).outcome is Outcome.APPLIED
        assert lifted.result(10).outcome is Outcome.APPLIED
    assert acted == [9, 5, 6]


ENDS_AT: Final = datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "early", "outcome"),
    [
        (Action.APPLY, timedelta(0), Outcome.NOT_APPLICABLE),
        (Action.APPLY, timedelta(seconds=1), Outcome.APPLIED),
        (Action.LIFT, timedelta(0), Outcome.APPLIED),
    ],
)
def test_application_whose_term_is_over_is_not_acted_on(
    tmp_path: Path, action: Action, early: timedelta, outcome: Outcome
) -> None:
    act, stated = Counter(), directive(3, action=action, ends_at=ENDS_AT)
    with Fence(tmp_path / "fence.sqlite", now=lambda: ENDS_AT - early) as fence:
        assert fence.once(stated, act).outcome is outcome
        assert act.acted == ([] if outcome is Outcome.NOT_APPLICABLE else [3])
        assert fence.once(directive(2), act).outcome is Outcome.SUPERSEDED


def test_fence_that_knows_no_time_leaves_the_term_to_the_body(fence: Fence) -> None:
    past = directive(1, ends_at=ENDS_AT - timedelta(days=9999))
    assert fence.once(past, Counter()).outcome is Outcome.APPLIED


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


def test_a_message_with_fates_is_believed_only_as_it_was_signed(fence: Fence) -> None:
    fate = {"offset": 7, "record_id": "r", "record_revision": 1, "event_id": "", "state": "APPLIED"}
    told = {"id": "court-1-2-3", "type": "fates.told.v1", "data": {"fates": [fate], "gap": ""}}
    body = msgspec.json.encode(told)
    receiver = FateReceiver(["whsec_b2xk", SECRET])

    name, found = receiver.read(signed(body), body)

    assert (name, [each.offset for each in found.fates], found.gap) == ("court-1-2-3", [7], "")
    later = timedelta(minutes=-6)
    other = msgspec.json.encode(told | {"type": "directive.issued.v1"})
    for headers, content in (
        (signed(body), body.replace(b"7", b"8")),
        (signed(body, age=-later), body),
        (signed(other), other),
        (signed(b"[]"), b"[]"),
    ):
        with pytest.raises(Forged):
            receiver.read(headers, content)
    # What is signed for one is no directive for another.
    with pytest.raises(Forged):
        Receiver(SECRET, fence).receive(signed(body), body, Counter())
