"""The feed: what the public may see at an instant, as it stands and as it changes.

Expiry is enforced here at the moment of reading (law 8): an exposure whose term is over is left out
of what stands, and is told as withdrawn among the changes, whether or not the bus has said so yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeVar

import msgspec

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.ids import EntryId
from creditbus.domain.law.catalogue import Subscriber


class ExposureStep(Protocol):
    """One change as the views have it."""

    @property
    def exposure(self) -> Exposure | None:
        """What the entry shows, None when it was withdrawn."""
        ...


ExposureStepT = TypeVar("ExposureStepT", bound=ExposureStep)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot", tag_field="type"):
    """All that may be seen now; changes after it are asked for with the cursor.

    Nothing is missing that happened up to ``as_of``.
    """

    exposures: list[Exposure]
    cursor: str
    as_of: datetime | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One step: an entry is exposed as stated here, or withdrawn; then nothing of it is left."""

    change: Literal["exposed", "withdrawn"]
    entry_id: EntryId
    exposure: Exposure | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True, tag="changes", tag_field="type"):
    """The steps after a cursor, and the cursor from which to go on.

    Nothing is missing that happened up to ``as_of``. Where that is long ago (``is_current`` is
    false), only withdrawals are told: what is exposed there may have been withdrawn since.
    """

    changes: list[Change]
    cursor: str
    as_of: datetime | None = None
    is_current: bool = True


class Reset(msgspec.Struct, frozen=True, kw_only=True):
    """All that was told before counts no more; this many exposures follow, and are all there are.

    Until they are there, show what you have.
    """

    reason: str
    exposures: int


def may_read(asker: Subscriber | None) -> bool:
    """Return whether a caller is a subscriber in use who reads exposures."""
    return asker is not None and asker.enabled and asker.exposures


def visible(exposures: Iterable[Exposure], at: datetime) -> list[Exposure]:
    """Return the exposures whose terms are not over at an instant."""
    return [exposure for exposure in exposures if _is_visible(exposure, at)]


def change_of(entry_id: EntryId, exposure: Exposure | None, at: datetime) -> Change:
    """Return what an entry's present exposure, or none, means for a reader at an instant."""
    if exposure is None or not _is_visible(exposure, at):
        return Change(change="withdrawn", entry_id=entry_id)
    return Change(change="exposed", entry_id=entry_id, exposure=exposure)


def tellable(
    steps: Sequence[ExposureStepT], *, is_current: bool
) -> tuple[list[ExposureStepT], bool]:
    """Return which of some steps may be told, and whether they are all.

    A withdrawal is true however old the views are, and never waits. An exposure may have been
    withdrawn since, so it waits until the views are current: a late listing burdens nobody.
    """
    if is_current:
        return list(steps), True
    told = [step for step in steps if step.exposure is None]
    return told, len(told) == len(steps)


def _is_visible(exposure: Exposure, at: datetime) -> bool:
    return exposure.ends_at is None or at < exposure.ends_at
