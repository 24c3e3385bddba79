"""Delivery on real servers: owed until acknowledged, through any end, and nothing delays a lift."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
import pytest

from creditbus.domain.acts.interventions import Intervention, OperatorStep, Way
from creditbus.domain.effects.directives import Acknowledgement, Action, Attempt, Directive
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import BodyId, DirectiveId, ObligationId, SubjectId
from creditbus.wire.topics import (
    ACKNOWLEDGEMENTS,
    ATTEMPTS,
    DIRECTIVES,
    INTERVENTIONS,
    LIFTS,
    OBLIGATIONS,
    inbox,
)
from tests.contract.test_serving import directive
from tests.integration.delivery.body import SECRET, Body
from tests.integration.views.stage import MAIN, Running, Stage, free_port, wait_until

ORDERLY_S: Final = 8.0
"""Less than the ten seconds after which what does not end by itself is ended."""

_NUMBERS: Final = count(1)


def own(name: str) -> str:
    """Return a name that nobody has had: topics stay from test to test, and from try to try."""
    return f"{name}{next(_NUMBERS)}"


def stated(name: str, body: str, revision: int = 1, action: Action = Action.APPLY) -> Directive:
    return msgspec.structs.replace(
        directive(revision, action),
        directive_id=DirectiveId(f"{name}-{revision}"),
        obligation_id=ObligationId(name),
        body=BodyId(body),
        subject_id=SubjectId(f"uscc:{name}"),
    )


def issue(stage: Stage, *issued: Directive) -> None:
    stage.send("dispatch", DIRECTIVES, [(each.subject_id, each) for each in issued])


def start(stage: Stage, *bodies: tuple[str, Body], main: str = MAIN) -> Running:
    started = stage.start(
        "delivery",
        main,
        webhooks=json.dumps({name: body.url for name, body in bodies}),
        webhook_secrets=json.dumps({name: SECRET for name, _ in bodies}),
    )
    started.wait_ready()
    return started


def answers(stage: Stage, body: str) -> list[Acknowledgement]:
    found = [stage.codec.decode(each.value()) for each in stage.read(inbox(body))]
    return [each for each in found if isinstance(each, Acknowledgement)]


def of(found: list[Acknowledgement], obligation: str) -> list[Acknowledgement]:
    return [each for each in found if each.obligation_id == obligation]


def attempts(stage: Stage, obligation: str) -> list[Attempt]:
    found = [stage.codec.decode(each.value()) for each in stage.read(ATTEMPTS)]
    return [
        each for each in found if isinstance(each, Attempt) and each.obligation_id == obligation
    ]


def test_a_lift_reaches_a_body_that_was_down_and_is_owed_until_acknowledged(stage: Stage) -> None:
    body, down = Body(free_port()), own("down")
    lift = stated(down, "railway", 2, Action.LIFT)
    issue(stage, stated(down, "railway"), lift)
    delivery = start(stage, ("railway", body))
    wait_until(lambda: len(attempts(stage, down)) >= 2)
    owed = delivery.metric("creditbus_owed_lift{")
    assert owed >= 1, "what other tests left owed counts too"
    assert obligations(stage, down)[-1].is_owed
    assert delivery.metric("creditbus_overdue_lift_seconds{") > 0
    with body:
        wait_until(lambda: f"{down}-2" in body.ids())
        (answer,) = wait_until(lambda: of(answers(stage, "railway"), down))
        assert (answer.directive_id, answer.outcome) == (f"{down}-2", "APPLIED")
        assert answer.envelope.source == "railway"
        assert delivery.metric("creditbus_owed_lift{") == owed
        stage.send("intake", ACKNOWLEDGEMENTS, [(answer.envelope.subject_id, answer)])
        wait_until(lambda: delivery.metric("creditbus_owed_lift{") == owed - 1)
        wait_until(lambda: not obligations(stage, down)[-1].is_owed)
        assert body.ids_of(down) == [f"{down}-2"], "the older application was replaced"
        delivery.stop(signal.SIGKILL)
        again = start(stage, ("railway", body))
        time.sleep(1)
        assert body.ids_of(down) == [f"{down}-2"], "what is settled is not sent again"
        began = time.monotonic()
        assert again.stop() == 0
        assert time.monotonic() - began < ORDERLY_S


def obligations(stage: Stage, name: str) -> list[Obligation]:
    found = [stage.codec.decode(each.value()) for each in stage.read(OBLIGATIONS)]
    return [each for each in found if isinstance(each, Obligation) and each.obligation_id == name]


def test_an_answer_that_cannot_be_read_is_shown_and_a_restart_owes_what_was_owed(
    stage: Stage,
) -> None:
    misspelt = own("misspelt")
    with Body(free_port(), answer=b'{"outcome":"DONE"}') as body:
        delivery = start(stage, ("railway", body))
        issue(stage, stated(misspelt, "railway"))
        (tried,) = wait_until(lambda: attempts(stage, misspelt))
        assert (tried.status, tried.outcome) == (200, None)
        assert tried.detail.startswith('unreadable answer: "DONE" is no outcome')
        last = wait_until(lambda: [each for each in obligations(stage, misspelt) if each.tries])
        assert (last[-1].is_owed, last[-1].detail) == (True, tried.detail)
        assert answers(stage, "railway") == [] or not of(answers(stage, "railway"), misspelt)
        delivery.stop(signal.SIGKILL)
        again = start(stage, ("railway", body))
        wait_until(lambda: again.metric("creditbus_owed_apply{") >= 1)
        time.sleep(1)
        assert len(body.ids_of(misspelt)) == 1, "it is owed, and not due before ten minutes"
        hastened = Intervention(
            intervention_id=f"i-{misspelt}",
            at=datetime(2026, 11, 23, tzinfo=UTC),
            author="wang",
            way=Way.CONSOLE,
            step=OperatorStep.REDELIVER,
            about="railway",
            place=misspelt,
            reason="the body has been mended",
            subject_id=f"uscc:{misspelt}",
        )
        stage.send("console", INTERVENTIONS, [(hastened.key, hastened)])
        wait_until(lambda: len(body.ids_of(misspelt)) == 2)


def test_one_killed_between_sending_and_its_record_sends_the_same_again(stage: Stage) -> None:
    names = [own("killed") for _ in range(8)]
    with Body(free_port(), delay_s=0.5) as body:
        delivery = start(stage, ("railway", body))
        issue(stage, *(stated(name, "railway") for name in names))
        wait_until(lambda: body.asked >= 1)
        delivery.stop(signal.SIGKILL)
        body.delay_s = 0
        start(stage, ("railway", body))
        wait_until(lambda: all(attempts(stage, name) for name in names))
        for name in names:
            assert set(body.ids_of(name)) == {f"{name}-1"}


STRIKE: Final = """
import os
from pathlib import Path
from creditbus.engine.worker import Worker
def strike(point):
    if point == "offered" and Path(os.environ["STRIKE"]).exists():
        os._exit(9)
