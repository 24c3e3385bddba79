"""What delivery owes, in which lane and when: pure, so every instant here is made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from creditbus.delivery.decide import (
    LONGEST_PAUSE,
    Backlog,
    WebhookAnswer,
    acknowledgement,
    meaning,
    pause,
)
from creditbus.domain.effects.directives import Acknowledgement, Action, Directive, Lane, Outcome
from creditbus.domain.ids import (
    BodyId,
    DirectiveId,
    EventId,
    MeasureId,
    ObligationId,
    SourceId,
    SubjectId,
)
from creditbus.domain.subjects import SubjectKind

RAILWAY = BodyId("railway")
AT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


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


def answered(
    to: Directive, outcome: Outcome = Outcome.APPLIED, body: str = RAILWAY
) -> Acknowledgement:
    said = acknowledgement(to, WebhookAnswer(outcome), AT)
    envelope = msgspec.structs.replace(said.envelope, source=SourceId(body))
    return msgspec.structs.replace(said, envelope=envelope)


def owed_by(backlog: Backlog) -> list[str]:
    return sorted(each.directive.directive_id for each in backlog.owed())


def taken(backlog: Backlog, lane: Lane = Lane.APPLY, at: datetime = AT) -> str | None:
    owed = backlog.take(RAILWAY, lane, at)
    return owed.directive.directive_id if owed is not None else None


def test_a_directive_is_owed_until_its_body_settles_it() -> None:
    backlog = Backlog()
    assert backlog.state(directive(), AT, AT)
    backlog.answer(answered(directive(), Outcome.ACCEPTED), AT)
    assert owed_by(backlog) == ["one-1"]
    backlog.answer(answered(directive(), Outcome.DECLINED), AT)
    assert owed_by(backlog) == []
    assert taken(backlog) is None


@pytest.mark.parametrize(
    "answer",
    [answered(directive(1)), answered(directive(3)), answered(directive(2), body="another")],
)
def test_an_answer_to_something_else_settles_nothing(answer: Acknowledgement) -> None:
    backlog = Backlog()
    backlog.state(directive(2), AT, AT)
    backlog.answer(answer, AT)
    assert owed_by(backlog) == ["one-2"]


def test_a_lower_or_equal_revision_is_never_owed_again() -> None:
    backlog = Backlog()
    backlog.state(directive(2), AT, AT)
    backlog.answer(answered(directive(2)), AT)
    assert not backlog.state(directive(2), AT, AT)
    assert not backlog.state(directive(1), AT, AT)
    assert owed_by(backlog) == []


def test_an_answer_that_comes_before_its_directive_settles_it() -> None:
    backlog = Backlog()
    backlog.answer(answered(directive(2)), AT)
    assert backlog.state(directive(1), AT, AT)
    assert not backlog.state(directive(2), AT, AT)
    assert owed_by(backlog) == []


@pytest.mark.parametrize("is_read_first", [True, False])
def test_an_answer_from_before_its_directive_was_stated_settles_nothing(
    *, is_read_first: bool
) -> None:
    backlog, lift = Backlog(), directive(2, Action.LIFT)
    backlog.state(directive(1), AT, AT)
    if is_read_first:
        backlog.answer(answered(lift), after(1))
    assert backlog.state(lift, after(2), after(2))
    if not is_read_first:
        backlog.answer(answered(lift), after(1))
    assert owed_by(backlog) == ["one-2"]
    backlog.answer(answered(lift), after(3))
    assert owed_by(backlog) == []


def test_a_true_answer_settles_though_an_early_one_was_read_after_it() -> None:
    backlog = Backlog()
    backlog.answer(answered(directive(2)), after(3))
    backlog.answer(answered(directive(2)), after(1))
    assert not backlog.state(directive(2), after(2), after(4))


def test_a_newer_directive_takes_the_place_of_a_queued_one() -> None:
    backlog = Backlog()
    backlog.state(directive(1), AT, AT)
    backlog.state(directive(2, Action.LIFT), AT, AT)
    assert taken(backlog, Lane.APPLY) is None
    assert taken(backlog, Lane.LIFT) == "one-2"


def test_a_correction_travels_with_the_lifts() -> None:
    backlog = Backlog()
    backlog.state(msgspec.structs.replace(directive(), is_correction=True), AT, AT)
    assert taken(backlog, Lane.LIFT) == "one-1"


def test_an_obligation_is_never_tried_twice_at_once() -> None:
    backlog = Backlog()
    backlog.state(directive(1), AT, AT)
    flying = backlog.take(RAILWAY, Lane.APPLY, AT)
    assert flying is not None
    backlog.state(directive(2, Action.LIFT), AT, AT)
    assert taken(backlog, Lane.LIFT) is None
    backlog.tried(flying, None, after(1))
    assert taken(backlog, Lane.LIFT, after(1)) == "one-2"
    assert taken(backlog, Lane.APPLY, after(700)) is None


def test_what_was_settled_while_it_was_on_its_way_is_not_tried_again() -> None:
    backlog = Backlog()
    backlog.state(directive(1), AT, AT)
    flying = backlog.take(RAILWAY, Lane.APPLY, AT)
    assert flying is not None
    backlog.answer(answered(directive(1)), AT)
    backlog.tried(flying, None, AT)
    assert taken(backlog, at=after(10_000)) is None


def test_a_failed_try_comes_again_after_its_pause_and_not_before() -> None:
    backlog = Backlog()
    backlog.state(directive(1, Action.LIFT), AT, AT)
    at = AT
    for tries in (1, 2, 3, 12):
        owed = backlog.take(RAILWAY, Lane.LIFT, at)
        assert owed is not None
        owed.tries = tries
        backlog.tried(owed, None, at)
        at += pause(Lane.LIFT, tries)
        assert backlog.next_due(RAILWAY, Lane.LIFT) == at
        assert taken(backlog, Lane.LIFT, at - timedelta(milliseconds=1)) is None


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.APPLIED])
def test_an_answered_try_stays_owed_and_waits_long(outcome: Outcome) -> None:
    backlog = Backlog()
    backlog.state(directive(1), AT, AT)
    owed = backlog.take(RAILWAY, Lane.APPLY, AT)
    assert owed is not None
    backlog.tried(owed, outcome, AT)
    assert owed_by(backlog) == ["one-1"]
    assert taken(backlog, at=after(599)) is None
    assert taken(backlog, at=after(600)) == "one-1"


def test_the_oldest_goes_first_and_each_lane_has_its_own_queue() -> None:
    backlog = Backlog()
    for number in range(1000):
        backlog.state(directive(name=f"apply-{number}"), AT, AT)
    backlog.state(directive(1, Action.LIFT, name="lift"), AT, AT)
    assert taken(backlog, Lane.LIFT) == "lift-1"
    assert [taken(backlog), taken(backlog)] == ["apply-0-1", "apply-1-1"]


@pytest.mark.parametrize(("action", "expected"), [(Action.APPLY, None), (Action.LIFT, "one-1")])
def test_an_application_whose_term_is_over_is_not_sent_and_a_lift_always(
    action: Action, expected: str | None
) -> None:
    backlog = Backlog()
    ended = msgspec.structs.replace(directive(1, action), ends_at=AT)
    backlog.state(ended, AT, AT)
    assert taken(backlog, Lane.LIFT if action is Action.LIFT else Lane.APPLY) == expected
    assert owed_by(backlog) == ["one-1"]


@pytest.mark.parametrize(
    ("lane", "tries", "seconds"),
    [
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


def test_no_pause_between_tries_of_a_lift_is_longer_than_a_minute() -> None:
    assert LONGEST_PAUSE[Lane.LIFT] == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, b'{"outcome":"APPLIED","detail":"done"}', WebhookAnswer(Outcome.APPLIED, "done")),
        (202, b'{"outcome":"DECLINED"}', WebhookAnswer(Outcome.DECLINED)),
        (200, b'{"outcome":"SUPERSEDED"}', WebhookAnswer(Outcome.SUPERSEDED)),
        (204, b"", WebhookAnswer(Outcome.ACCEPTED)),
        (200, b"thank you", WebhookAnswer(Outcome.ACCEPTED)),
        (200, b'{"outcome":"DONE"}', WebhookAnswer(Outcome.ACCEPTED)),
        (200, b'{"outcome":"\xff"}', WebhookAnswer(Outcome.ACCEPTED)),
        (200, b'{"outcome":"APPLIED","detail":"' + b"x" * 900 + b'"}', None),
        (301, b'{"outcome":"APPLIED"}', None),
        (410, b'{"outcome":"APPLIED"}', None),
        (500, b"", None),
        (None, b"", None),
    ],
)
def test_only_an_outcome_in_a_successful_answer_says_what_became_of_it(
    status: int | None, content: bytes, expected: WebhookAnswer | None
) -> None:
    found = meaning(status, content)
    if len(content) > 900:
        expected = WebhookAnswer(Outcome.APPLIED, "x" * 200)
    assert found == expected


def test_an_acknowledgement_speaks_for_the_body_and_is_alike_at_every_repeat() -> None:
    first = acknowledgement(directive(), WebhookAnswer(Outcome.APPLIED, "done"), AT)
    again = acknowledgement(directive(), WebhookAnswer(Outcome.APPLIED, "done"), after(5))
    envelope = first.envelope
    assert envelope.event_id == again.envelope.event_id
    assert (envelope.source, envelope.record_id, envelope.record_revision) == (
        "railway",
        "one-1:APPLIED",
        1,
    )
    assert (envelope.causation_id, envelope.synthetic) == ("one-1", True)
    assert envelope.decided_on == date(2026, 11, 24), "half past midnight in Shanghai"
    assert (first.revision, first.outcome, first.detail) == (1, Outcome.APPLIED, "done")
