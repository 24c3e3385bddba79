"""Quantiles: how long a way took of late, from the histograms that Prometheus reads as well."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

WINDOW: Final = timedelta(minutes=1)
"""Over how long a quantile is taken: fewer records would say little."""

KEPT: Final = 240

Buckets = Mapping[float, float]
"""How many took at most so many seconds, by upper bound, the last one endless."""


def quantile(buckets: Buckets, share: float) -> float | None:
    """Return within how many seconds a share of the records was done, None when there are none.

    As Prometheus reckons it: evenly between two bounds, and the last bound for what is beyond it.

    >>> quantile({0.5: 50, 1.0: 100, float("inf"): 100}, 0.75)
    0.75
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0
    if total <= 0:
        return None
    rank = share * total
    for below, bound in pairwise([0.0, *bounds]):
        reached = buckets[bound]
        if reached < rank:
            continue
        if bound == float("inf"):
            return below
        before = buckets.get(below, 0.0)
        return below + (bound - below) * (rank - before) / max(reached - before, 1e-9)
    return None


def risen(after: Buckets, before: Buckets) -> Buckets:
    """Return what came between two looks; a process that began anew in between counts from 0."""
    if any(after.get(bound, 0) < count for bound, count in before.items()):
        return after
    return {bound: count - before.get(bound, 0) for bound, count in after.items()}


@dataclass(frozen=True, slots=True)
class LatencyPoint:
    """Half of the records took at most ``half``, of a hundred ninety-nine at most ``most``."""

    at: datetime
    half: float | None
    most: float | None
    count: int


@dataclass(slots=True)
class LatencyHistory:
    """How long one direction took in all its processes, over the last minutes."""

    past: deque[LatencyPoint] = field(default_factory=lambda: deque(maxlen=KEPT))
    _looks: deque[tuple[datetime, Mapping[str, Buckets]]] = field(default_factory=deque)

    def see(self, at: datetime, histograms: Mapping[str, Buckets]) -> None:
        """Take one look at the histogram of each process that told it in time, by its name.

        One that is late this time is taken to stand where it was last seen.
        """
        while len(self._looks) > 1 and at - self._looks[1][0] >= WINDOW:
            self._looks.popleft()
        last = self._looks[-1][1] if self._looks else {}
        self._looks.append((at, {**last, **histograms}))
        lately = self._lately()
        count = int(max(lately.values(), default=0))
        self.past.append(LatencyPoint(at, quantile(lately, 0.5), quantile(lately, 0.99), count))

    def _lately(self) -> Buckets:
        """Return what came since the first look, of each process since it was first seen."""
        first: dict[str, Buckets] = {}
        for _, seen in self._looks:
            first = {**seen, **first}
        total: dict[float, float] = defaultdict(float)
        for name, buckets in self._looks[-1][1].items():
            for bound, count in risen(buckets, first[name]).items():
                total[bound] += count
        return total