Worker.failpoint = staticmethod(strike)
"""


def test_one_ended_between_the_record_and_its_commit_forgets_and_repeats_nothing(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt is on record, the worker ends before it has read it for good."""
    flag, name = tmp_path / "strike", own("struck")
    monkeypatch.setenv("STRIKE", str(flag))
    with Body(free_port(), delay_s=0.5) as body:
        struck = start(stage, ("railway", body), main=STRIKE + MAIN)
        issue(stage, stated(name, "railway"))
        wait_until(lambda: body.asked >= 1)
        flag.touch()
        wait_until(lambda: struck.child.poll() == 9)
        flag.unlink()
        assert len(attempts(stage, name)) == 1
        start(stage, ("railway", body))
        wait_until(lambda: [each for each in obligations(stage, name) if each.tries])
        time.sleep(1)
        assert {each.tries for each in obligations(stage, name)[-1:]} <= {1, 2}
        assert set(body.ids_of(name)) == {f"{name}-1"}


def test_a_burst_of_applications_delays_no_lift(stage: Stage) -> None:
    body = Body(free_port(), delay_s=0.3)
    with body:
        delivery = start(stage, ("tender-platform", body))
        burst = [stated(own("burst"), "tender-platform") for _ in range(5000)]
        issue(stage, *burst)
        urgent = stated(own("urgent"), "tender-platform", 2, Action.LIFT)
        issue(stage, urgent)
        stage.send("dispatch", LIFTS, [(urgent.subject_id, urgent)])
        wait_until(lambda: urgent.directive_id in body.ids())
        assert body.ids().index(urgent.directive_id) < 1000, "most of the burst went first"
        wait_until(lambda: delivery.metric("creditbus_owed_apply{") >= 3000)


def test_a_body_that_is_back_has_its_lifts_first(stage: Stage) -> None:
    body = Body(free_port())
    delivery = start(stage, ("railway", body))
    issue(stage, *(stated(own("away"), "railway") for _ in range(200)))
    wait_until(lambda: delivery.metric('creditbus_body_state{body="railway"}') == 1)
    lifts = [stated(own("home"), "railway", 2, Action.LIFT) for _ in range(2)]
    issue(stage, *lifts)
    wait_until(lambda: delivery.metric("creditbus_owed_lift{") >= 2)
    time.sleep(2)
    with body:
        wait_until(lambda: {each.directive_id for each in lifts} <= set(body.ids()))
        before = [name for name in body.ids() if not name.startswith("home")]
        assert len(before) < 100, "the applications went first"
        wait_until(lambda: len(body.received) >= 202)
        # While it is there: one that goes away again in mid-answer is failing, as it should be.
        wait_until(lambda: delivery.metric('creditbus_body_state{body="railway"}') == 0)


def test_what_a_body_without_a_webhook_owes_is_counted(stage: Stage) -> None:
    delivery = start(stage)
    issue(stage, stated(own("silent"), "tender-platform", 1, Action.LIFT))
    owed = 'creditbus_owed_lift{body="tender-platform"}'
    wait_until(lambda: delivery.metric(owed) >= 1)
    wait_until(
        lambda: delivery.metric('creditbus_overdue_lift_seconds{body="tender-platform"}') > 0
    )
