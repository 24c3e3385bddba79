"""How a body fares: when it is only probed, when it is opened again, and what it may ask for."""

from __future__ import annotations

import pytest

from creditbus.delivery.conditions import LONGEST_RESPITE_S, STOPPED_PROBE_S, BodyState, Condition
from creditbus.domain.effects.directives import Lane


def condition(concurrency: int = 64, attempts: int = 3) -> Condition:
    return Condition(concurrency=concurrency, attempts=attempts)


def failed(
    body: Condition, at: float, status: int | None = None, after: float | None = None
) -> None:
    body.failed(at, status=status, why="no answer within 15 s", retry_after_s=after)


def down(attempts: int = 3, at: float = 100.0) -> Condition:
    body = condition(attempts=attempts)
    for _ in range(attempts):
        failed(body, at)
    return body


def test_a_few_failures_are_the_directives_own() -> None:
    body = condition()
    for _ in range(20):
        failed(body, 1.0)
        failed(body, 1.0)
        assert not body.succeeded()
    assert body.state is BodyState.HEALTHY
    assert body.room(Lane.APPLY, 0, 0, 1.0) > 1


def test_a_body_that_fails_again_and_again_is_probed_alone() -> None:
    body = down(at=100.0)
    assert (body.state, body.why) == (BodyState.FAILING, "no answer within 15 s")
    assert body.room(Lane.LIFT, 0, 0, 100.1) == 0
    assert body.room(Lane.LIFT, 0, 0, 100.2) == 1
    assert body.room(Lane.LIFT, 1, 0, 100.2) == 0
    assert body.room(Lane.APPLY, 0, 1, 100.2) == 0
    assert body.room(Lane.LIFT, 0, 9, 100.2) == 1, "applications that hang keep no lift waiting"


def test_while_a_lift_waits_a_body_that_is_down_is_probed_every_second() -> None:
    body = down()
    for number in range(500):
        failed(body, 200.0 + number)
        assert body.next_probe(Lane.LIFT) - (200.0 + number) <= 0.81
        assert body.next_probe(Lane.APPLY) - (200.0 + number) <= 10.01


def test_the_first_success_opens_it_again_gently() -> None:
    body = down()
    assert body.succeeded()
    assert body.state is BodyState.HEALTHY
    rooms = []
    for _ in range(8):
        rooms.append(body.room(Lane.LIFT, 0, 0, 101.0))
        assert not body.succeeded()
    assert rooms == [2, 4, 8, 16, 32, 64, 64, 64]


@pytest.mark.parametrize("status", [401, 403, 410])
def test_one_refusal_of_the_sender_stops_a_body_and_ends_no_debt(status: int) -> None:
    body = condition()
    failed(body, 10.0, status)
    assert body.state is BodyState.STOPPED
    assert body.room(Lane.LIFT, 0, 0, 10.0 + STOPPED_PROBE_S - 1) == 0
    assert body.room(Lane.LIFT, 0, 0, 10.0 + STOPPED_PROBE_S) == 1
    assert body.succeeded()


@pytest.mark.parametrize(("asked", "given"), [(5.0, 5.0), (86_400.0, LONGEST_RESPITE_S)])
def test_retry_after_is_granted_within_bounds(asked: float, given: float) -> None:
    body = condition()
    failed(body, 10.0, 503, asked)
    assert body.state is BodyState.FAILING
    assert body.room(Lane.LIFT, 0, 0, 10.0 + given - 0.1) == 0
    assert body.room(Lane.LIFT, 0, 0, 10.0 + given) == 1
    body.succeeded()
    assert body.room(Lane.LIFT, 0, 0, 10.0) > 0


def test_retry_after_counts_only_where_http_knows_it() -> None:
    body = condition()
    failed(body, 10.0, 500, 300.0)
    assert body.state is BodyState.HEALTHY


@pytest.mark.parametrize("concurrency", [1, 2, 3, 8, 64])
def test_however_many_applications_are_on_their_way_a_lift_is_sent(concurrency: int) -> None:
    body = condition(concurrency)
    applies = 0
    while body.room(Lane.APPLY, 0, applies, 0.0) > 0:
        applies += 1
    assert applies >= 1
    assert body.room(Lane.LIFT, 0, applies, 0.0) >= 1
    lifts = 0
    while body.room(Lane.LIFT, lifts, applies, 0.0) > 0:
        lifts += 1
    assert lifts + applies <= max(concurrency, applies + 1)
