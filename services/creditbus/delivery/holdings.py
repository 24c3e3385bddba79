"""The partitions that this worker holds, as far as they are committed, for the sender's eyes.

The worker's threads give and take them, the sender looks into them from the event loop. A lock
keeps a store open for as long as a look lasts, which is never long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from creditbus.delivery.decide import (
    DUE,
    OBLIGATIONS,
    OLDEST,
    OLDEST_APPLIES,
    SUMS,
    Debt,
)
from creditbus.delivery.dues import Due
from creditbus.domain.effects.directives import Action, Lane
from creditbus.domain.ids import BodyId
from creditbus.engine.onlooker import Onlooker
from creditbus.engine.values import Changes, State

COUNTED_AT_MOST = 1000
_EVER = (1 << 63) - 1
_MANY = 100_000
_LAST = "\U0010ffff"

Moves = tuple[dict[str, Debt], list[tuple[Due, bool]]]
"""The obligations that a checkpoint has changed, and what it made due."""


class Holdings(Onlooker):
    """What the worker holds; who is given here is called from its threads and only takes note."""

    def __init__(
        self,
        began: Callable[[int], None],
        moved: Callable[[int, Moves], None],
        ended: Callable[[int], None],
    ) -> None:
        self._lock = threading.Lock()
        self._states: dict[int, State] = {}
        self._began, self._moved, self._ended = began, moved, ended

    def begins(self, partition: int, state: State) -> None:
        """Take over a partition."""
        with self._lock:
            self._states[partition] = state
        self._began(partition)

    def changed(self, partition: int, changes: Changes) -> None:
        """Hear what a checkpoint has committed."""
        rows = {str(key): row for key, row in changes[OBLIGATIONS].items() if row is not None}
        dues = [(due, flag) for due, flag in changes[DUE].items() if flag is not None]
        if rows or dues:
            self._moved(partition, (rows, dues))

    def ends(self, partition: int) -> None:
        """Let go of a partition."""
        with self._lock:
            self._states.pop(partition, None)
        self._ended(partition)

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions held now."""
        with self._lock:
            return frozenset(self._states)

    def row(self, partition: int, obligation_id: str) -> Debt | None:
        """Return an obligation's row, None when there is none or another worker holds it."""
        with self._lock:
            state = self._states.get(partition)
            return state.get_many(OBLIGATIONS, [obligation_id])[0] if state is not None else None

    def due(
        self, partition: int, bounds: tuple[Due, Due], limit: int
    ) -> Sequence[tuple[Due, bool]]:
        """Return the first that are due within the bounds, each with whether a try has failed."""
        with self._lock:
            state = self._states.get(partition)
            return state.scan(DUE, *bounds, limit) if state is not None else ()

    def queues(self, partition: int, body: BodyId, lane: Lane) -> list[str]:
        """Return the sources in whose queues of a lane something lies, due or not."""
        found: list[str] = []
        while rows := self.due(partition, Due.beyond(body, lane, found[-1] if found else None), 1):
            found.append(rows[0][0].queue)
        return found

    def owed(self) -> dict[str, tuple[int, int]]:
        """Return how many applications and lifts each body owes to these partitions."""
        sums: dict[str, tuple[int, int]] = {}
        with self._lock:
            for state in self._states.values():
                for body, (applies, lifts) in state.scan(SUMS, "", _LAST, _MANY):
                    before = sums.get(body, (0, 0))
                    sums[body] = (before[0] + applies, before[1] + lifts)
        return sums

    def oldest(self, body: BodyId, action: Action) -> int | None:
        """Return since when a body has owed the oldest of a kind, in milliseconds, if it owes any.

        A correction is an application in the lane of the lifts, so both lanes are looked at.
        """
        return min(self._stated(body, action, _EVER, 1), default=None)

    def overdue(self, body: BodyId, action: Action, before: int) -> int:
        """Return how many of a kind a body has owed since before an instant, in milliseconds.

        Of each lane of a partition they are counted up to 1000: a look must not take long.
        """
        return sum(1 for _ in self._stated(body, action, before, COUNTED_AT_MOST))

    def _stated(self, body: BodyId, action: Action, before: int, limit: int) -> list[int]:
        table = OLDEST if action is Action.LIFT else OLDEST_APPLIES
        lanes = (Lane.LIFT,) if action is Action.LIFT else tuple(Lane)
        with self._lock:
            return [
                due.at
                for state in self._states.values()
                for lane in lanes
                for due, _ in state.scan(table, *Due.between(body, lane, 0, before), limit)
            ]
