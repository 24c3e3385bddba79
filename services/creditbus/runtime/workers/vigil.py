"""The vigil over agents: no partition, no event loop and no stop may stand still unseen.

Faust's consumers are known to fall asleep one partition at a time without a word. So a thread that
needs none of Faust looks at each place by itself: one that stands still may not hide behind others
that move. What it finds it raises; the process ends and is started again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from creditbus.runtime.kafka.clients import Place


class Stalled(Exception):
    """The agents cannot be trusted to bring every record any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """For how many seconds agents may be silent before nobody believes them."""

    stalled: float = 60.0
    unassigned: float = 30.0
    stopping: float = 10.0
    look_every: float = 5.0


class Vigil:
    """What is known of the agents' progress, place by place.

    ``ends`` tells where places end on the broker; ``holds_more`` whether a committed record lies at
    a position or after it, because ends also count the markers of transactions.
    """

    def __init__(
        self,
        ends: Callable[[Sequence[Place]], Mapping[Place, int]],
        holds_more: Callable[[Place, int], bool],
        bounds: Bounds,
    ) -> None:
        self._ends = ends
        self._holds_more = holds_more
        self._bounds = bounds
        self._waits: dict[Place, tuple[int, float]] = {}
        self._quiet: dict[Place, int] = {}
        self._begun_at = time.monotonic()
        self._turned_at: float | None = None  # not before the app has started
        self._stopping_at: float | None = None
        self.assigned: frozenset[Place] = frozenset()
        self.handled: dict[Place, int] = {}

    def begin(self, now: float) -> None:
        """Begin to count: nothing was to be expected before."""
        self._begun_at = now
        self._waits.clear()

    def turned(self, now: float) -> None:
        """Note that the event loop still turns."""
        self._turned_at = now

    def note(self, place: Place, position: int) -> None:
        """Note up to where a place is handled."""
        self.handled[place] = max(position, self.handled.get(place, 0))

    def look(self, now: float, *, is_stopping: bool = False) -> None:
        """Raise ``Stalled`` when something stood still for longer than it may."""
        if is_stopping:
            self._stopping_at = self._stopping_at or now
            if now - self._stopping_at > self._bounds.stopping:
                raise Stalled(f"the stop hangs for {self._bounds.stopping:g} s")
            return
        if self._turned_at is not None and now - self._turned_at > self._bounds.stalled:
            raise Stalled(f"the event loop stood still for {self._bounds.stalled:g} s")
        if not self.assigned:
            if now - self._begun_at > self._bounds.unassigned:
                raise Stalled(f"the group gave no partition for {self._bounds.unassigned:g} s")
            return
        for place, end in self._ends(sorted(self.assigned)).items():
            self._look_at(place, end, now)

    def _look_at(self, place: Place, end: int, now: float) -> None:
        stands = max(self.handled.get(place, 0), self._quiet.get(place, 0))
        if end <= stands:
            self._waits.pop(place, None)
            return
        position, since = self._waits.setdefault(place, (stands, now))
        if position != stands:
            self._waits[place] = (stands, now)
        elif now - since > self._bounds.stalled:
            if self._holds_more(place, stands):
                topic, partition = place
                raise Stalled(
                    f"no record of {topic}/{partition} was done for {self._bounds.stalled:g} s"
                )
            self._quiet[place] = end
