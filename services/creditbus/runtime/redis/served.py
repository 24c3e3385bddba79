"""What is served: the values that a view holds, and where in Redis each of them lies.

Redis holds nothing that the topics do not say. Another layout takes another prefix, so that it is
built anew instead of being misread.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

import msgspec

from creditbus.domain.acts.refusals import Reason
from creditbus.domain.effects.directives import Action
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import BodyId, EntryId, ListId, SourceId
from creditbus.wire.topics import INBOX_PARTITIONS

PREFIX: Final = "creditbus:7:"
LAYOUTS: Final = "creditbus:[0-9]*"
"""The keys of every layout that there ever was, as Redis matches them."""


class Lease(StrEnum):
    """What readers trust that Redis holds, each for itself: a flood of one delays no other."""

    ALL = "all"
    STANDINGS = "standings"
    EXPOSURES = "exposures"
    REFUSALS = "refusals"


COMPLETE: Final = f"{PREFIX}complete"
"""The marker: there while Redis holds everything; its value names the build, as cursors do.

It is a lease: it lapses by itself unless views says anew how far Redis is known to be complete.
"""

_DIGITS: Final = 17
"""As many as a number of Redis has that is still exact: scores are floating point."""

OFFSETS: Final = 2**53 // INBOX_PARTITIONS
"""How many offsets a partition of an inbox has: Redis counts in floating point, exact to 2^53."""

LEASE_S: Final = 10.0
"""For how long readers trust that Redis held everything at an instant."""

AS_OF: Final = f"{PREFIX}as-of"
"""Up to which instant Redis holds everything, by lease, as milliseconds of its own clock.

It stays when the lease lapses: what Redis holds is then whole, and as old as this says. While a
build has never been whole there is none, and what lies here means nothing yet.
"""

CAUGHT_UP: Final = f"{PREFIX}caught-up"
"""When Redis was last known to miss nothing, as milliseconds of the clock of views."""

POSITIONS: Final = f"{PREFIX}positions"
"""Up to where each partition is written: topic/partition and the next offset."""

COUNTS: Final = f"{PREFIX}counts"
BODIES: Final = f"{PREFIX}bodies"

WAYS: Final = (Action.LIFT, Action.APPLY)
"""What a body may owe, in the order in which it is told."""

SAID: Final = f"{PREFIX}said"
"""What each body said last where that settled nothing: why it still owes."""

INTERVENTIONS: Final = f"{PREFIX}interventions"
"""What persons have lately done to the bus, by time."""

BUILD: Final = f"{PREFIX}build"
EXPOSED: Final = f"{PREFIX}exposed"
EXPOSURE_LOG: Final = f"{PREFIX}exposure-log"
EXPOSURE_NUMBER: Final = f"{PREFIX}exposure-number"


FATES_KEPT: Final = timedelta(days=30)
"""For how long it is known what became of a record: as long as an inbox keeps it."""


TOLD_KEPT: Final = 10_000
"""How many told fates of a source are kept at least, before the oldest are told only in pages."""


class Cursor(msgspec.Struct, frozen=True):
    """A place in the changes of the exposures of one build of Redis.

    >>> Cursor.of("1764500000000000-17")
    Cursor(build='1764500000000000', number=17)
    >>> str(Cursor("b", 17)), Cursor.of("nonsense"), Cursor.of("b-" + "9" * 30)
    ('b-17', None, None)
    """

    build: str
    number: int

    def __str__(self) -> str:
        return f"{self.build}-{self.number}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Return the cursor that a text writes, None for a text that is no cursor."""
        build, _, number = text.rpartition("-")
        if not build or not is_number(number):
            return None
        return cls(build, int(number))


