"""Who may act upon the bus: a role, a login that has not ended, and a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from creditbus.console.dialogs import sentence_of
from creditbus.console.interventions import ConsoleInterventions, NotAllowed, SessionOver
from creditbus.console.pages import actions, held, proposals
from creditbus.console.staff import StaffRole, Visitor
from creditbus.console.visit import Visit
from creditbus.domain.acts.interventions import Intervention, NoReason, OperatorStep, Way
from creditbus.domain.acts.proposals import open_proposals
from creditbus.domain.effects.directives import Action, Lane, Outcome
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import BodyId, DirectiveId, MeasureId, ObligationId, SubjectId
from creditbus.engine.failures import Hindrance
from creditbus.runtime.interventions.wishes import ParkedInbox
from creditbus.runtime.interventions.writer import NotDone
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.settings import Settings
from creditbus.runtime.workers.modes import Mode
from tests.examples import a_catalogue

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
ZH, EN = Visit("/held"), Visit("/held", "en")
PARKED = ParkedInbox(
    topic="credit.inbox.court.v1",
    partition=0,
    position=7,
    reason=Hindrance.BATCH_UNREADABLE,
    why="a batch cannot be unpacked",
    since=AT,
)
PLACE = "credit.inbox.court.v1/0/7"
OWED = Obligation(
    obligation_id=ObligationId("o-1"),
    directive_id=DirectiveId("d-1"),
    body=BodyId("railway"),
    measure_id=MeasureId("m-1"),
    action=Action.LIFT,
    lane=Lane.LIFT,
    revision=3,
    subject_id=SubjectId("uscc:91370200MA00000T1X"),
    stated_at=AT,
    due_at=AT,
)
ACTS: list[Callable[[ConsoleInterventions, Visitor | None], Awaitable[Any]]] = [
    lambda interventions, who: interventions.skip(who, PARKED, 7, ""),
    lambda interventions, who: interventions.still(who, "dispatch-0", Mode.PAUSED, ""),
    lambda interventions, who: interventions.redrive(who, PLACE, ""),
    lambda interventions, who: interventions.redeliver(who, OWED, ""),
    lambda interventions, who: interventions.approve(who, "p", (PARKED,), ""),
    lambda interventions, who: interventions.reject(who, "p", ""),
]


@pytest.fixture
def interventions() -> ConsoleInterventions:
    settings = Settings()
    return ConsoleInterventions(Process("console", 0, settings), Serving.of(settings))


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", [StaffRole.VIEWER, StaffRole.AUDITOR])
def test_who_may_only_look_is_refused_in_a_sentence(
    interventions: ConsoleInterventions,
    act: Callable[[ConsoleInterventions, Visitor | None], Awaitable[Any]],
    role: StaffRole,
) -> None:
    with pytest.raises(NotAllowed) as refused:
        asyncio.run(act(interventions, Visitor("li", role)))  # type: ignore[arg-type]
    assert "运维员" in sentence_of(refused.value, ZH)
    assert f"Your role is {role}" in sentence_of(refused.value, EN)


@pytest.mark.parametrize("act", ACTS)
def test_who_is_logged_out_does_nothing(
    interventions: ConsoleInterventions,
    act: Callable[[ConsoleInterventions, Visitor | None], Awaitable[Any]],
) -> None:
    with pytest.raises(SessionOver):
        asyncio.run(act(interventions, None))  # type: ignore[arg-type]


@pytest.mark.parametrize("act", ACTS)
def test_nobody_acts_without_a_reason(
    interventions: ConsoleInterventions,
    act: Callable[[ConsoleInterventions, Visitor | None], Awaitable[Any]],
) -> None:
    with pytest.raises(NoReason) as refused:
        asyncio.run(act(interventions, Visitor("wang", StaffRole.OPERATOR)))  # type: ignore[arg-type]
    assert "理由" in sentence_of(refused.value, ZH)


def test_a_reviewer_redrives_and_stills_nobody(interventions: ConsoleInterventions) -> None:
    reviewer = Visitor("zhao", StaffRole.REVIEWER)
    with pytest.raises(NotAllowed):
        asyncio.run(interventions.still(reviewer, "dispatch-0", Mode.PAUSED, "why"))
    with pytest.raises(NoReason):
        asyncio.run(interventions.redrive(reviewer, PLACE, " "))


def test_a_reviewer_is_a_second_person_and_the_token_is_nobody(
    interventions: ConsoleInterventions,
) -> None:
    reviewer = Visitor("zhao", StaffRole.REVIEWER)
    assert reviewer.may(OperatorStep.APPROVE)
    assert reviewer.may(OperatorStep.REJECT)
    assert not reviewer.may(OperatorStep.PROPOSE)
    token = Visitor("operator", StaffRole.OPERATOR, by_token=True)
    with pytest.raises(NotDone, match="the operator's token names nobody"):
        asyncio.run(interventions.approve(token, "p", (PARKED,), "why"))


def test_a_reviewer_sends_nothing_anew(interventions: ConsoleInterventions) -> None:
    with pytest.raises(NotAllowed):
        asyncio.run(interventions.redeliver(Visitor("zhao", StaffRole.REVIEWER), OWED, "why"))


def test_what_is_settled_is_not_sent_again(interventions: ConsoleInterventions) -> None:
    settled = msgspec.structs.replace(OWED, outcome=Outcome.APPLIED, settled_at=AT)
    assert not settled.is_owed
    with pytest.raises(NotDone, match="nothing is owed") as refused:
        asyncio.run(interventions.redeliver(Visitor("wang", StaffRole.OPERATOR), settled, "why"))
    assert "已办结" in sentence_of(refused.value, ZH)


def test_a_viewer_does_not_see_what_a_source_has_sent(interventions: ConsoleInterventions) -> None:
    with pytest.raises(NotAllowed):
        asyncio.run(interventions.bytes_of(Visitor("li", StaffRole.VIEWER), PLACE))


def test_what_is_no_slice_worker_is_not_stilled(interventions: ConsoleInterventions) -> None:
    with pytest.raises(NotDone, match="no slice worker"):
        asyncio.run(
            interventions.still(Visitor("w", StaffRole.OPERATOR), "gateway-0", Mode.PAUSED, "why")
        )


@pytest.mark.parametrize("reason", Hindrance)
def test_a_held_inbox_says_why_and_what_to_do_whatever_holds_it(reason: Hindrance) -> None:
    parked = replace(PARKED, reason=reason)
    for visit in (ZH, EN):
        (row,) = held.rows([parked], a_catalogue(), visit)
        assert row["way"].says
        assert bool(row["skip"].act) == (reason in held.SKIPPABLE)


def test_an_inbox_whose_place_nobody_knows_offers_nothing_to_skip() -> None:
    parked = replace(PARKED, position=None)
    (row,) = held.rows([parked], a_catalogue(), ZH)
    assert (row["skip"].act, row["stands"].says) == ("", "—")


@pytest.mark.parametrize("step", OperatorStep)
def test_every_act_is_told_with_its_author_and_reason(step: OperatorStep) -> None:
    done = Intervention(
        intervention_id="i",
        at=AT,
        author="wang",
        way=Way.COMMAND_LINE,
        step=step,
        about="court",
        place=PLACE,
        reason="单位来电确认",
    )
    (row,) = actions.rows([done], EN)
    assert (row["author"].says, row["author"].small) == ("wang", "command line")
    assert (row["reason"].says, row["about"].small) == ("单位来电确认", PLACE)
    assert row["step"].says


def test_a_batch_that_waits_says_who_wants_what_and_until_when() -> None:
    asked = Intervention(
        intervention_id="p",
        at=AT,
        author="wang",
        way=Way.CONSOLE,
        step=OperatorStep.PROPOSE,
        about="court",
        place=PLACE,
        reason="单位来电确认",
        through=506,
    )
    (row,) = proposals.rows(open_proposals([asked], AT), a_catalogue(), EN)
    assert (row["records"].says, row["records"].small) == (500, f"{PLACE}–506")
    assert (row["by"].says, row["reason"].says, row["decide"].act) == ("wang", "单位来电确认", "p")
    assert str(row["ends"].says) > str(row["since"].says)
