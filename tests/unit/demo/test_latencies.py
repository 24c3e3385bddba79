"""Latencies: from the statement that caused a directive to the body that acted on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from creditbus.demo.bodies import Received
from creditbus.demo.latencies import Latency, latencies
from creditbus.domain.effects.directives import Action

SENT: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)


def received(cause: str, action: Action, millis: float) -> Received:
    return Received(
        body="railway",
        caused_by=cause,
        obligation_id="o",
        measure_id="A14",
        action=action,
        revision=1,
        subject_id="person:0",
        outcome="APPLIED",
        received_at=SENT + timedelta(milliseconds=millis),
    )


def test_directions_are_measured_apart() -> None:
    sent_at = {f"e{number}": SENT for number in range(101)}
    came = [received(f"e{number}", Action.APPLY, number) for number in range(101)]
    came += [received("e0", Action.LIFT, 5), received("e1", Action.LIFT, 15)]
    found = latencies(came, sent_at)
    assert found[Action.APPLY] == Latency(101, 50.0, 99.0)
    assert found[Action.LIFT].count == 2
    assert found[Action.LIFT].p50_ms == pytest.approx(10)


def test_directive_that_nobody_here_caused_is_left_out() -> None:
    found = latencies([received("the turn of a day", Action.LIFT, 5)], {"e0": SENT})
    assert found == {action: Latency(0, 0.0, 0.0) for action in Action}


def test_one_alone_is_its_own_percentile() -> None:
    found = latencies([received("e0", Action.LIFT, 7)], {"e0": SENT})
    assert found[Action.LIFT] == Latency(1, 7.0, 7.0)


@pytest.mark.parametrize(
    ("latency", "text"),
    [(Latency(0, 0, 0), "-"), (Latency(3, 10.4, 99.6), "p50 10 ms, p99 100 ms (3)")],
)
def test_latency_reads_as_a_sentence(latency: Latency, text: str) -> None:
    assert str(latency) == text
