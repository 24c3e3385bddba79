"""Tallies: what each body owes and how it fares, as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from creditbus.delivery.conditions import BodyState
from creditbus.delivery.holdings import Holdings
from creditbus.delivery.sender import Outlet
from creditbus.domain.effects.directives import Action
from creditbus.domain.ids import BodyId
from creditbus.runtime.process import Process

OVERDUE_S: Final = {Action.APPLY: 600.0, Action.LIFT: 60.0}
"""After how long what is owed counts as overdue, as the service levels have it."""

_STATES: Final = list(BodyState)


class Tallies:
    """Counts what the partitions of this worker say of every body."""

    def __init__(
        self, process: Process, holdings: Holdings, outlets: Mapping[BodyId, Outlet]
    ) -> None:
        self._meters, self._clock = process.meters, process.clock
        self._holdings = holdings
        self._outlets = outlets
        self._counted: set[str] = set(map(str, process.parties.bodies))
        for action in Action:
            self._meters.begin("settled_seconds", action=action.lower())

    def measure(self) -> None:
        """Count what is owed now, and tell how each body fares."""
        now = self._clock.now().timestamp()
        owed = self._holdings.owed()
        # A body that owes nothing any more is told once more, with nothing.
        self._counted |= owed.keys()
        for body in self._counted:
            for action, count in zip(Action, owed.get(body, (0, 0)), strict=True):
                kind = action.lower()
                late, age = self._overdue(BodyId(body), action, now) if count else (0, 0.0)
                self._meters.set(f"owed_{kind}", count, body=body)
                self._meters.set(f"overdue_{kind}", late, body=body)
                self._meters.set(f"overdue_{kind}_seconds", age, body=body)
        for name, each in self._outlets.items():
            self._meters.set("body_state", _STATES.index(each.state), body=name)

    def _overdue(self, body: BodyId, action: Action, now: float) -> tuple[int, float]:
        """Return how many of a kind are overdue, and the age of the oldest that is owed."""
        oldest = self._holdings.oldest(body, action)
        age = max(0.0, now - oldest / 1000) if oldest is not None else 0.0
        bound = OVERDUE_S[action]
        late = self._holdings.overdue(body, action, int((now - bound) * 1000)) if age > bound else 0
        return late, age
