"""Exposures: what the public may see of a court entry, and until when.

Civil Procedure Law, article 266. Only organisations: a natural person's name never travels on the
bus. The record is withdrawn by an empty value under the entry's id, after which the feed holds
nothing of it.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from creditbus.domain.ids import EntryId, ListId, SourceId, SubjectId
from creditbus.domain.subjects import SubjectKind


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """The public view of one active entry at a revision of its subject."""

    entry_id: EntryId
    list_id: ListId
    source: SourceId
    subject_kind: SubjectKind
    subject_id: SubjectId
    subject_name: str
    document_number: str
    provisions: tuple[str, ...]
    decided_on: date
    ends_at: datetime | None
    disputed: bool
    revision: int
    synthetic: bool = False
