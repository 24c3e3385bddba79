"""Who gets in, for how long, and how often one may try."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from creditbus.console.attempts import FAILURES, KEPT, WITHIN, Attempts
from creditbus.console.login import Sessions, page

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


class Operators:
    """The operators' tokens that are good now, and the day."""

    def __init__(self) -> None:
        self.good = {sha256(b"token").hexdigest()}
        self.day = date(2026, 11, 23)
        self.sessions = Sessions(lambda hashed: hashed in self.good, lambda: self.day)


def test_a_session_is_begun_by_an_operators_token_alone() -> None:
    operators = Operators()
    assert operators.sessions.begin("another") is None
    assert not operators.sessions.is_open("")
    value = operators.sessions.begin("token")
    assert value is not None
    assert operators.sessions.is_open(value)


def test_a_session_ends_with_its_day() -> None:
    operators = Operators()
    value = operators.sessions.begin("token") or ""
    operators.day += timedelta(days=1)
    assert not operators.sessions.is_open(value)


def test_a_session_ends_when_its_token_is_taken_away() -> None:
    operators = Operators()
    value = operators.sessions.begin("token") or ""
    operators.good.clear()
    assert not operators.sessions.is_open(value)


def test_a_session_ends_when_its_operator_leaves() -> None:
    operators = Operators()
    value, other = operators.sessions.begin("token") or "", operators.sessions.begin("token") or ""
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
