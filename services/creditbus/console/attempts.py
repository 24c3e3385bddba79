"""Attempts: how often somebody may try to log in, by address and by what is tried.

A token cannot be guessed, but trying costs the process work and the log room. Whoever has failed
too often waits, and what is kept of it is bounded: of too many addresses the oldest is forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from math import ceil
from typing import Final

FAILURES: Final = 10
WITHIN: Final = timedelta(minutes=1)
KEPT: Final = 1000


class Attempts:
    """The failures of the last minute."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, list[datetime]] = OrderedDict()

    def wait_s(self, whose: str, now: datetime) -> int:
        """Return for how many seconds somebody must wait; 0 for whoever may try now."""
        failed = self._recent(whose, now)
        if len(failed) < FAILURES:
            return 0
        return max(1, ceil((failed[-FAILURES] + WITHIN - now).total_seconds()))

    def fail(self, whose: str, now: datetime) -> None:
        """Note that a try has failed."""
        self._failed[whose] = [*self._recent(whose, now)[1 - FAILURES :], now]
        self._failed.move_to_end(whose)
        while len(self._failed) > KEPT:
            self._failed.popitem(last=False)

    def succeed(self, whose: str) -> None:
        """Forget the failures of somebody who has logged in."""
        self._failed.pop(whose, None)

    def _recent(self, whose: str, now: datetime) -> list[datetime]:
        return [at for at in self._failed.get(whose, ()) if now - at < WITHIN]
