"""What delivery owes, in which lane and when: pure, so every instant here is made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from creditbus.delivery.decide import (
    DUE,
    LONGEST_PAUSE,
    NOT_SENT,
    OBLIGATIONS,
    OLDEST,
    OLDEST_APPLIES,
    SUMS,
    TABLES,
    Debt,
    Heard,
    answered,
    decide,
    has_failed,
    hastened,
    pause,
    stated,
    tried,
)
from creditbus.delivery.dues import Due
from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way
from creditbus.domain.calendar import millis_of
from creditbus.domain.effects.directives import (
    Acknowledgement,
    Action,
    Attempt,
    Directive,
    Ground,
    Lane,
)
from creditbus.domain.effects.directives import Outcome as Answer
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import (
    BodyId,
    DirectiveId,
    EntryId,
    EventId,
    ListId,
    MeasureId,
    ObligationId,
    SourceId,
    SubjectId,
)
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.values import DictState, Slice
from tests.examples import an_acknowledgement, restored

RAILWAY = BodyId("railway")
AT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
EVERYTHING = (Due(BodyId(""), Lane.LIFT, 0, ""), Due(BodyId("zz"), Lane.LIFT, 0, ""))


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def directive(revision: int = 1, action: Action = Action.APPLY, name: str = "one") -> Directive:
    return Directive(
        directive_id=DirectiveId(f"{name}-{revision}"),
        obligation_id=ObligationId(name),
        body=RAILWAY,
        measure_id=MeasureId("A01"),
        action=action,
        revision=revision,
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=SubjectId("uscc:91370200MA00000T1X"),
        subject_name=None,
        grounds=(),
        bases=(),
        remedies=(),
        ends_at=None,
        human_review=False,
        disputed=False,
        edition="e",
        caused_by=EventId("event"),
        synthetic=True,
    )


def answer(
    to: Directive, outcome: Answer = Answer.APPLIED, body: str = RAILWAY, **changes: Any
) -> Acknowledgement:
    said = an_acknowledgement(to, outcome, **changes)
    envelope = msgspec.structs.replace(said.envelope, source=SourceId(body))
    return msgspec.structs.replace(said, envelope=envelope)


def attempt(of: Directive, at: datetime = AT, **changes: Any) -> Attempt:
    failed = Attempt(
        directive_id=of.directive_id,
        obligation_id=of.obligation_id,
        subject_id=of.subject_id,
        body=of.body,
        lane=of.lane,
        number=1,
        tried_at=at,
        duration_ms=3,
        status=503,
        outcome=None,
        detail="HTTP 503",
    )
    return msgspec.structs.replace(failed, **changes)


def of(row: Debt) -> Obligation:
    assert row.obligation is not None
    return row.obligation


def test_a_directive_is_owed_until_its_body_settles_it() -> None:
    row = stated(Debt(), directive(), AT)
    assert (of(row).due_at, of(row).synthetic, row.is_owed) == (AT, True, True)
    row = answered(row, answer(directive(), Answer.ACCEPTED), after(1))
    assert row.is_owed
    assert (of(row).outcome, of(row).due_at) == (Answer.ACCEPTED, after(601))
    row = answered(row, answer(directive(), Answer.DECLINED), after(2))
    assert not row.is_owed
    assert (of(row).settled_at, of(row).due_at, row.directive) == (after(2), None, None)


@pytest.mark.parametrize(
    "said",
    [
        answer(directive(1)),
        answer(directive(2), body="another"),
        answer(directive(2), measure_id=MeasureId("A02")),
        answer(directive(2), action=Action.LIFT),
        answer(directive(2), directive_id=DirectiveId("one-1")),
        answer(
            msgspec.structs.replace(directive(2), subject_id=SubjectId("uscc:91370200MA00000T2X"))
        ),
    ],
    ids=["revision", "body", "measure", "action", "directive", "subject"],
)
def test_an_answer_about_something_else_settles_nothing(said: Acknowledgement) -> None:
    row = stated(Debt(), directive(2), AT)
    assert answered(row, said, after(1)) == row


def test_a_lower_or_equal_revision_is_never_owed_again() -> None:
    row = answered(stated(Debt(), directive(2), AT), answer(directive(2)), after(1))
    assert stated(row, directive(2), after(2)) == row
    assert stated(row, directive(1), after(2)) == row


def test_an_answer_that_comes_before_its_directive_settles_it() -> None:
    row = answered(Debt(), answer(directive(2)), after(5))
    row = stated(row, directive(1), AT)
    assert row.is_owed
    row = stated(row, directive(2), after(1))
    assert not row.is_owed
    assert (row.early, of(row).settled_at) == ((), after(5))


def test_an_answer_from_before_its_directive_was_stated_settles_nothing() -> None:
    early = stated(answered(Debt(), answer(directive(1)), AT), directive(1), after(1))
    assert early.is_owed
    row = stated(Debt(), directive(1), after(1))
    assert answered(row, answer(directive(1)), AT) == row


def test_a_body_cannot_fill_the_store_with_answers_to_what_was_never_stated() -> None:
    row = Debt()
    for revision in range(1, 100):
        row = answered(row, answer(directive(revision)), AT)
    assert len(row.early) == 4


def test_accepted_that_comes_late_does_not_reopen_what_was_settled() -> None:
    row = answered(stated(Debt(), directive(), AT), answer(directive()), after(1))
    assert answered(row, answer(directive(), Answer.ACCEPTED), after(2)) == row


def test_a_newer_directive_takes_the_place_of_one_that_was_tried() -> None:
    row = tried(stated(Debt(), directive(1), AT), attempt(directive(1)))
    lift = directive(2, Action.LIFT)
    row = stated(row, lift, after(9))
    assert (of(row).lane, of(row).tries, of(row).due_at) == (Lane.LIFT, 0, after(9))
    late = tried(row, attempt(directive(1), after(10)))
    assert of(late) == of(row)
    assert (of(stated(late, directive(3), after(11))).tries, late.revision) == (0, 2)


@pytest.mark.parametrize("before", [Debt(), stated(Debt(), directive(1), AT)], ids=["none", "old"])
def test_a_try_that_comes_before_its_directive_puts_it_off(before: Debt) -> None:
    lift = directive(2, Action.LIFT)
    early = tried(before, attempt(lift, after(2)))
    assert early.obligation == before.obligation
    row = stated(early, lift, after(1))
    assert row == tried(stated(before, lift, after(1)), attempt(lift, after(2)))
    assert (of(row).tries, has_failed(of(row)), row.early_try) == (1, True, None)


def test_a_correction_travels_with_the_lifts() -> None:
    correction = msgspec.structs.replace(directive(), is_correction=True)
    assert of(stated(Debt(), correction, AT)).lane is Lane.LIFT


def test_a_failed_try_comes_again_after_its_pause_and_is_worth_another_at_once() -> None:
    row = stated(Debt(), directive(1, Action.LIFT), AT)
    assert not has_failed(of(row))
    for tries in range(1, 12):
        row = tried(row, attempt(directive(1, Action.LIFT), AT))
        due_at = of(row).due_at
        assert due_at is not None
        assert pause(Lane.LIFT, tries, 0) <= due_at - AT <= pause(Lane.LIFT, tries)
        assert (of(row).tries, of(row).detail) == (tries, "HTTP 503")
        assert has_failed(of(row))


@pytest.mark.parametrize("outcome", [None, Answer.ACCEPTED, Answer.APPLIED])
def test_a_try_that_was_taken_stays_owed_and_waits_long(outcome: Answer | None) -> None:
    row = stated(Debt(), directive(), AT)
    row = tried(row, attempt(directive(), status=200, outcome=outcome, detail="said"))
    assert row.is_owed
    assert (of(row).outcome, of(row).due_at, of(row).detail) == (outcome, after(600), "said")
    assert not has_failed(of(row))


def test_what_was_not_sent_is_no_try() -> None:
    row = tried(stated(Debt(), directive(), AT), attempt(directive(), number=NOT_SENT, status=None))
    assert (of(row).tries, of(row).due_at) == (0, after(600))


def test_an_attempt_after_the_answer_changes_nothing() -> None:
    row = answered(stated(Debt(), directive(), AT), answer(directive()), after(1))
    assert tried(row, attempt(directive())) == row


def heard(
    *values: Directive | Acknowledgement | Attempt | Intervention, at: datetime = AT
) -> Slice[list[Heard]]:
    return Slice(topic="t", partition=0, columns=[Heard(value, at) for value in values])


def test_the_tables_say_what_is_due_what_is_oldest_and_how_much_is_owed() -> None:
    state = DictState()
    apply, lift = directive(), directive(1, Action.LIFT, "two")
    outcome = decide(heard(apply, lift, attempt(lift, status=None)), state)
    state.apply(outcome.changes)
    assert [of(row).obligation_id for row in _rows(state)] == ["one", "two"]
    assert {output.value.directive_id for output in outcome.outputs} == {"one-1", "two-1"}  # type: ignore[attr-defined]
    (first, has_one_failed), (second, has_two_failed) = state.scan(DUE, *EVERYTHING, 9)
    assert (first.lane, first.obligation_id, has_one_failed) == (Lane.LIFT, "two", True)
    assert (second.lane, second.at, has_two_failed) == (Lane.APPLY, millis_of(AT), False)
    assert [each.at for each, _ in state.scan(OLDEST, *EVERYTHING, 9)] == [millis_of(AT)]
    assert state.get_many(SUMS, ["railway"]) == [(1, 1)]
    settled = decide(heard(answer(lift), answer(apply), at=after(1)), state)
    state.apply(settled.changes)
    assert state.scan(DUE, *EVERYTHING, 9) == state.scan(OLDEST, *EVERYTHING, 9) == []
    assert state.get_many(SUMS, ["railway"]) == [None]
    assert settled.counts == {"acknowledged": 2}


def test_what_is_settled_tells_the_action_and_how_long_it_took_since_the_fact_came_in() -> None:
    state, began = DictState(), millis_of(AT) - 2000
    apply, lift = directive(), directive(2, Action.LIFT)
    for stated_one, since in ((apply, began), (lift, began + 500)):
        arrived = [Heard(stated_one, AT, since)]
        state.apply(decide(Slice(topic="t", partition=0, columns=arrived), state).changes)
        settled = decide(heard(answer(stated_one), answer(stated_one), at=after(3)), state)
        state.apply(settled.changes)
        took = f"settled {stated_one.action.lower()} {5000 if since == began else 4500}"
        assert settled.counts[took] == 1


def test_an_answer_that_was_read_before_its_directive_is_timed_as_well() -> None:
    state = DictState()
    state.apply(decide(heard(answer(directive()), at=after(1)), state).changes)
    arrived = [Heard(directive(), AT, millis_of(AT))]
    outcome = decide(Slice(topic="t", partition=0, columns=arrived), state)
    assert outcome.counts == {"apply": 1, "settled apply 1000": 1}


def test_what_is_accepted_is_not_settled_and_a_row_of_before_tells_no_time() -> None:
    state = DictState()
    arrived = [Heard(directive(), AT, millis_of(AT))]
    state.apply(decide(Slice(topic="t", partition=0, columns=arrived), state).changes)
    accepted = decide(heard(answer(directive(), Answer.ACCEPTED), at=after(1)), state)
    assert accepted.counts == {"acknowledged": 1}
    old = DictState()
    old.apply(decide(heard(directive()), old).changes)
    assert decide(heard(answer(directive()), at=after(1)), old).counts == {"acknowledged": 1}


def test_what_is_oldest_is_kept_for_each_action_and_a_correction_with_the_applications() -> None:
    state = DictState()
    correction = msgspec.structs.replace(directive(name="two"), is_correction=True)
    state.apply(decide(heard(directive(), correction), state).changes)
    lanes = [each.lane for each, _ in state.scan(OLDEST_APPLIES, *EVERYTHING, 9)]
    assert lanes == [Lane.LIFT, Lane.APPLY]
    state.apply(decide(heard(answer(directive()), answer(correction), at=after(1)), state).changes)
    assert state.scan(OLDEST_APPLIES, *EVERYTHING, 9) == []


def test_an_obligation_that_moves_twice_in_a_slice_is_told_once_as_it_is() -> None:
    outcome = decide(heard(directive(1), directive(2, Action.LIFT), directive(1)), DictState())
    (output,) = outcome.outputs
    assert isinstance(output.value, Obligation)
    assert output.value.directive_id == "one-2"
    assert outcome.counts == {"apply": 1, "lift": 1, "superseded": 1}


def test_rows_and_keys_survive_the_store() -> None:
    state = DictState()
    state.apply(decide(heard(directive(), attempt(directive())), state).changes)
    assert restored(state, TABLES).rows == {"lifts": {}} | state.rows


@pytest.mark.parametrize(
    ("lane", "tries", "seconds"),
    [
        (Lane.LIFT, 0, 0.2),
        (Lane.LIFT, 1, 0.2),
        (Lane.LIFT, 2, 0.4),
        (Lane.LIFT, 9, 51.2),
        (Lane.LIFT, 10, 60),
        (Lane.LIFT, 10_000, 60),
        (Lane.APPLY, 1, 1),
        (Lane.APPLY, 10, 512),
        (Lane.APPLY, 11, 600),
    ],
)
def test_pauses_double_up_to_a_bound(lane: Lane, tries: int, seconds: float) -> None:
    assert pause(lane, tries) == timedelta(seconds=seconds)
    assert pause(lane, tries, 0) == timedelta(seconds=0.75 * seconds)


def test_no_pause_between_tries_of_a_lift_is_longer_than_a_minute() -> None:
    assert LONGEST_PAUSE[Lane.LIFT] == timedelta(minutes=1)


def _rows(state: DictState) -> list[Debt]:
    return [row for row in state.get_many(OBLIGATIONS, ["one", "two"]) if row is not None]


def an_intervention(name: str = "one", step: OperatorStep = OperatorStep.REDELIVER) -> Intervention:
    return Intervention(
        intervention_id="i",
        at=AT,
        author="wang",
        way=Way.CONSOLE,
        step=step,
        about=RAILWAY,
        place=name,
        reason="the body is back",
        subject_id="uscc:91370200MA00000T1X",
    )


def test_a_person_hastens_the_next_try_and_settles_nothing() -> None:
    failed = tried(stated(Debt(), directive(), AT), attempt(directive(), status=503))
    assert failed.obligation is not None
    assert failed.obligation.due_at is not None
    assert failed.obligation.due_at > after(0.1)
    sooner = hastened(failed, an_intervention(), after(0.1))
    assert sooner.obligation is not None
    assert sooner.obligation == msgspec.structs.replace(failed.obligation, due_at=after(0.1))
    assert sooner.is_owed
    assert hastened(sooner, an_intervention(), after(0.1)) is sooner


def test_what_is_settled_or_unknown_is_not_hastened_nor_by_another_act() -> None:
    row = stated(Debt(), directive(), AT)
    failed = tried(row, attempt(directive(), status=503))
    settled = answered(failed, answer(directive()), after(1))
    assert hastened(settled, an_intervention(), after(2)) is settled
    assert hastened(failed, an_intervention(step=OperatorStep.SKIP), after(0.1)) is failed
    nothing = Debt()
    assert hastened(nothing, an_intervention(), AT) is nothing


def test_an_act_makes_due_at_once_what_the_tables_hold() -> None:
    state = DictState()
    state.apply(decide(heard(directive()), state).changes)
    state.apply(decide(heard(attempt(directive())), state).changes)
    outcome = decide(heard(an_intervention(), an_intervention("unknown"), at=after(0.1)), state)
    state.apply(outcome.changes)
    due = [each for each, _ in state.scan(DUE, *Due.between(RAILWAY, Lane.APPLY, 0), 10)]
    assert [each.at for each in due] == [millis_of(after(0.1))]
    assert [each.value for each in outcome.outputs] == [of(row) for row in _rows(state)]


def a_ground(source: str, year: int = 2026) -> Ground:
    return Ground(
        entry_id=EntryId(f"{source}-{year}"),
        list_id=ListId("BL-BID-ZT"),
        source=SourceId(source),
        document_number="",
        bases=(),
        provisions=(),
        decided_on=date(year, 3, 2),
        ends_at=None,
    )


def on_grounds(of: Directive, *grounds: Ground) -> Directive:
    return msgspec.structs.replace(of, grounds=grounds)


def test_what_is_due_lies_in_the_queue_of_whose_decision_is_the_newest() -> None:
    state = DictState()
    first = on_grounds(directive(1), a_ground("court", 2026), a_ground("tax", 2025))
    state.apply(decide(heard(first), state).changes)
    assert _queues(state, Lane.APPLY) == ["court"]
    later = on_grounds(directive(2), a_ground("court", 2026), a_ground("tax", 2027))
    state.apply(decide(heard(later), state).changes)
    assert _queues(state, Lane.APPLY) == ["tax"], "and nowhere else any more"
    # A lift has no grounds left: it follows from who had the obligation stated.
    state.apply(decide(heard(directive(3, Action.LIFT)), state).changes)
    assert (_queues(state, Lane.APPLY), _queues(state, Lane.LIFT)) == ([], ["tax"])
    state.apply(decide(heard(answer(directive(3, Action.LIFT)), at=after(1)), state).changes)
    assert (_queues(state, Lane.APPLY), _queues(state, Lane.LIFT)) == ([], [])


def _queues(state: DictState, lane: Lane) -> list[str]:
    bounds = Due.beyond(RAILWAY, lane, None)
    return [each.queue for each, _ in state.scan(DUE, *bounds, 10)]


def test_rows_of_before_there_were_queues_go_as_they_came() -> None:
    state = DictState()
    state.apply(decide(heard(directive()), state).changes)
    assert _queues(state, Lane.APPLY) == [""]
    (packed,) = state.rows["due"]
    assert packed == b"railway\x001" + millis_of(AT).to_bytes(8, "big") + b"one"
    with_grounds = on_grounds(directive(2), a_ground("tax"))
    state.apply(decide(heard(with_grounds), state).changes)
    assert _queues(state, Lane.APPLY) == ["tax"]
