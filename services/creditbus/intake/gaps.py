"""Gaps: when each source last said something, and how long it is usually silent.

The longest silence of its last two weeks: who reports by day is silent every night, and who sends
a sheet a week is silent for six days. A silence counts once it is over, so one that lasts never
becomes usual by lasting.
"""

from __future__ import annotations

from collections import deque
from typing import Final

REMEMBERED_S: Final = 14 * 24 * 60 * 60.0


class Gaps:
    """The silences of one source, by the instants at which the broker took its records."""

    def __init__(self) -> None:
        self.last: float | None = None
        # When each began that no later one exceeds, and how long it was; the longest is first.
        self._longest: deque[tuple[float, float]] = deque()

    def note(self, at: float) -> None:
        """Note a record; one that is no younger than the last, read again, says nothing."""
        if self.last is not None:
            gap = at - self.last
            if gap <= 0:
                return
            while self._longest and self._longest[-1][1] <= gap:
                self._longest.pop()
            self._longest.append((self.last, gap))
            while self._longest[0][0] + self._longest[0][1] < at - REMEMBERED_S:
                self._longest.popleft()
        self.last = at

    @property
    def usual(self) -> float:
        """The longest silence of the last two weeks, in seconds; 0 before a second record."""
        return self._longest[0][1] if self._longest else 0.0
