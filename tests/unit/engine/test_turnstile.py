"""The turnstile: who brings too much waits; whoever is parked or gone is left as it is."""

from __future__ import annotations

from typing import cast

import pytest
from confluent_kafka import Consumer

from creditbus.engine.health import Source
from creditbus.engine.turnstile import LOOK_SECONDS, PIECE, Turnstile
from creditbus.engine.wayside import FIRST_SECONDS
from tests.unit.engine.test_wayside import COURT, TAX, Bench

BOTH = [COURT, TAX]


class Listed:
    """A quota that holds whom the test names, and notes what it is told."""

    def __init__(self) -> None:
        self.names: set[Source] = set()
        self.told: list[tuple[Source, int]] = []
        self.asked = 0

    def passed(self, source: Source, records: int) -> None:
        self.told.append((source, records))

    def held(self) -> set[Source]:
        self.asked += 1
        return self.names


class Gate(Bench):
    """A turnstile beside a wayside, with one clock for both."""

    def __init__(self) -> None:
        super().__init__()
        self.quota = Listed()
        self.turnstile = Turnstile(self.quota, self.wayside, clock=lambda: self.seconds)

    def hold(self, *names: Source, assigned: list[Source] = BOTH) -> set[Source]:
        """Let some be held, turn once, and return of whom the client fetches nothing."""
        self.quota.names = {*names}
        self.seconds += 2 * LOOK_SECONDS
        self.turnstile.turn(cast("Consumer", self.client), assigned)
        return self.client.held


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_who_is_held_is_not_fetched_until_it_is_let_go(gate: Gate) -> None:
    assert gate.hold(COURT) == {COURT}
    assert gate.hold(COURT, TAX) == {COURT, TAX}
    assert gate.hold(TAX) == {TAX}
    assert gate.hold() == set()


def test_whoever_resumed_all_does_not_let_them_through(gate: Gate) -> None:
    gate.hold(COURT)
    gate.client.held.clear()
    assert gate.hold(COURT) == {COURT}


def test_a_source_that_was_parked_meanwhile_stays_where_it_is(gate: Gate) -> None:
    gate.hold(COURT, TAX)
    gate.park(COURT)
    assert gate.hold() == {COURT}


def test_nothing_is_asked_of_the_client_about_a_source_of_another_worker(gate: Gate) -> None:
    assert gate.hold(COURT, assigned=[TAX]) == set()
    gate.hold(COURT)
    # The client's pause outlives the assignment: who gets the partition again resumes it.
    assert gate.hold(assigned=[TAX]) == {COURT}


def test_a_source_that_is_parked_is_left_to_the_wayside_to_try_again(gate: Gate) -> None:
    gate.park(COURT)
    assert gate.hold(COURT, TAX) == {COURT, TAX}
    gate.after(FIRST_SECONDS)
    assert gate.client.held == {TAX}, "it is tried now"
    assert gate.hold(COURT, TAX) == {TAX}


def test_the_quota_hears_what_passes_and_the_loop_waits_for_its_next_word(gate: Gate) -> None:
    gate.turnstile.passed(TAX, 7)
    assert gate.quota.told == [(TAX, 7)]
    assert gate.turnstile.patience(0.1) == 0.1
    gate.hold(COURT)
    assert gate.turnstile.patience(0.1) == LOOK_SECONDS
    assert gate.turnstile.patience(LOOK_SECONDS / 2) == LOOK_SECONDS / 2
    assert (gate.turnstile.at_once(4000), gate.turnstile.at_once(7)) == (PIECE, 7)


def test_the_quota_is_asked_now_and_then_however_fast_the_loop_turns(gate: Gate) -> None:
    gate.hold(COURT)
    for _ in range(10):
        gate.seconds += LOOK_SECONDS * 0.09
        gate.turnstile.turn(gate.consumer, BOTH)
    assert gate.quota.asked == 1
    gate.hold()
    assert gate.quota.asked == 2


def test_a_job_without_a_quota_holds_nobody_and_fetches_as_much_as_it_likes() -> None:
    bench = Bench()
    turnstile = Turnstile(None, bench.wayside)
    turnstile.passed(COURT, 5000)
    turnstile.turn(bench.consumer, BOTH)
    assert bench.client.held == set()
    assert (turnstile.at_once(4000), turnstile.patience(0.1)) == (4000, 0.1)
