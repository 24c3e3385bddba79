"""Delivery on real servers: owed until acknowledged, and no burst delays a lift."""

from __future__ import annotations

import json
import signal
import time
from typing import Final

import msgspec

from creditbus.domain.effects.directives import Acknowledgement, Action, Attempt, Directive, Outcome
from creditbus.domain.ids import BodyId, DirectiveId, ObligationId, SubjectId
from creditbus.wire.topics import ACKNOWLEDGEMENTS, ATTEMPTS, directives, inbox
from tests.contract.test_serving import directive
from tests.integration.delivery.body import SECRET, Body
from tests.integration.views.stage import Running, Stage, free_port, wait_until

ORDERLY_S: Final = 3.0
LIFT_BOUND_S: Final = 5.0


def stated(name: str, body: str, revision: int = 1, action: Action = Action.APPLY) -> Directive:
    return msgspec.structs.replace(
        directive(revision, action),
        directive_id=DirectiveId(f"{name}-{revision}"),
        obligation_id=ObligationId(name),
        body=BodyId(body),
        subject_id=SubjectId(f"uscc:{name}"),
    )


def issue(stage: Stage, *issued: Directive) -> None:
    topic = directives(issued[0].body)
    stage.send("dispatch", topic, [(each.obligation_id, each) for each in issued])


def start(stage: Stage, *bodies: tuple[str, Body]) -> Running:
    started = stage.start(
        "delivery",
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
    body = Body(free_port())
    lift = stated("down", "railway", 2, Action.LIFT)
    issue(stage, stated("down", "railway"), lift)
    delivery = start(stage, ("railway", body))
    wait_until(lambda: len(attempts(stage, "down")) >= 2)
    assert delivery.metric("creditbus_owed_lift{") == 1
    assert delivery.metric("creditbus_overdue_lift_seconds{") > 0
    with body:
        wait_until(lambda: "down-2" in body.ids())
        (answer,) = wait_until(lambda: of(answers(stage, "railway"), "down"))
        assert (answer.directive_id, answer.outcome) == ("down-2", "APPLIED")
        assert answer.envelope.source == "railway"
        assert delivery.metric("creditbus_owed_lift{") == 1
        stage.send("intake", ACKNOWLEDGEMENTS, [(answer.envelope.subject_id, answer)])
        wait_until(lambda: delivery.metric("creditbus_owed_lift{") == 0)
        assert body.ids_of("down") == ["down-2"], "the older application was replaced"
        delivery.stop(signal.SIGKILL)
        again = start(stage, ("railway", body))
        time.sleep(1)
        assert body.ids_of("down") == ["down-2"], "what is settled is not sent again"
        began = time.monotonic()
        assert again.stop() == 0
        assert time.monotonic() - began < ORDERLY_S


def test_nothing_but_an_outcome_settles_and_a_restart_sends_again(stage: Stage) -> None:
    with Body(free_port(), answer=b"thank you") as body:
        delivery = start(stage, ("railway", body))
        issue(stage, stated("thanked", "railway"))
        (tried,) = wait_until(lambda: attempts(stage, "thanked"))
        assert (tried.status, tried.outcome) == (200, Outcome.ACCEPTED)
        wait_until(lambda: delivery.metric("creditbus_owed_apply{") >= 1)
        delivery.stop(signal.SIGKILL)
        start(stage, ("railway", body))
        wait_until(lambda: len(body.ids_of("thanked")) == 2)


def test_a_burst_of_applications_delays_no_lift(stage: Stage) -> None:
    body = Body(free_port(), delay_s=0.1)
    with body:
        start(stage, ("tender-platform", body))
        issue(stage, *(stated(f"burst-{number}", "tender-platform") for number in range(1500)))
        wait_until(lambda: len(body.received) > 20)
        issue(stage, stated("urgent", "tender-platform", 2, Action.LIFT))
        began = time.monotonic()
        wait_until(lambda: "urgent-2" in body.ids())
        assert time.monotonic() - began < LIFT_BOUND_S
        assert len(body.received) < 1000, "the burst was over, so nothing was shown"
