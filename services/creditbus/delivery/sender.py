"""The sender: carries what is due to its body, beside the worker's loop and never in its way.

It sees the rows that are committed and changes none: what it learns it writes as records, and the
worker reads them. In memory it holds names, what is on its way, and how each body fares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from creditbus.delivery.answers import BodyAnswer, said
from creditbus.delivery.cloud_events import CONTENT_TYPE, cloud_event
from creditbus.delivery.conditions import BodyState
from creditbus.delivery.decide import NOT_SENT, Debt
from creditbus.delivery.dues import Due
from creditbus.delivery.holdings import Holdings, Moves
from creditbus.delivery.lanes import FEW, WAITING_AT_MOST, Held, Item, Lanes, item_of
from creditbus.delivery.webhooks import Reply, Target
from creditbus.domain.calendar import millis_of
from creditbus.domain.effects.directives import Action, Attempt, Directive, Lane
from creditbus.domain.ids import BodyId
from creditbus.runtime.clock import Clock
from creditbus.runtime.metrics import Meters
from creditbus.runtime.traces import Trail
from creditbus.wire.headers import first_step

HELD_S: Final = 60.0
"""How long a try may be on record unread before the directive is looked at again."""

NOTED_EVERY_S: Final = 10.0
"""Of a body that fails, so often a try is put on record: its probes are many and alike."""

UNREAD_AT_MOST: Final = 20_000
UNTAKEN_PAUSE_S: Final = 2.0
"""How long nothing is sent after the broker did not take a record: it could not be told either."""

PAGES: Final = 20
LOOK_EVERY_S: Final = 5.0
STOP_BOUND_S: Final = 1.5
TERM_OVER: Final = "not sent: the term of the application is over"


@dataclass(slots=True)
class Outlet:
    """One body: where it is, what waits for it, and the timer that looks after it again."""

    body: BodyId
    target: Target
    lanes: Lanes
    timer: asyncio.TimerHandle | None = None
    noted_at: float = float("-inf")

    @property
    def state(self) -> BodyState:
        """How the body fares."""
        return self.lanes.condition.state


Note = Callable[[Attempt, Directive, BodyAnswer, Callable[[str], None]], None]
"""Writes an attempt, and the acknowledgement where the body said one; hears what was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the sender is given: its clock, its meters, and what ends the process on a failure."""

    clock: Clock
    meters: Meters
    logger: structlog.stdlib.BoundLogger
    lasting: Callable[[], AbstractContextManager[None]]
    trail: Trail | None = None


class Sender:
    """All outlets of one worker, inside one event loop; every method is called in it."""

    def __init__(
        self,
        outlets: Mapping[BodyId, Outlet],
        holdings: Holdings,
        note: Note,
        means: Means,
    ) -> None:
        self._outlets = outlets
        self._holdings = holdings
        self._note = note
        self._means = means
        self._clock = means.clock
        self._loop = asyncio.get_running_loop()
        self._sends: set[asyncio.Task[None]] = set()
        self._unread = 0
        self._quiet_until = 0.0
        self._is_ending = False

    def began(self, partition: int) -> None:
        """Look through a partition that the worker has taken over."""
        for outlet in self._outlets.values():
            for lane in Lane:
                outlet.lanes.more[lane].add(partition)
            self.pump(outlet)

    def ended(self, partition: int) -> None:
        """Forget what waits of a partition; what is on its way is told as ever."""
        for outlet in self._outlets.values():
            outlet.lanes.forget(partition)

    def moved(self, partition: int, moves: Moves) -> None:
        """Take what a checkpoint has changed."""
        rows, dues = moves
        touched: dict[BodyId, Outlet] = {}
        for name, row in rows.items():
            outlet = self._outlet_of(row)
            if outlet is not None:
                self._unread -= outlet.lanes.heard(name, row)
                touched[outlet.body] = outlet
        now = millis_of(self._clock.now())
        for due, _ in dues:
            if (outlet := self._outlets.get(due.body)) is not None:
                outlet.lanes.arrange(partition, due, now)
                touched[due.body] = outlet
        for outlet in touched.values():
            self.pump(outlet)

    def arrived(self, partition: int, rows: Iterable[Debt]) -> None:
        """Take lifts that the express has brought."""
        touched: dict[BodyId, Outlet] = {}
        for row in rows:
            assert row.obligation is not None
            outlet = self._outlet_of(row)
            name, lane = str(row.obligation.obligation_id), row.obligation.lane
            if outlet is None or not outlet.lanes.has_room(lane):
                continue
            held = outlet.lanes.held.get(name)
            if held is None or held.revision < row.revision:
                outlet.lanes.put_first(Item(partition, name, lane, row, row.source))
                touched[outlet.body] = outlet
        for outlet in touched.values():
            self.pump(outlet)

    async def look_after(self) -> None:
        """Look at everything again from time to time, whatever was missed or forgotten."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            partitions = self._holdings.partitions
            for outlet in self._outlets.values():
                outlet.lanes.release(self._loop.time())
                for lane in Lane:
                    outlet.lanes.more[lane] |= partitions
                self.pump(outlet)
            self._unread = sum(len(each.lanes.held) for each in self._outlets.values())

    async def end(self) -> None:
        """Send nothing more, and wait a moment for what is on its way."""
        self._is_ending = True
        for outlet in self._outlets.values():
            if outlet.timer is not None:
                outlet.timer.cancel()
        if self._sends:
            _, late = await asyncio.wait(self._sends, timeout=STOP_BOUND_S)
            for send in late:
                send.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for outlet in self._outlets.values():
            await outlet.target.close()

    def pump(self, outlet: Outlet) -> None:
        """Send as much as may be sent to a body now, and see when to look again."""
        if self._is_ending or self._loop.time() < self._quiet_until:
            return
        for lane in Lane:
            self._refill(outlet, lane)
        while self._unread < UNREAD_AT_MOST:
            item = outlet.lanes.take(self._loop.time())
            if item is None:
                break
            if not self._launch(outlet, item):
                outlet.lanes.flying.pop(item.obligation_id, None)
            for lane in Lane:
                self._refill(outlet, lane)
        self._wind(outlet)

    def _refill(self, outlet: Outlet, lane: Lane) -> None:
        """Take names of what is due from the stores, when few wait and there may be more."""
        lanes, body = outlet.lanes, outlet.body
        if not lanes.more[lane] or len(lanes.waiting[lane]) >= FEW:
            return
        now = millis_of(self._clock.now())
        queues = {
            partition: self._holdings.queues(partition, body, lane)
            for partition in sorted(lanes.more[lane])
        }
        # Of each queue alike, so that none of them is looked through before another.
        room = WAITING_AT_MOST - len(lanes.waiting[lane])
        share = -(-room // max(1, sum(map(len, queues.values()))))
        limit = share + lanes.known(lane)
        for partition, names in queues.items():
            lanes.more[lane].discard(partition)
            for queue in names:
                bounds = Due.between(body, lane, 0, now + 1, queue=queue)
                found = [due for due, _ in self._holdings.due(partition, bounds, limit)]
                left = lanes.fill(partition, found, share)
                if left or len(found) == limit:
                    lanes.more[lane].add(partition)
                    continue
                later = Due.between(body, lane, now + 1, queue=queue)
                for due, _ in self._holdings.due(partition, later, 1):
                    lanes.note_later(lane, due.at)

    def _launch(self, outlet: Outlet, item: Item) -> bool:
        """Begin to send an item; return whether it is owed at all."""
        row = self._holdings.row(item.partition, item.obligation_id)
        if item.row is not None and (row is None or row.revision < item.revision):
            row = item.row
        if row is None or row.directive is None or row.directive.body != outlet.body:
            return False
        assert row.obligation is not None
        if row.obligation.lane is not item.lane:
            return False
        held = outlet.lanes.held.get(item.obligation_id)
        if held is not None and held.revision >= row.revision:
            return False
        send = self._loop.create_task(self._send(outlet, item, row))
        self._sends.add(send)
        send.add_done_callback(self._sends.discard)
        return True

    async def _send(self, outlet: Outlet, item: Item, row: Debt) -> None:
        assert row.directive is not None
        assert row.obligation is not None
        with self._means.lasting():
            tried_at, began = self._clock.now(), self._loop.time()
            try:
                number, reply = await self._deliver(outlet, row)
            finally:
                outlet.lanes.flying.pop(item.obligation_id, None)
            seconds, answer = self._loop.time() - began, said(reply)
            self._measure(outlet, item, answer, seconds)
            if number != NOT_SENT and not self._judge(outlet, reply):
                # Behind the others: what this body never takes must not hide that it is back.
                outlet.lanes.put(item)
            else:
                attempt = Attempt(
                    directive_id=row.directive.directive_id,
                    obligation_id=row.directive.obligation_id,
                    subject_id=row.directive.subject_id,
                    body=row.directive.body,
                    lane=row.directive.lane,
                    number=number,
                    tried_at=tried_at,
                    duration_ms=round(seconds * 1000),
                    status=reply.status,
                    outcome=answer.outcome,
                    detail=answer.detail,
                )
                self._hold(outlet, item, row, attempt, answer)
            self.pump(outlet)

    async def _deliver(self, outlet: Outlet, row: Debt) -> tuple[int, Reply]:
        """Send once; return the number of the try and what came back."""
        directive, obligation = row.directive, row.obligation
        assert directive is not None
        assert obligation is not None
        if directive.action is not Action.LIFT and _is_over(directive, self._clock.now()):
            return NOT_SENT, Reply(None, failure=TERM_OVER)
        content = cloud_event(directive, obligation.stated_at)
        step = first_step(directive.caused_by)
        parent, trail = step.header.decode() if step is not None else "", self._means.trail
        began_ns = trail.now_ns() if trail is not None else 0
        reply = await outlet.target.send(directive.directive_id, content, CONTENT_TYPE, parent)
        if trail is not None and step is not None and trail.follows(step):
            facts = {"directive": directive.directive_id, "body": directive.body}
            facts |= {"action": directive.action, "status": str(reply.status or reply.failure)}
            trail.tell("delivery sends", step, began_ns, facts)
        return obligation.tries + 1, reply

    def _judge(self, outlet: Outlet, reply: Reply) -> bool:
        """Note how the body fares; return whether this try goes on record."""
        condition, now, before = outlet.lanes.condition, self._loop.time(), outlet.state
        if reply.is_success:
            if condition.succeeded():
                self._reopen(outlet)
            outlet.noted_at = float("-inf")
        else:
            outlet.lanes.probes += 1
            condition.failed(
                now, status=reply.status, why=reply.failure, retry_after_s=reply.retry_after_s
            )
        if condition.state is not before:
            self._means.logger.warning(
                "a body fares otherwise", body=outlet.body, state=condition.state, why=condition.why
            )
        if condition.state is BodyState.HEALTHY:
            return True
        is_news = condition.state is not before or now - outlet.noted_at >= NOTED_EVERY_S
        outlet.noted_at = now if is_news else outlet.noted_at
        return is_news

    def _reopen(self, outlet: Outlet) -> None:
        """Make due at once what failed while the body was away, its lifts before the rest."""
        lanes = outlet.lanes
        lanes.probes = 0
        lanes.release(self._loop.time(), failed=True)
        for lane in (Lane.LIFT, Lane.APPLY):
            for partition in sorted(self._holdings.partitions):
                lanes.more[lane].add(partition)
                self._bring_forward(outlet, lane, partition)

    def _bring_forward(self, outlet: Outlet, lane: Lane, partition: int) -> None:
        """Let wait what is due later only because a try of it has failed."""
        lanes, body = outlet.lanes, outlet.body
        for queue in self._holdings.queues(partition, body, lane):
            now = millis_of(self._clock.now())
            start, stop = Due.between(body, lane, now + 1, queue=queue)
            for _ in range(PAGES):
                found = self._holdings.due(partition, (start, stop), WAITING_AT_MOST)
                for due, has_failed in found:
                    if has_failed and (lanes.has_room(lane) or lanes.has_turn(lane, queue)):
                        lanes.put(item_of(partition, due))
                if len(found) < WAITING_AT_MOST or not lanes.has_room(lane):
                    break
                last = found[-1][0]
                start = Due(body, lane, last.at, last.obligation_id + "\0", queue)

    def _hold(
        self, outlet: Outlet, item: Item, row: Debt, attempt: Attempt, answer: BodyAnswer
    ) -> None:
        """Put a try on record, and let nobody repeat it before the worker has read it."""
        assert row.directive is not None
        name, lanes = item.obligation_id, outlet.lanes
        held = Held(
            revision=row.revision,
            tries=attempt.number,
            until=self._loop.time() + HELD_S,
            has_failed=attempt.outcome is None,
        )
        lanes.held[name] = held
        self._unread += 1

        def untaken(_why: str) -> None:
            self._quiet_until = self._loop.time() + UNTAKEN_PAUSE_S
            if lanes.held.get(name) is held:
                del lanes.held[name]
                lanes.more[item.lane].add(item.partition)

        self._note(attempt, row.directive, answer, untaken)

    def _measure(self, outlet: Outlet, item: Item, answer: BodyAnswer, seconds: float) -> None:
        result = str(answer.outcome) if answer.outcome is not None else "FAILED"
        self._means.meters.add("deliveries", body=outlet.body, lane=item.lane, result=result)
        self._means.meters.observe("delivery_seconds", seconds, lane=item.lane)

    def _outlet_of(self, row: Debt) -> Outlet | None:
        return self._outlets.get(row.obligation.body) if row.obligation is not None else None

    def _wind(self, outlet: Outlet) -> None:
        """Look at a body again when its next is due, or when it may be probed."""
        lanes, now = outlet.lanes, self._loop.time()
        if outlet.timer is not None:
            outlet.timer.cancel()
            outlet.timer = None
        waits = [
            at / 1000 - self._clock.now().timestamp()
            for at in lanes.later.values()
            if at is not None
        ]
        probe = lanes.next_probe()
        if outlet.state is not BodyState.HEALTHY and probe is not None and probe > now:
            # A probe that is due already waits for one on its way, whose end looks again.
            waits.append(probe - now)
        if waits:
            outlet.timer = self._loop.call_later(max(min(waits), 0.001), self._again, outlet)

    def _again(self, outlet: Outlet) -> None:
        now = millis_of(self._clock.now())
        for lane, at in outlet.lanes.later.items():
            if at is not None and at <= now:
                outlet.lanes.later[lane] = None
                outlet.lanes.more[lane] |= self._holdings.partitions
        self.pump(outlet)


def _is_over(directive: Directive, at: datetime) -> bool:
    return directive.ends_at is not None and at >= directive.ends_at
