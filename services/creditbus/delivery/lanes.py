"""The two lanes of one body: what waits, what is on its way, and what is noted but not read.

It holds names and few of them; the rows lie in the worker's store. What does not fit stays there
and is looked up when there is room, so memory does not grow with what is owed. Within a lane every
source has its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from creditbus.delivery.conditions import Condition
from creditbus.delivery.decide import Debt
from creditbus.delivery.dues import Due
from creditbus.delivery.turns import Turns
from creditbus.domain.effects.directives import Lane

WAITING_AT_MOST: Final = 500
FEW: Final = 100
"""Below so many that wait, the store is asked for more."""

OF_EACH: Final = 4
"""So many of a source may always wait in memory, however many of the others do."""

APPLY_EVERY: Final = 4
"""Of the probes of a body that fails, every so many is an application, if any waits."""


@dataclass(slots=True)
class Item:
    """An obligation that is due; ``row`` is there when the express has brought it.

    ``queue`` is whose act it follows from, as far as that is known.
    """

    partition: int
    obligation_id: str
    lane: Lane
    row: Debt | None = None
    queue: str = ""

    @property
    def revision(self) -> int:
        """The revision that the express has brought, 0 for what the store says."""
        return self.row.revision if self.row is not None else 0


def item_of(partition: int, due: Due) -> Item:
    """Return what is due as an item that waits."""
    return Item(partition, due.obligation_id, due.lane, queue=due.queue)


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
    waiting: dict[Lane, Turns[Item]] = field(
        default_factory=lambda: {lane: Turns() for lane in Lane}
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
        """Return whether one more may wait, whosesoever it is."""
        return len(self.waiting[lane]) < WAITING_AT_MOST

    def has_turn(self, lane: Lane, queue: str) -> bool:
        """Return whether so few of a source wait that one more may before all of the others."""
        return self.waiting[lane].in_queue(queue) < OF_EACH

    def put(self, item: Item) -> None:
        """Let an item wait behind the others of its source; a known one keeps its place."""
        if not self.knows(item.obligation_id, item.lane):
            self.waiting[item.lane].put(item)

    def put_first(self, item: Item) -> None:
        """Let an item that the express has brought wait before all others."""
        self.waiting[item.lane].put_first(item)

    def arrange(self, partition: int, due: Due, now: int) -> None:
        """Let wait what has become due, or look for it when there is room or time."""
        if due.at > now:
            self.note_later(due.lane, due.at)
        elif self.has_turn(due.lane, due.queue) or (
            self.has_room(due.lane) and not self.more[due.lane]
        ):
            # Whose others do not wait has its turn, whatever lies in the store of the rest.
            self.put(item_of(partition, due))
        else:
            # What is older lies in the store as well and goes first.
            self.more[due.lane].add(partition)

    def fill(self, partition: int, dues: Sequence[Due], share: int) -> bool:
        """Let so many wait that do not yet; return whether some are left."""
        for due in dues:
            if self.knows(due.obligation_id, due.lane):
                continue
            if share == 0:
                return True
            self.put(item_of(partition, due))
            share -= 1
        return False

    def note_later(self, lane: Lane, at: int) -> None:
        """Note that something is due at an instant, in milliseconds."""
        known = self.later[lane]
        self.later[lane] = at if known is None else min(known, at)

    def take(self, at: float) -> Item | None:
        """Return what is sent next, lifts before applications; None when nothing may be."""
        for lane in self._order():
            if self.condition.room(lane, *self._flying(), at) <= 0:
                continue
            # Never twice at once: the receiver may take its time over the first.
            item = self.waiting[lane].take(self.flying)
            if item is not None:
                self.flying[item.obligation_id] = item
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
            items.forget(partition)
            self.more[lane].discard(partition)

    def _order(self) -> tuple[Lane, ...]:
        # A lift that nobody can carry out must not hide that the body is back.
        if self.probes % APPLY_EVERY == APPLY_EVERY - 1 and self.condition.why:
            return (Lane.APPLY, Lane.LIFT)
        return (Lane.LIFT, Lane.APPLY)

    def _flying(self) -> tuple[int, int]:
        lifts = sum(item.lane is Lane.LIFT for item in self.flying.values())
        return lifts, len(self.flying) - lifts
