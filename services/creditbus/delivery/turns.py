"""Turns: what waits for one lane of a body, a queue for each source, of which each has its turn.

All sources whose acts one body carries out share its pace. So a source that brings twenty thousand
directives waits behind them itself, and another one's next directive waits for one of each source.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Generic, Protocol, TypeVar


class Queued(Protocol):
    """What can wait: it has a name, and belongs to somebody's queue of some partition."""

    partition: int
    obligation_id: str
    queue: str


Q = TypeVar("Q", bound=Queued)


class Turns(Generic[Q]):
    """Queues by source, in the order of their turns; nothing is in it twice."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, OrderedDict[str, Q]] = OrderedDict()
        self._queue_of: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._queue_of)

    def __contains__(self, name: object) -> bool:
        return name in self._queue_of

    def in_queue(self, queue: str) -> int:
        """Return how many wait in one queue."""
        return len(self._queues.get(queue, ()))

    def put(self, item: Q) -> None:
        """Let an item wait behind the others of its queue; whose queue is new has its turn last."""
        self._drop(item.obligation_id)
        self._queues.setdefault(item.queue, OrderedDict())[item.obligation_id] = item
        self._queue_of[item.obligation_id] = item.queue

    def put_first(self, item: Q) -> None:
        """Let an item be the next of all."""
        self.put(item)
        self._queues[item.queue].move_to_end(item.obligation_id, last=False)
        self._queues.move_to_end(item.queue, last=False)

    def take(self, but: Collection[str]) -> Q | None:
        """Take the next whose name is not among these, if any waits; its queue's turn is over."""
        for queue, items in self._queues.items():
            for name, item in items.items():
                if name not in but:
                    self._queues.move_to_end(queue)
                    self._drop(name)
                    return item
        return None

    def forget(self, partition: int) -> None:
        """Forget what is of a partition."""
        gone = [
            name
            for items in self._queues.values()
            for name, item in items.items()
            if item.partition == partition
        ]
        for name in gone:
            self._drop(name)

    def _drop(self, name: str) -> None:
        queue = self._queue_of.pop(name, None)
        if queue is None:
            return
        del self._queues[queue][name]
        if not self._queues[queue]:
            del self._queues[queue]
