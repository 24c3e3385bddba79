"""Views: when Redis must be caught up with the topics."""

from __future__ import annotations

from collections.abc import Mapping

Place = tuple[str, int]
"""A topic and one of its partitions."""


def is_behind(
    stored: Mapping[Place, int], known: Mapping[Place, int], *, is_complete: bool
) -> bool:
    """Tell whether Redis misses something that it held: it was flushed, or lost its last writes.

    Without its marker it is behind whatever it says of its positions.
    """
    return not is_complete or any(stored.get(place, 0) < known[place] for place in known)
