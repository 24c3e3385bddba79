"""The vigil over what is followed: no partition, no loop and no stop may stand still unseen.

Faust's consumers are known to fall asleep one partition at a time without a word. So a thread that
needs nothing of who follows looks at each place by itself: one that stands still may not hide
behind others that move. What it finds it raises; the process ends and is started again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from creditbus.runtime.kafka.clients import Place
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.workers.apps import fatal


class Stalled(Exception):
    """Who follows cannot be trusted to bring every record any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """For how many seconds who follows may be silent before nobody believes it."""

    stalled: float = 60.0
    unassigned: float = 30.0
    stopping: float = 10.0
    look_every: float = 5.0


class Vigil:
    """What is known of the progress, place by place.

    ``ends`` tells where places end on the broker; ``holds_more`` whether a committed record lies at
    a position or after it, because ends also count the markers of transactions.
    """

    def __init__(
        self,
        ends: Callable[[Sequence[Place]], Mapping[Place, int]],
        holds_more: Callable[[Place, int], bool],
        bounds: Bounds = Bounds(),
    ) -> None:
        self._ends = ends
        self._holds_more = holds_more
        self._bounds = bounds
        self._waits: dict[Place, tuple[int, float]] = {}
        self._found: dict[Place, float] = {}
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
        self._found.clear()

    def begin_watch(self, process: Process, is_stopping: Callable[[], bool]) -> None:
        """Look on from a thread of its own; what it finds ends the process."""

        def watch() -> None:
            with fatal(process):
                self.begin(time.monotonic())
                while True:
                    time.sleep(self._bounds.look_every)
                    if process.patience.waiting_for is not None:
                        self.begin(time.monotonic())
                    with suppress(Unavailable):
                        self.look(time.monotonic(), is_stopping=is_stopping())

        threading.Thread(target=watch, name="vigil", daemon=True).start()

    def turned(self, now: float) -> None:
        """Note that the event loop still turns."""
        self._turned_at = now

    async def turn(self) -> None:
        """Note again and again that the event loop still turns; to run beside the work."""
        while True:
            self.turned(time.monotonic())
            await asyncio.sleep(self._bounds.look_every / 5)

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
        position, since = self._waits.setdefault(place, (stands, now))
        if end <= stands or position != stands:
            self._waits.pop(place)
            self._found.pop(place, None)
        elif place in self._found:
            if now - self._found[place] > self._bounds.stalled:
                topic, partition = place
                raise Stalled(
                    f"no record of {topic}/{partition} was done for {self._bounds.stalled:g} s"
                )
        elif now - since > self._bounds.stalled / 2:
            # What waited until now may have been markers, and a record come this very moment:
            # the time that it may take begins here.
            if self._holds_more(place, stands):
                self._found[place] = now
            else:
                self._quiet[place] = end
