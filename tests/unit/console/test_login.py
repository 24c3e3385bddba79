"""Who gets in, for how long, and how often one may try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from creditbus.console.attempts import FAILURES, KEPT, WITHIN, Attempts
from creditbus.console.login import Proof, Sessions, page
from creditbus.console.staff import StaffRole, Visitor
from creditbus.domain.acts.interventions import OperatorStep

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
IDLE, LONGEST = timedelta(hours=1), timedelta(hours=12)


PROOF = Proof(sha256(b"token").hexdigest())


class Operators:
    """What is good now, for whom, and what the time is."""

    def __init__(self) -> None:
        self.good = {PROOF: Visitor("operator", StaffRole.OPERATOR)}
        self.now = NOW
        self.sessions = Sessions(self.good.get, lambda: self.now, idle=IDLE, longest=LONGEST)


def test_a_session_is_begun_by_a_good_proof_alone() -> None:
    operators = Operators()
    assert operators.sessions.begin(Proof("another")) is None
    assert not operators.sessions.is_open("")
    value = operators.sessions.begin(PROOF)
    assert value is not None
    assert operators.sessions.visitor(value) == Visitor("operator", StaffRole.OPERATOR)


def test_a_session_ends_when_nobody_uses_it() -> None:
    operators = Operators()
    value = operators.sessions.begin(PROOF) or ""
    operators.now += IDLE - timedelta(seconds=1)
    assert operators.sessions.is_open(value)
    assert operators.sessions.use(value) is not None
    operators.now += IDLE - timedelta(seconds=1)
    assert operators.sessions.is_open(value)  # an open page alone does not use it
    operators.now += timedelta(seconds=1)
    assert operators.sessions.use(value) is None


def test_a_session_ends_however_much_it_is_used() -> None:
    operators = Operators()
    value = operators.sessions.begin(PROOF) or ""
    for _ in range(LONGEST // timedelta(minutes=30) - 1):
        operators.now += timedelta(minutes=30)
        assert operators.sessions.use(value) is not None
    operators.now += timedelta(minutes=30)
    assert operators.sessions.use(value) is None


def test_a_session_ends_when_what_was_proved_is_taken_away() -> None:
    operators = Operators()
    value = operators.sessions.begin(PROOF) or ""
    operators.good.clear()
    assert not operators.sessions.is_open(value)


def test_another_role_counts_at_once() -> None:
    operators = Operators()
    value = operators.sessions.begin(PROOF) or ""
    operators.good[PROOF] = Visitor("operator", StaffRole.VIEWER)
    visitor = operators.sessions.visitor(value)
    assert visitor is not None
    assert not visitor.may(OperatorStep.SKIP)


def test_a_session_ends_when_its_visitor_leaves() -> None:
    operators = Operators()
    value, other = operators.sessions.begin(PROOF) or "", operators.sessions.begin(PROOF) or ""
    operators.sessions.end(value)
    operators.sessions.end("unknown")
    assert (operators.sessions.is_open(value), operators.sessions.is_open(other)) == (False, True)


def test_who_fails_too_often_waits_and_others_do_not() -> None:
    attempts = Attempts()
    for _ in range(FAILURES):
        assert attempts.wait_s("one", NOW) == 0
        attempts.fail("one", NOW)
    assert attempts.wait_s("one", NOW) == WITHIN.total_seconds()
    assert attempts.wait_s("another", NOW) == 0
    assert attempts.wait_s("one", NOW + WITHIN - timedelta(milliseconds=1)) == 1
    assert attempts.wait_s("one", NOW + WITHIN) == 0
    attempts.succeed("one")
    assert attempts.wait_s("one", NOW) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20)), max_size=200))
def test_nobody_ever_fails_more_often_than_allowed_within_the_time(
    tries: list[tuple[int, int]],
) -> None:
    attempts, now, failed = Attempts(), NOW, list[tuple[int, datetime]]()
    for whose, later in tries:
        now += timedelta(seconds=later)
        if attempts.wait_s(str(whose), now) == 0:
            attempts.fail(str(whose), now)
            failed.append((whose, now))
        recent = [each for each, at in failed if each == whose and now - at < WITHIN]
        assert len(recent) <= FAILURES


def test_what_is_kept_of_failures_is_bounded() -> None:
    attempts = Attempts()
    for number in range(3 * KEPT):
        attempts.fail(str(number), NOW)
    assert len(attempts._failed) == KEPT  # noqa: SLF001 - the bound is the point


def test_the_page_says_what_was_wrong_and_never_shows_the_token() -> None:
    shown = page("en", {"token": "secret", "lang": "en"}, note="token_wait")
    assert "wait a minute" in shown
    assert "secret" not in shown
