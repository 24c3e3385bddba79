"""Connect delivery: directives and acknowledgements in; webhooks, attempts and answers out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from creditbus.delivery.cloud_events import CONTENT_TYPE, cloud_event
from creditbus.delivery.decide import Backlog, Owed, WebhookAnswer, acknowledgement, meaning
from creditbus.delivery.webhooks import Target
from creditbus.domain.effects.directives import Acknowledgement, Action, Attempt, Directive, Lane
from creditbus.domain.ids import BodyId
from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka.clients import Place, Record, read_to_end
from creditbus.runtime.process import Process
from creditbus.runtime.workers.agents import Agents
from creditbus.wire.headers import event_headers
from creditbus.wire.topics import ACKNOWLEDGEMENTS, ATTEMPTS, application, directives, inbox

WORKERS: Final = {Lane.LIFT: 4, Lane.APPLY: 4}
"""How many directives of a lane are on their way to one body at once."""

LOOK_AGAIN_S: Final = 0.5
COUNT_EVERY_S: Final = 1.0


def run(process: Process) -> None:
    """Deliver what is owed until told to stop."""
    Delivery(process).run()


class Delivery:
    """The backlog of what is owed, kept by agents, and the workers that empty its queues."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._codec = process.codec
        self._bodies = [BodyId(body) for body in process.settings.webhooks]
        self._backlog = Backlog()
        self._is_rebuilt = False
        # Those of bodies that read their own topic as well: a group whose member comes back with
        # other topics than it left with is given what it no longer follows.
        self._topics = (*map(directives, process.catalogue.bodies), ACKNOWLEDGEMENTS)
        self._agents = Agents(
            process, application("delivery"), topics=self._topics, take=self._take
        )
        self._outlets = [_outlet(process, body, lane) for body in self._bodies for lane in Lane]

    def run(self) -> None:
        """Rebuild the backlog, then follow and send."""
        self._agents.add_task(self._count)
        for outlet in self._outlets:
            for _ in range(WORKERS[outlet.lane]):
                self._agents.add_task(partial(self._work, outlet))
        self._agents.run(self._readiness, self._rebuild)

    def _rebuild(self) -> dict[Place, int]:
        self._backlog = Backlog()
        ends = read_to_end(self._process, self._topics, {}, self._note)
        self._is_rebuilt = True
        owed = sum(1 for _ in self._backlog.owed())
        self._process.logger.info("delivery has rebuilt what is owed", owed=owed)
        return ends

    async def _take(self, records: Sequence[Record]) -> None:
        self._note(records)
        self._wake()

    def _wake(self) -> None:
        for outlet in self._outlets:
            outlet.wake.set()

    def _note(self, records: Sequence[Record]) -> None:
        for record in records:
            match self._codec.decode(record.value):
                case Directive() as directive if directive.body not in self._bodies:
                    continue
                case Directive() as directive:
                    now = self._process.clock.now()
                    self._backlog.state(directive, record.written_at, now)
                case Acknowledgement() as answer:
                    self._backlog.answer(answer, record.written_at)
                case other:
                    raise AssertionError(f"delivery does not follow {type(other).__name__}")

    async def _work(self, outlet: Outlet) -> None:
        clock = self._process.clock
        while True:
            owed = self._backlog.take(outlet.body, outlet.lane, clock.now())
            if owed is None:
                await self._rest(outlet)
                continue
            answer = await self._try(outlet, owed)
            outcome = answer.outcome if answer is not None else None
            self._backlog.tried(owed, outcome, clock.now())
            # What waited for this try to end may belong to another lane.
            self._wake()

    async def _rest(self, outlet: Outlet) -> None:
        outlet.wake.clear()
        due_at = self._backlog.next_due(outlet.body, outlet.lane)
        left = (due_at - self._process.clock.now()).total_seconds() if due_at else LOOK_AGAIN_S
        try:
            await asyncio.wait_for(outlet.wake.wait(), min(max(left, 0.0), LOOK_AGAIN_S))
        except TimeoutError:
            return

    async def _try(self, outlet: Outlet, owed: Owed) -> WebhookAnswer | None:
        """Send once, pass on what the body answered, and say that it was tried."""
        tried_at, began = self._process.clock.now(), time.perf_counter()
        directive = owed.directive
        content = cloud_event(directive, owed.stated_at)
        reply = await outlet.target.send(directive.directive_id, content, CONTENT_TYPE)
        seconds = time.perf_counter() - began
        answer = meaning(reply.status, reply.content)
        if answer is not None:
            await self._acknowledge(directive, answer)
        result = str(answer.outcome) if answer is not None else "FAILED"
        meters = self._process.meters
        meters.add("deliveries", body=directive.body, lane=directive.lane, result=result)
        meters.observe("delivery_seconds", seconds, lane=directive.lane)
        attempt = Attempt(
            directive_id=directive.directive_id,
            obligation_id=directive.obligation_id,
            subject_id=directive.subject_id,
            body=directive.body,
            lane=directive.lane,
            number=owed.tries,
            tried_at=tried_at,
            duration_ms=round(seconds * 1000),
            status=reply.status,
            outcome=answer.outcome if answer is not None else None,
            detail=answer.detail if answer is not None else reply.failure,
        )
        key, value = attempt.subject_id.encode(), self._codec.encode(attempt)
        await self._agents.send(ATTEMPTS, key, value)
        return answer

    async def _acknowledge(self, directive: Directive, answer: WebhookAnswer) -> None:
        said = acknowledgement(directive, answer, self._process.clock.now())
        key, value = said.envelope.record_id.encode(), self._codec.encode(said)
        headers = event_headers("acknowledgement", said.envelope)
        await self._agents.send(inbox(directive.body), key, value, headers)

    async def _count(self) -> None:
        meters, clock = self._process.meters, self._process.clock
        while True:
            now = clock.now()
            owed = list(self._backlog.owed())
            for body in self._bodies:
                own = [each for each in owed if each.directive.body == body]
                lifts = [each for each in own if each.directive.action is Action.LIFT]
                oldest = min((each.stated_at for each in lifts), default=now)
                meters.set("owed_apply", len(own) - len(lifts), body=body)
                meters.set("owed_lift", len(lifts), body=body)
                meters.set("overdue_lift_seconds", (now - oldest).total_seconds(), body=body)
            await asyncio.sleep(COUNT_EVERY_S)

    def _readiness(self) -> Readiness:
        if not self._is_rebuilt:
            return Readiness(is_ready=False, why="rebuilding what is owed")
        is_ready = self._agents.is_ready
        return Readiness(is_ready=is_ready, why="" if is_ready else "joining its group")


@dataclass(frozen=True, slots=True)
class Outlet:
    """One lane to one body: where it leads, and what wakes its workers."""

    body: BodyId
    lane: Lane
    target: Target
    wake: asyncio.Event


def _outlet(process: Process, body: BodyId, lane: Lane) -> Outlet:
    settings = process.settings
    if body not in process.catalogue.bodies or body not in settings.webhook_secrets:
        raise ValueError(
            f"webhooks names {body}, which has no row among the catalogue's bodies or no secret"
            " in webhook_secrets: correct the settings"
        )
    url, secret = settings.webhooks[body], settings.webhook_secrets[body]
    target = Target(url, secret, process.clock, connections=WORKERS[lane])
    return Outlet(body, lane, target, asyncio.Event())
