"""Rows: how a scenario and its lawful outcome are written down."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.references import RecordReference


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario, its lawful outcome, and the article that says so.

    ``said`` are acts in their order, and days on which the clock turns before the next. ``stage``
    is of the one entry that there is, empty while there is none. ``refused`` are the articles of
    the refusals in their order; one without an article is a repeat that a newer word has overtaken.
    ``article`` may be left out where a refusal names it.
    """

    said: tuple[Any, ...]
    stage: str
    article: str = ""
    refused: tuple[str, ...] = ()
    disputed: bool = False
    cause: RemovalCause | None = None
    ends_on: date | None = None
    overdue: tuple[str, ...] = ()
    told: str = ""

    @property
    def law(self) -> str:
        """Return the article that says so."""
        return self.article or next(filter(None, self.refused), "")


def about(listing: Any) -> dict[str, Any]:
    """Return what an act says of the entry that it is about."""
    envelope = listing.envelope
    entry = RecordReference(source=envelope.source, record_id=envelope.record_id)
    return {"entry": entry, "list_id": listing.list_id}
