"""Law 6 over any arrival: whatever order the topics come in, what is owed ends where they say.

Each topic keeps its own order, as a partition does; how the three interleave is chance. A worker
that ends anywhere reads its state back from bytes and goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from creditbus.delivery.decide import OBLIGATIONS, TABLES, Debt, Heard, decide
from creditbus.domain.calendar import millis_of
from creditbus.domain.effects.directives import Action, Directive, Outcome
from creditbus.domain.effects.obligations import Obligation
from creditbus.engine.values import DictState, Slice
from tests.examples import restored, state_hash
from tests.unit.delivery.test_decide import answer, attempt, directive

AT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
NAMES = ("one", "two", "three")


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Heard], list[Heard], list[Heard]]:
    """Draw the directives of some obligations, answers to some of them, and attempts."""
    stated: list[Heard] = []
    for name in NAMES[: draw(st.integers(1, 3))]:
        for revision in range(1, draw(st.integers(1, 4)) + 1):
            action = draw(st.sampled_from(Action))
            stated.append(Heard(directive(revision, action, name), AT))
    stated = draw(st.permutations(stated))
    stated.sort(key=lambda each: each.value.revision)  # type: ignore[union-attr]
    of_stated = st.sampled_from([each.value for each in stated])
    answers = [
        Heard(answer(_directive(draw(of_stated)), draw(st.sampled_from(Outcome))), _later(draw))
        for _ in range(draw(st.integers(0, 6)))
    ]
    attempts = [
        Heard(attempt(_directive(draw(of_stated)), _later(draw)), AT)
        for _ in range(draw(st.integers(0, 6)))
    ]
    return stated, answers, attempts


def _later(draw: st.DrawFn) -> datetime:
    return AT + timedelta(seconds=draw(st.integers(0, 100)))


def _directive(value: object) -> Directive:
    assert isinstance(value, Directive)
    return value


@st.composite
def arrivals(draw: st.DrawFn, topics: Sequence[Sequence[Heard]]) -> list[Heard]:
    """Draw one interleaving of the topics, each in its own order."""
    left = [list(topic) for topic in topics if topic]
    found = []
    while left:
        topic = draw(st.sampled_from(left))
        found.append(topic.pop(0))
        left = [each for each in left if each]
    return found


def fold(state: DictState, heard: Sequence[Heard]) -> list[Obligation]:
    outcome = decide(Slice(topic="t", partition=0, columns=heard), state)
    state.apply(outcome.changes)
    return [output.value for output in outcome.outputs if isinstance(output.value, Obligation)]


def rows(state: DictState) -> dict[str, Debt]:
    found = state.get_many(OBLIGATIONS, NAMES)
    return {name: row for name, row in zip(NAMES, found, strict=True) if row is not None}


@given(st.data())
def test_owed_is_what_the_newest_directive_and_its_answers_say(data: st.DataObject) -> None:
    topics = data.draw(histories())
    state = DictState()
    fold(state, data.draw(arrivals(topics)))
    stated, answers, _ = topics
    newest = {each.value.obligation_id: _directive(each.value) for each in stated}
    for name, last in newest.items():
        settled = any(
            said.value.directive_id == last.directive_id and said.value.outcome.settles  # type: ignore[union-attr]
            for said in answers
        )
        row = rows(state)[name]
        assert row.revision == last.revision
        assert row.is_owed is not settled
        assert (row.directive is None) is settled


@given(st.data())
def test_the_indexes_say_what_the_rows_say(data: st.DataObject) -> None:
    state = DictState()
    fold(state, data.draw(arrivals(data.draw(histories()))))
    owed = [row.obligation for row in rows(state).values() if row.obligation and row.is_owed]
    due = {key: flag for key, flag in state.rows.get("due", {}).items() if flag is not None}
    assert len(due) == len(owed)
    for obligation in owed:
        assert obligation.due_at is not None
        assert any(
            millis_of(obligation.due_at).to_bytes(8, "big") in key
            and key.endswith(obligation.obligation_id.encode())
            for key in due
        )
    lifts = [each for each in owed if each.action is Action.LIFT]
    assert len(state.rows.get("lifts", {})) == len(lifts)
    sums = state.rows.get("sums", {}).get(b"railway", (0, 0))
    assert sums == (len(owed) - len(lifts), len(lifts))


@given(st.data(), st.integers(0, 24))
def test_a_worker_that_ends_anywhere_owes_what_was_owed(data: st.DataObject, place: int) -> None:
    heard = data.draw(arrivals(data.draw(histories())))
    whole, halves = DictState(), DictState()
    told = {each.obligation_id: each for each in fold(whole, heard)}
    before = {each.obligation_id: each for each in fold(halves, heard[:place])}
    halves = restored(halves, TABLES)
    before |= {each.obligation_id: each for each in fold(halves, heard[place:])}
    assert state_hash(halves, TABLES) == state_hash(whole, TABLES)
    assert before == told
    assert before == {name: row.obligation for name, row in rows(whole).items() if row.obligation}


@given(st.data())
def test_hearing_everything_twice_settles_and_owes_the_same(data: st.DataObject) -> None:
    heard = data.draw(arrivals(data.draw(histories())))
    once, twice = DictState(), DictState()
    fold(once, heard)
    fold(twice, heard)
    fold(twice, [each for each in heard if not hasattr(each.value, "number")])
    assert {name: row.is_owed for name, row in rows(once).items()} == {
        name: row.is_owed for name, row in rows(twice).items()
    }
