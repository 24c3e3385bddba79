"""Conditions: how a body fares, and so how much may be on its way to it.

A failure is first of all the body's own, not the directive's. One that fails again and again is
only probed, one directive at a time, and its first success opens it again, gently. Whatever it
says, to be left in peace, that it has gone, or that it knows no such sender, changes when it is
asked again and never what it owes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from creditbus.domain.effects.directives import Lane

FIRST_PROBE_S: Final = 0.2
LONGEST_PROBE_S: Final = {Lane.LIFT: 0.8, Lane.APPLY: 10.0}
"""Between two probes at most: while a lift waits, a body that returns has it within a second."""

STOPPED_PROBE_S: Final = 30.0
LONGEST_RESPITE_S: Final = 600.0
"""The longest that a body is left in peace because it asked for it."""

STOPPING: Final = frozenset({401, 403, 410})
"""What a body answers that refuses this sender, or says that nobody is there any more."""

BUSY: Final = frozenset({429, 503})
SPARED: Final = 8
"""One place in so many is kept free of applications, so that a lift never waits for one."""


class BodyState(StrEnum):
    """How a body fares."""

    HEALTHY = "healthy"
    FAILING = "failing"
    STOPPED = "stopped"


class Condition:
    """One body's state; every instant is a number of seconds on one clock that never goes back."""

    def __init__(self, *, concurrency: int, attempts: int) -> None:
        self._concurrency = concurrency
        self._attempts = attempts
        self._window = concurrency
        self._failures = 0
        self._failed_at = 0.0
        self._quiet_until = 0.0
        self.state = BodyState.HEALTHY
        self.why = ""

    def room(self, lane: Lane, lifts: int, applies: int, at: float) -> int:
        """Return how many more of a lane may be sent, with so many on their way already."""
        flying = lifts + applies
        if self.state is not BodyState.HEALTHY:
            # Applications that hang keep no lift from being the probe.
            before = lifts if lane is Lane.LIFT else flying
            return int(before == 0 and at >= self.next_probe(lane))
        if lane is Lane.APPLY:
            spared = max(1, self._concurrency // SPARED) if self._concurrency > 1 else 0
            return min(self._window, self._concurrency - spared) - flying
        room = min(self._window, self._concurrency) - flying
        # However few places there are, the first lift waits for no application.
        return max(room, 1 - lifts)

    def next_probe(self, lane: Lane) -> float:
        """Return when a body that is not healthy is tried again, if that lane waits."""
        if self.state is BodyState.STOPPED:
            return max(self._quiet_until, self._failed_at + STOPPED_PROBE_S)
        doubled = FIRST_PROBE_S * 2.0 ** min(max(self._failures - self._attempts, 0), 20)
        return max(self._quiet_until, self._failed_at + min(doubled, LONGEST_PROBE_S[lane]))

    def succeeded(self) -> bool:
        """Note an answer; return whether the body has come back with it."""
        has_returned = self.state is not BodyState.HEALTHY
        if has_returned:
            self._window = 1
        self._window = min(2 * self._window, self._concurrency)
        self.state, self._failures, self.why, self._quiet_until = BodyState.HEALTHY, 0, "", 0.0
        return has_returned

    def failed(
        self, at: float, *, status: int | None, why: str, retry_after_s: float | None
    ) -> None:
        """Note a try that brought no answer; ``status`` is what HTTP said, if anything."""
        self._failures += 1
        self._failed_at = at
        if retry_after_s is not None and status in BUSY:
            self._quiet_until = at + min(retry_after_s, LONGEST_RESPITE_S)
        if status in STOPPING:
            self.state, self.why = BodyState.STOPPED, why
        elif self._failures >= self._attempts or self._quiet_until > at:
            self.state, self.why = BodyState.FAILING, why
