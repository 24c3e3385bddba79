"""What is served: the values that a view holds, and where in Redis each of them lies.

Redis holds nothing that the topics do not say. Another layout takes another prefix, so that it is
built anew instead of being misread.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from creditbus.domain.acts.refusals import Reason
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import BodyId, EntryId, ListId, SourceId

PREFIX: Final = "creditbus:2:"

COMPLETE: Final = f"{PREFIX}complete"
"""The marker: there while Redis holds everything; its value names the build, as cursors do.

It is a lease: it lapses by itself unless views says anew how far Redis is known to be complete.
"""

LEASE_S: Final = 10.0
"""For how long readers trust that Redis held everything at an instant."""

CAUGHT_UP: Final = f"{PREFIX}caught-up"
"""When Redis was last known to miss nothing, as milliseconds of the clock of views."""

POSITIONS: Final = f"{PREFIX}positions"
"""Up to where each partition is written: topic/partition and the next offset."""

COUNTS: Final = f"{PREFIX}counts"
BODIES: Final = f"{PREFIX}bodies"
SAID: Final = f"{PREFIX}said"
"""What each body said last where that settled nothing: why it still owes."""

BUILD: Final = f"{PREFIX}build"
EXPOSED: Final = f"{PREFIX}exposed"
EXPOSURE_LOG: Final = f"{PREFIX}exposure-log"
EXPOSURE_NUMBER: Final = f"{PREFIX}exposure-number"


class ExposureChange(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the exposures: what an entry shows now, or none because it is withdrawn."""

    cursor: str
    entry_id: EntryId
    exposure: Exposure | None


class SourceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a source's records; ``received`` is as far as any trace of its inbox leads."""

    received: int = 0
    refused: int = 0
    duplicate: int = 0
    dead: int = 0


class OwedCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a body owes, since when it owes the oldest lift, and what it said last.

    ``said`` is empty once the body has settled something after it.
    """

    applies: int = 0
    lifts: int = 0
    oldest_lift_at: datetime | None = None
    said: str = ""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The bus at a glance; ``topics`` counts the records that views has read of each."""

    subjects: int
    exposures: int
    topics: dict[str, int]
    entries: dict[ListId, dict[Stage, int]]
    sources: dict[SourceId, SourceCounts]
    reasons: dict[Reason, int]
    owed: dict[BodyId, OwedCounts]


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


def owed_key(body: str, action: str) -> str:
    """Return where the obligations lie that a body owes to apply or to lift, oldest first."""
    return f"{PREFIX}owed {body} {action}"
