"""Refusals: what a party is told, in pages, of records that were refused or could not be read."""

from __future__ import annotations

from typing import Final

import msgspec

from creditbus.domain.acts.letters import UnreadNotice
from creditbus.domain.acts.refusals import TRIED, Refusal
from creditbus.domain.ids import SourceId
from creditbus.runtime.http.problems import Invalid
from creditbus.runtime.redis.reads import CursorUnknown, Serving

_BESIDE: Final = "-"
"""What parts the two cursors of a page; one without it is that of the refusals alone."""


class RefusalPage(msgspec.Struct, frozen=True):
    """Refusals and unreadable records, each in their order; ask for what follows ``after`` next."""

    refusals: list[Refusal]
    next: str
    dead_letters: list[UnreadNotice]


async def page_after(serving: Serving, party: SourceId, after: str, limit: int) -> RefusalPage:
    """Return what follows a cursor; raises ``Invalid`` for a text that is none."""
    refused, _, unread = after.partition(_BESIDE)
    try:
        refusals = await serving.refusals_after(party, refused, limit)
        letters = await serving.unread_after(party, unread, limit)
    except CursorUnknown as unknown:
        raise Invalid("CURSOR_UNKNOWN", "after", str(unknown)) from unknown
    refused = refusals[-1][0] if refusals else refused
    unread = letters[-1][0] if letters else unread
    following = f"{refused}{_BESIDE}{unread}" if unread else refused
    told = [_told(each) for _, each in refusals if not _would_count(each)]
    return RefusalPage(told, following, [each for _, each in letters])


def _would_count(refusal: Refusal) -> bool:
    """Return whether nothing is wrong with a record but that it was only tried."""
    return refusal.is_tried and refusal.reason is TRIED.reason


def _told(refusal: Refusal) -> Refusal:
    """Return a refusal as its source would be told it outside the sandbox."""
    faults = tuple(each for each in refusal.faults if each.reason is not TRIED.reason)
    return msgspec.structs.replace(refusal, faults=faults)
