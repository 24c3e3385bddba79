"""The quota: when the log is full, the sources that bring most wait, and nobody else does.

Each source has an inbox of its own, but behind intake all share one log. What waits there delays
everybody's listings and removals; what waits in an inbox delays its own source alone. So the log is
kept short: so many records and no more lie between intake and listing, and while they do, whoever
brings more than an equal share is held back. How many is learnt: fewer when they wait too long
there, more when listing has nothing to do while somebody is held back (as a sender on the internet
finds out what a network carries: additive increase, multiplicative decrease, RFC 5681).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from creditbus.engine.backlog import Backlog, GroupBehind
from creditbus.engine.connection import Connection
from creditbus.engine.health import Source
from creditbus.engine.surroundings import Logger
from creditbus.wire.topics import EVENTS, PARTITIONS, application, inbox, party_of_inbox

MANY: Final = 200
"""Records in a second that all sources bring together; below it nothing is asked or held back."""

FEW: Final = 50
"""Whoever brings fewer in a second never waits, however quiet the others are."""

LONG_S: Final = 0.6
"""How long a record may wait for listing: the checkpoints of both take up to 0.2 s under load."""

OLD_S: Final = 3.0
"""What was told longer ago says nothing of now."""

LEAST_ROOM: Final = 100
FIRST_ROOM: Final = 500
MOST_ROOM: Final = 20_000
_MORE: Final = 100
_LESS: Final = 0.7
_ROUND_S: Final = 1.0
"""What was let through before it shrank takes so long to be decided."""

_HALF_S: Final = 0.5


class LogQuota:
    """The quota of intake: knows what each source brought, and how far listing is behind."""

    def __init__(
        self,
        inboxes: Iterable[str],
        behind: Callable[[], GroupBehind],
        tell: Callable[[str, bool], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inboxes = frozenset(inboxes)
        self._behind = behind
        self._tell = tell
        self._clock = clock
        self._before: Counter[Source] = Counter()
        self._now: Counter[Source] = Counter()
        self._halved_at = self._quiet_at = 0.0
        self._look = 0
        self._since_look = 0
        self._room, self._shrunk_at = FIRST_ROOM, 0.0
        self._waits: frozenset[Source] = frozenset()

    def passed(self, source: Source, records: int) -> None:
        """Take that so many records of a source were let through."""
        if source[0] in self._inboxes:
            self._now[source] += records
            self._since_look += records

    def held(self) -> frozenset[Source]:
        """Return the inboxes that wait."""
        now = self._clock()
        if now - self._halved_at >= _HALF_S:
            self._before, self._now, self._halved_at = self._now, Counter(), now
        brought = self._before + self._now
        waits: frozenset[Source] = frozenset()
        if not self._waits and brought.total() < MANY:
            # Nobody looks, and what passed by now is decided before anybody does.
            self._since_look, self._quiet_at = 0, now
        elif self._is_full(self._behind()):
            waits = self._waits | above_their_share(brought)
        told = _inboxes(waits)
        for topic in told ^ _inboxes(self._waits):
            self._tell(topic, topic in told)
        self._waits = waits
        return waits

    def _is_full(self, behind: GroupBehind) -> bool:
        """Return whether the log holds as much as it should, what came since the look included.

        The first answer takes a moment, in which what came is all that is known; without any,
        nobody is held back.
        """
        now = self._clock()
        if now - behind.at > OLD_S:
            return now - self._quiet_at <= OLD_S and self._since_look >= self._room
        if behind.look != self._look:
            self._look, self._since_look = behind.look, 0
            if behind.seconds > LONG_S:
                if now - self._shrunk_at > _ROUND_S:
                    self._room, self._shrunk_at = max(LEAST_ROOM, int(self._room * _LESS)), now
            elif self._waits and behind.seconds < LONG_S / 2:
                self._room = min(MOST_ROOM, self._room + _MORE)
        return behind.records + self._since_look >= self._room


def log_quota(
    connection: Connection, sources: Iterable[str], tell: Callable[..., object], logger: Logger
) -> LogQuota:
    """Return the quota of these sources' inboxes, which tells whether each waits (1) or not (0)."""
    backlog = Backlog(connection, application("listing"), EVENTS, PARTITIONS, logger)

    def told(topic: str, waits: bool) -> None:  # noqa: FBT001 - a callback
        tell(float(waits), source=party_of_inbox(topic))

    return LogQuota(map(inbox, sources), backlog.behind, told)


def above_their_share(counts: Mapping[Source, int]) -> frozenset[Source]:
    """Return where those lie who bring many, and at least an equal share of everything.

    A source has one share, however many partitions its inbox has; of these, those wait that bring
    at least an equal share of its own, so what it keeps apart from a flood of its own passes.

    >>> sorted(above_their_share({("court", 0): 900, ("tax", 0): 3, ("customs", 0): 40}))
    [('court', 0)]
    >>> sorted(above_their_share({("court", 0): 900, ("court", 1): 2, ("tax", 0): 400}))
    [('court', 0)]
    """
    inboxes: Counter[str] = Counter()
    parts = Counter(topic for topic, _ in counts)
    for (topic, _), count in counts.items():
        inboxes[topic] += count
    equal = inboxes.total() / max(1, len(inboxes))
    return frozenset(
        (topic, partition)
        for (topic, partition), count in counts.items()
        if inboxes[topic] >= max(equal, FEW) and count * parts[topic] >= inboxes[topic]
    )


def _inboxes(sources: Iterable[Source]) -> set[str]:
    return {topic for topic, _ in sources}
