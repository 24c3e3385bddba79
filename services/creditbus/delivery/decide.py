"""Delivery: what a body owes, which directive is tried next, and what its answer means.

Two lanes for each body, each with its own queue, so that no burst of applications delays a lift. An
obligation is never tried twice at once, and its newer directive takes the place of an older one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Final

import msgspec

from creditbus.domain.acts.events import Envelope
from creditbus.domain.calendar import day_of
from creditbus.domain.effects.directives import (
    Acknowledgement,
    Action,
    Directive,
    Lane,
    Outcome,
    answer_record,
)
from creditbus.domain.ids import BodyId, ObligationId, SourceId, derive_event_id

FIRST_PAUSE: Final = {Lane.LIFT: timedelta(seconds=0.2), Lane.APPLY: timedelta(seconds=1)}
LONGEST_PAUSE: Final = {Lane.LIFT: timedelta(seconds=60), Lane.APPLY: timedelta(seconds=600)}
"""How long until a second try, and how long at most; each pause is twice the one before."""

DETAIL_LENGTH: Final = 200


class WebhookAnswer(msgspec.Struct, frozen=True):
    """What a body says in its answer to a webhook."""

    outcome: Outcome
    detail: str = ""


@dataclass(slots=True, kw_only=True)
class Owed:
    """A directive that its body owes, how often it was tried, and when it is due again."""

    directive: Directive
    stated_at: datetime
    due_at: datetime
    tries: int = 0

    def is_sendable(self, at: datetime) -> bool:
        """Return whether it may still be sent: a lift always, an application within its term."""
        ends_at = self.directive.ends_at
        return self.directive.action is Action.LIFT or ends_at is None or at < ends_at


@dataclass(slots=True)
class Line:
    """What is known of one obligation: its newest revision, who has settled which, and when."""

    revision: int = 0
    settled: dict[tuple[int, str], datetime] = field(default_factory=dict)

    def is_settled(self, directive: Directive, stated_at: datetime) -> bool:
        """Return whether its body has settled a directive since it was stated, and not before."""
        settled_at = self.settled.get((directive.revision, str(directive.body)))
        return settled_at is not None and settled_at >= stated_at


class Backlog:
    """All obligations that delivery knows of, and the queues of what is owed."""

    def __init__(self) -> None:
        self._lines: defaultdict[ObligationId, Line] = defaultdict(Line)
        self._owed: dict[ObligationId, Owed] = {}
        self._queues: defaultdict[tuple[BodyId, Lane], list[tuple[datetime, int, ObligationId]]] = (
            defaultdict(list)
        )
        self._flying: set[ObligationId] = set()
        self._numbers = count()

    def state(self, directive: Directive, stated_at: datetime, at: datetime) -> bool:
        """Take a directive in place of an older one, due at once; tell whether it is owed."""
        line = self._lines[directive.obligation_id]
        if directive.revision <= line.revision:
            return False
        line.revision = directive.revision
        line.settled = {
            each: at for each, at in line.settled.items() if each[0] >= directive.revision
        }
        self._owed.pop(directive.obligation_id, None)
        if line.is_settled(directive, stated_at):
            return False
        owed = Owed(directive=directive, stated_at=stated_at, due_at=at)
        self._owed[directive.obligation_id] = owed
        self._queue(owed)
        return True

    def answer(self, answer: Acknowledgement, at: datetime) -> None:
        """Take a body's answer of an instant, which may be read before its directive is.

        An answer to another revision, or from before its directive was stated, settles nothing.
        """
        line = self._lines[answer.obligation_id]
        if answer.outcome.settles and answer.revision >= line.revision:
            settler = (answer.revision, str(answer.envelope.source))
            line.settled[settler] = max(at, line.settled.get(settler, at))
        owed = self._owed.get(answer.obligation_id)
        if owed is None or at < owed.stated_at or not _is_answered_by(owed.directive, answer):
            return
        if answer.outcome.settles:
            del self._owed[answer.obligation_id]
        else:
            self._put_off(owed, at + LONGEST_PAUSE[owed.directive.lane])

    def take(self, body: BodyId, lane: Lane, at: datetime) -> Owed | None:
        """Return what is due next in a lane, None when nothing is; ``tried`` must follow."""
        queue = self._queues[body, lane]
        while queue and queue[0][0] <= at:
            due_at, _, obligation_id = heappop(queue)
            owed = self._owed.get(obligation_id)
            if owed is None or owed.due_at != due_at or owed.directive.lane is not lane:
                continue
            if obligation_id in self._flying or not owed.is_sendable(at):
                continue
            self._flying.add(obligation_id)
            owed.tries += 1
            return owed
        return None

    def tried(self, owed: Owed, outcome: Outcome | None, at: datetime) -> None:
        """Note how a try ended: with an answer, which makes the next one wait, or without."""
        obligation_id = owed.directive.obligation_id
        self._flying.discard(obligation_id)
        present = self._owed.get(obligation_id)
        if present is None:
            return
        if present is not owed:
            # A newer directive came meanwhile and has waited for this try to end.
            self._put_off(present, present.due_at)
            return
        lane = owed.directive.lane
        answered = outcome is not None
        self._put_off(owed, at + (LONGEST_PAUSE[lane] if answered else pause(lane, owed.tries)))

    def next_due(self, body: BodyId, lane: Lane) -> datetime | None:
        """Return when the lane should be asked again, None while its queue is empty."""
        queue = self._queues[body, lane]
        return queue[0][0] if queue else None

    def owed(self) -> Iterable[Owed]:
        """Return all that is owed, in no order."""
        return self._owed.values()

    def _put_off(self, owed: Owed, until: datetime) -> None:
        owed.due_at = until
        self._queue(owed)

    def _queue(self, owed: Owed) -> None:
        directive = owed.directive
        waiting = (owed.due_at, next(self._numbers), directive.obligation_id)
        heappush(self._queues[directive.body, directive.lane], waiting)


def pause(lane: Lane, tries: int) -> timedelta:
    """Return how long after a failed try the next one comes.

    >>> pause(Lane.LIFT, 3).total_seconds(), pause(Lane.LIFT, 100).total_seconds()
    (0.8, 60.0)
    """
    factor: int = 2 ** min(tries - 1, 20)
    return min(FIRST_PAUSE[lane] * factor, LONGEST_PAUSE[lane])


def _is_answered_by(directive: Directive, answer: Acknowledgement) -> bool:
    is_its_body = str(answer.envelope.source) == str(directive.body)
    return is_its_body and answer.revision == directive.revision


def meaning(status: int | None, content: bytes) -> WebhookAnswer | None:
    """Return what an HTTP answer says of the directive, None when it must be tried again soon.

    Whoever took it without saying what became of it has accepted it, and owes it still (law 6).
    """
    if status is None or not 200 <= status < 300:
        return None
    try:
        answer = msgspec.json.decode(content, type=WebhookAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return WebhookAnswer(Outcome.ACCEPTED)
    return WebhookAnswer(answer.outcome, answer.detail[:DETAIL_LENGTH])


def acknowledgement(directive: Directive, answer: WebhookAnswer, at: datetime) -> Acknowledgement:
    """Return the event that says for the body what it answered."""
    record_id, revision = answer_record(directive.directive_id, answer.outcome)
    envelope = Envelope(
        event_id=derive_event_id(directive.body, record_id, revision, "acknowledgement"),
        source=SourceId(directive.body),
        record_id=record_id,
        record_revision=revision,
        sequence=0,
        subject_kind=directive.subject_kind,
        subject_id=directive.subject_id,
        occurred_at=at,
        decided_on=day_of(at),
        causation_id=directive.directive_id,
        synthetic=directive.synthetic,
    )
    return Acknowledgement(
        envelope=envelope,
        directive_id=directive.directive_id,
        obligation_id=directive.obligation_id,
        measure_id=directive.measure_id,
        action=directive.action,
        revision=directive.revision,
        outcome=answer.outcome,
        detail=answer.detail,
    )