class ExposureChange(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the exposures: what an entry shows now, or none because it is withdrawn."""

    cursor: Cursor
    entry_id: EntryId
    exposure: Exposure | None


class ExposureLog(msgspec.Struct, frozen=True, kw_only=True):
    """Some changes in their order; ``end`` is where the last of them, or the reading, ended.

    Where the lease has lapsed, ``is_current`` is false, and a withdrawal may be missing.
    """

    changes: list[ExposureChange]
    end: Cursor
    is_current: bool
    as_of: datetime | None

    def follows(self, cursor: Cursor) -> bool:
        """Return whether these are the changes after a cursor, which is then one of this log."""
        return self.end.build == cursor.build and self.end.number >= cursor.number


class SourceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a source's records; ``received`` is as far as any trace of its inbox leads.

    ``missing`` are running numbers that lie between others and were never seen, ``backward`` how
    often a record has a lower number than the one before it in the inbox. ``tried`` is what was
    sent in the sandbox, whatever was found wrong with it.
    """

    received: int = 0
    refused: int = 0
    duplicate: int = 0
    dead: int = 0
    missing: int = 0
    backward: int = 0
    tried: int = 0


class OwedCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a body owes, since when it owes the oldest lift, and what it said last.

    ``said`` is empty once the body has settled something after it.
    """

    applies: int = 0
    lifts: int = 0
    oldest_lift_at: datetime | None = None
    said: str = ""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The bus at a glance; ``topics`` counts the records that views has read of each.

    It misses nothing that happened up to ``as_of``; ``is_current`` tells whether that is recent.
    """

    subjects: int
    exposures: int
    topics: dict[str, int]
    entries: dict[ListId, dict[Stage, int]]
    sources: dict[SourceId, SourceCounts]
    reasons: dict[Reason, int]
    owed: dict[BodyId, OwedCounts]
    as_of: datetime | None = None
    is_current: bool = True


def marker_key(lease: Lease) -> str:
    """Return the marker that is there while a lease runs."""
    return COMPLETE if lease is Lease.ALL else f"{COMPLETE} {lease}"


def is_number(text: str) -> bool:
    """Return whether a text is a number that Redis can count with.

    >>> is_number("17"), is_number(""), is_number("-1"), is_number("٣"), is_number("9" * 18)
    (True, False, False, False, False)
    """
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def standing_key(subject: str) -> str:
    """Return where a subject's standing lies."""
    return f"{PREFIX}standing {subject}"


def exposure_key(entry: str) -> str:
    """Return where an entry's exposure lies."""
    return f"{PREFIX}exposure {entry}"


def obligation_key(obligation: str) -> str:
    """Return where an obligation lies as delivery last knew it."""
    return f"{PREFIX}obligation {obligation}"


def refusals_key(source: str) -> str:
    """Return where a source's refusals lie, in their order."""
    return f"{PREFIX}refusals {source}"


def place_in_inbox(partition: int, offset: int) -> int:
    """Return the one number that says where in its inbox a record lies, and is exact as a score.

    >>> place_in_inbox(0, 7), split_place(place_in_inbox(2, 7))
    (7, (2, 7))
    """
    return partition * OFFSETS + offset


def split_place(place: int) -> tuple[int, int]:
    """Return the partition and the offset of a place in an inbox."""
    return divmod(place, OFFSETS)


def arrival_key(source: str, place: int) -> str:
    """Return where it lies what became of the record at a place in a source's inbox."""
    return f"{PREFIX}arrival {source} {place}"


def received_field(source: str, partition: int) -> str:
    """Return under which name it is counted up to where a partition of an inbox was heard of.

    >>> received_field("court", 0), received_field("court", 2)
    ('received court', 'received court/2')
    """
    return f"received {source}" if partition == 0 else f"received {source}/{partition}"


def numbers_key(source: str) -> str:
    """Return where the runs of a source's running numbers lie: each by its last, named first."""
    return f"{PREFIX}numbers {source}"


def record_key(source: str, record_id: str) -> str:
    """Return where the newest places lie at which a record came in."""
    return f"{PREFIX}record {source} {record_id}"


def told_key(source: str) -> str:
    """Return where the places of a source's records lie whose fate was found out, in that order."""
    return f"{PREFIX}told {source}"


def unread_key(source: str) -> str:
    """Return where the notices lie of a source's records that nobody could read, in their order."""
    return f"{PREFIX}unread {source}"


def owed_key(body: str, action: str) -> str:
    """Return where the obligations lie that a body owes to apply or to lift, oldest first."""
    return f"{PREFIX}owed {body} {action}"


MARKERS: Final = tuple(marker_key(lease) for lease in Lease)
"""The markers of all leases."""
