"""The rhythm: when the next checkpoint is due.

Checkpoints follow one another as fast as the load allows: when little waits one comes as soon as
the last has been paid for, so a lone record is through in milliseconds; when much waits they are
rare and many records share the cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

APART_SECONDS: Final = 0.005  # at least so long between two checkpoints
REST: Final = 0.5  # and at least this part of what the last one took
LIGHT_RECORDS: Final = 1000  # a fetch of no more tells that hardly anything waits
EVERY_SECONDS: Final = 0.200  # the longest a decided record waits for its checkpoint under load
EVERY_RECORDS: Final = 50_000
IDLE_SECONDS: Final = 0.1
_REFUSED_SECONDS: Final = 0.05

Clock = Callable[[], float]


class Rhythm:
    """Hears what the loop does, and tells how long to wait for records and when to commit them."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._began_at = 0.0
        self._may_at = 0.0
        self._refused_since: float | None = None
        self._uncommitted_since: float | None = None
        self.is_light = True  # hardly anything waits

    @property
    def is_refused(self) -> bool:
        """Whether the group refused the last checkpoint."""
        return self._refused_since is not None

    @property
    def refused_seconds(self) -> float:
        """For how long the group has refused each checkpoint."""
        since = self._refused_since
        return 0.0 if since is None else self._clock() - since

    @property
    def uncommitted_seconds(self) -> float:
        """For how long the oldest decided record has waited; asked from any thread."""
        since = self._uncommitted_since
        return 0.0 if since is None else self._clock() - since

    def fetched(self, records: int, most: int) -> None:
        """Hear how many records the last fetch brought, of so many at most."""
        self.is_light = records <= LIGHT_RECORDS and records < most

    def decided(self) -> None:
        """Hear that something waits for a checkpoint."""
        if self._uncommitted_since is None:
            self._uncommitted_since = self._clock()

    def began(self) -> None:
        """Hear that a checkpoint begins."""
        self._began_at = self._clock()

    def committed(self) -> None:
        """Hear that it is taken."""
        now = self._clock()
        self._may_at = now + max(APART_SECONDS, REST * (now - self._began_at))
        self.emptied()

    def refused(self) -> None:
        """Hear that the group refused it."""
        if self._refused_since is None:
            self._refused_since = self._clock()

    def emptied(self) -> None:
        """Hear that nothing waits for a checkpoint: it is taken, or went to another worker."""
        self._refused_since = self._uncommitted_since = None

    def patience(self) -> float:
        """Return how many seconds to wait for a next record."""
        if self.is_refused:
            return _REFUSED_SECONDS
        if self._uncommitted_since is None:
            return IDLE_SECONDS
        return max(0.0, self._may_at - self._clock())

    def is_due(self, records: int) -> bool:
        """Return whether so many decided records should be committed although others may wait."""
        if self.is_refused or records >= EVERY_RECORDS:
            return True
        if self.uncommitted_seconds >= EVERY_SECONDS:
            return True
        return self.is_light and self._clock() >= self._may_at
