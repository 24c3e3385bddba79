"""The two lanes of one body: what waits, what is on its way, and what is noted but not read.

It holds names and few of them; the rows lie in the worker's store. What does not fit stays there
and is looked up when there is room, so memory does not grow with what is owed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from creditbus.delivery.conditions import Condition
from creditbus.delivery.decide import Debt
from creditbus.domain.effects.directives import Lane

WAITING_AT_MOST: Final = 500
FEW: Final = 100
"""Below so many that wait, the store is asked for more."""

APPLY_EVERY: Final = 4
"""Of the probes of a body that fails, every so many is an application, if any waits."""


@dataclass(slots=True)
class Item:
    """An obligation that is due; ``row`` is there when the express has brought it."""

    partition: int
    obligation_id: str
    lane: Lane
    row: Debt | None = None

    @property
    def revision(self) -> int:
        """The revision that the express has brought, 0 for what the store says."""
        return self.row.revision if self.row is not None else 0


@dataclass(frozen=True, slots=True)
class Held:
    """A try that is on record but not read by the worker yet, so that nobody repeats it."""

    revision: int
    tries: int
    until: float
    has_failed: bool


@dataclass(slots=True)
class Lanes:
    """One body's lanes; ``more`` names the partitions whose stores may hold more that is due."""

    condition: Condition
    waiting: dict[Lane, OrderedDict[str, Item]] = field(
        default_factory=lambda: {lane: OrderedDict() for lane in Lane}
    )
    flying: dict[str, Item] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    more: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    later: dict[Lane, int | None] = field(default_factory=lambda: dict.fromkeys(Lane))
    probes: int = 0

    def knows(self, obligation_id: str, lane: Lane) -> bool:
        """Return whether an obligation is in memory already, in this lane or beyond waiting."""
        return (
            obligation_id in self.waiting[lane]
            or obligation_id in self.flying
            or obligation_id in self.held
        )

    def known(self, lane: Lane) -> int:
        """Return how many rows of a lane's part of the store may be in memory already."""
        return len(self.waiting[lane]) + len(self.flying) + len(self.held)

    def has_room(self, lane: Lane) -> bool:
        """Return whether one more may wait."""
        return len(self.waiting[lane]) < WAITING_AT_MOST

    def put(self, item: Item) -> None:
        """Let an item wait behind the others; a known one keeps its place."""
        if not self.knows(item.obligation_id, item.lane):
            self.waiting[item.lane][item.obligation_id] = item

    def put_first(self, item: Item) -> None:
        """Let an item that the express has brought wait before all others."""
        lane = self.waiting[item.lane]
        lane[item.obligation_id] = item
        lane.move_to_end(item.obligation_id, last=False)

    def take(self, at: float) -> Item | None:
        """Return what is sent next, lifts before applications; None when nothing may be."""
        for lane in self._order():
            if self.condition.room(lane, *self._flying(), at) <= 0:
                continue
            for name, item in self.waiting[lane].items():
                # Never twice at once: the receiver may take its time over the first.
                if name not in self.flying:
                    del self.waiting[lane][name]
                    self.flying[name] = item
                    return item
        return None

    def next_probe(self) -> float | None:
        """Return when a body that is not healthy may be tried, None while nothing waits."""
        found = [self.condition.next_probe(lane) for lane in Lane if self.waiting[lane]]
        return min(found, default=None)

    def heard(self, obligation_id: str, row: Debt) -> bool:
        """Take what the worker has committed of an obligation; return whether a try was read."""
        held = self.held.get(obligation_id)
        obligation = row.obligation
        if held is None or obligation is None:
            return False
        is_newer = obligation.revision > held.revision
        if not (is_newer or obligation.tries >= held.tries or not obligation.is_owed):
            return False
        del self.held[obligation_id]
        return True

    def release(self, at: float, *, failed: bool = False) -> None:
        """Hold no longer what nobody has read for too long, and with ``failed`` what has failed."""
        for name, held in list(self.held.items()):
            if held.until <= at or (failed and held.has_failed):
                del self.held[name]

    def forget(self, partition: int) -> None:
        """Forget what waits of a partition that is another worker's now."""
        for lane, items in self.waiting.items():
            for name in [name for name, item in items.items() if item.partition == partition]:
                del items[name]
            self.more[lane].discard(partition)

    def _order(self) -> tuple[Lane, ...]:
        # A lift that nobody can carry out must not hide that the body is back.
        if self.probes % APPLY_EVERY == APPLY_EVERY - 1 and self.condition.why:
            return (Lane.APPLY, Lane.LIFT)
        return (Lane.LIFT, Lane.APPLY)

    def _flying(self) -> tuple[int, int]:
        lifts = sum(item.lane is Lane.LIFT for item in self.flying.values())
        return lifts, len(self.flying) - lifts
