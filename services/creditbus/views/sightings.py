"""Sightings: where topics ended at the last looks, and since when nothing is missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Mapping

Place = tuple[str, int]
"""A topic and one of its partitions."""


class Sightings:
    """Where the topics ended at the last few looks, the latest last.

    What counts is the latest look all of whose ends are handled: at its instant nothing was
    missing. On a busy bus the newest end is never reached, an end of some seconds ago always is.
    """

    def __init__(self, kept: int) -> None:
        self._seen: deque[tuple[int, dict[Place, int]]] = deque(maxlen=kept)

    def see(self, at: int, ends: Mapping[Place, int]) -> None:
        """Note where the topics ended at an instant or after it."""
        self._seen.append((at, dict(ends)))

    def missing(self, handled: Mapping[Place, int]) -> list[Place]:
        """Return the places that have not come to where they ended at the latest look."""
        _, ends = self._seen[-1] if self._seen else (0, {})
        return [place for place, end in ends.items() if handled.get(place, 0) < end]

    def reached(
        self, handled: Mapping[Place, int], topics: Container[str] | None = None
    ) -> int | None:
        """Return the latest instant at which nothing was missing that is not handled now.

        Only these topics are looked at, or all of them. None when no look is left of which that is
        true: then nothing may be called complete.
        """
        for at, ends in reversed(self._seen):
            of_these = (each for each in ends.items() if topics is None or each[0][0] in topics)
            if all(handled.get(place, 0) >= end for place, end in of_these):
                return at
        return None
