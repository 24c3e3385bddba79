"""Activations: an edition of the catalogue was published, as the log of events says it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

import msgspec

from creditbus.domain.acts.events import Envelope
from creditbus.domain.calendar import SHANGHAI
from creditbus.domain.ids import EventId, SourceId, SubjectId, derive
from creditbus.domain.law.editions import Edition
from creditbus.domain.subjects import SubjectKind

PUBLISHER: Final = SourceId("catalogue")


class EditionActivated(
    msgspec.Struct, frozen=True, kw_only=True, tag="edition_activated", tag_field="type"
):
    """An edition of the catalogue was published; from here on the log is decided with it.

    Written to every partition by ``creditbus catalogue publish``.
    """

    envelope: Envelope
    edition: str
    in_force_from: date
    follows: str = ""


def edition_activated(edition: Edition, partition: int) -> EditionActivated:
    """Return the event for one partition of the log; it is alike whenever it is made."""
    day = edition.in_force_from
    envelope = Envelope(
        event_id=EventId(derive("edition", edition.id, partition)),
        source=PUBLISHER,
        record_id=edition.id,
        record_revision=1,
        sequence=0,
        subject_kind=SubjectKind.NONE,
        subject_id=SubjectId(""),
        occurred_at=datetime.combine(day, time.min, SHANGHAI).astimezone(UTC),
        decided_on=day,
    )
    return EditionActivated(
        envelope=envelope, edition=edition.id, in_force_from=day, follows=edition.follows
    )
