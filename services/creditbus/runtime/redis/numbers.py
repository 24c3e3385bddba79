"""Numbers: a source's own running numbers, and which of them never came.

A number between two others that was never seen is missing: its record was dropped on its way, or it
was never sent. One that comes late is missing no more. Of many gaps the oldest are only counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from creditbus.domain.ids import SourceId
from creditbus.runtime.redis import served
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.redis.served import Lease

Run = tuple[int, int]
"""Numbers without a gap: the first and the last of them."""


class Numbers(msgspec.Struct, frozen=True):
    """The runs of a source's numbers in their order, how many are missing, and steps backward."""

    runs: tuple[Run, ...]
    missing: int = 0
    backward: int = 0

    @property
    def last(self) -> int:
        """The highest number that came, 0 before the first."""
        return self.runs[-1][1] if self.runs else 0

    def before(self, number: int) -> int | None:
        """Return the highest number that came below this one, None where there is none."""
        lower = [min(last, number - 1) for first, last in self.runs if first < number]
        return max(lower, default=None)

    def gaps(self, first: int, last: int) -> Iterator[Run]:
        """Yield what never came from a number up to another, both included.

        >>> list(Numbers(((1, 4), (7, 9))).gaps(3, 12))
        [(5, 6), (10, 12)]
        """
        following = first
        for begins, ends in self.runs:
            if ends < following:
                continue
            if begins > last:
                break
            if begins > following:
                yield following, begins - 1
            following = ends + 1
        if following <= last:
            yield following, last


async def numbers_of(serving: Serving, source: SourceId) -> Numbers:
    """Return a source's numbers as all that was decided up to now has them.

    Raises ``Rebuilding`` while that is not known.
    """
    key = served.numbers_key(source)
    runs, missing, backward = await serving.ask_current(
        Lease.ALL,
        lambda ask: ask.zrange(key, 0, -1, withscores=True),
        lambda ask: ask.hget(served.COUNTS, f"missing {source}"),
        lambda ask: ask.hget(served.COUNTS, f"backward {source}"),
    )
    return Numbers(_runs(runs), int(missing or 0), int(backward or 0))


async def irregular_numbers(serving: Serving) -> dict[str, tuple[int, int]]:
    """Return of each source how many of its numbers never came, and how often one went backward.

    Sources with none of either are left out.
    """
    _, (counts,) = await serving.ask_held(Lease.ALL, lambda ask: ask.hgetall(served.COUNTS))
    found: dict[str, tuple[int, int]] = {}
    for field, count in counts.items():
        kind, _, source = field.decode().partition(" ")
        if kind in {"missing", "backward"}:
            missing, backward = found.get(source, (0, 0))
            found[source] = (int(count), backward) if kind == "missing" else (missing, int(count))
    return found


def _runs(held: Sequence[tuple[bytes, float]]) -> tuple[Run, ...]:
    return tuple((int(first), int(last)) for first, last in held)
