"""Views: when Redis must be caught up with the topics, and when it must be built anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

Place = tuple[str, int]
"""A topic and one of its partitions."""


def is_behind(stored: Mapping[Place, int], known: Mapping[Place, int], *, is_begun: bool) -> bool:
    """Return whether Redis misses something that it held: it was flushed, or lost its last writes.

    Without a build it is behind whatever it says of its positions.
    """
    return not is_begun or any(stored.get(place, 0) < known[place] for place in known)


def is_outdated(caught_up_at: datetime | None, now: datetime, tombstones: timedelta) -> bool:
    """Return whether deletions may have gone from the topics that Redis was never told of.

    Then its positions are no place to go on from. Half of the time for which the topics keep a
    deletion is left as a margin; an instant that is unknown, or yet to come, proves nothing.
    """
    if caught_up_at is None:
        return True
    return not timedelta(0) <= now - caught_up_at <= tombstones / 2
