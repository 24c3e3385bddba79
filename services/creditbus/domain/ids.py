"""Typed ids, and how they are derived from content.

No id is random: a replay of the log must give the same ids, and two programs that see the same fact
must name it alike. Derived ids are the first 128 bits of SHA-256 over the parts, as 32 hexadecimal
digits.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import NewType

SubjectId = NewType("SubjectId", str)
SourceId = NewType("SourceId", str)
BodyId = NewType("BodyId", str)
ListId = NewType("ListId", str)
MeasureId = NewType("MeasureId", str)
BasisId = NewType("BasisId", str)
ItemId = NewType("ItemId", str)
EventId = NewType("EventId", str)
EntryId = NewType("EntryId", str)
ObligationId = NewType("ObligationId", str)
DirectiveId = NewType("DirectiveId", str)


def derive(kind: str, *parts: str | int) -> str:
    """Return an id of this kind for these parts; parts are kept apart by their lengths.

    >>> derive("entry", "a", "bc") == derive("entry", "ab", "c")
    False
    """
    joined = f"{len(kind)}:{kind}"
    for part in parts:
        text = str(part)
        joined += f"{len(text)}:{text}"
    return sha256(joined.encode()).hexdigest()[:32]


def derive_event_id(
    source: str, record_id: str, record_revision: int, kind: str, subject: str = ""
) -> EventId:
    """Return the id of an event that a source did not name itself.

    Its subject belongs to it: a record id that was used for two subjects by mistake makes two
    events, and each must be found. An event about nobody, such as a turned day, has none.
    """
    about = (subject,) if subject else ()
    return EventId(derive("event", source, record_id, record_revision, kind, *about))


def derive_copy_id(event_id: EventId, subject: SubjectId) -> EventId:
    """Return the id of an event about one of the subjects that a record's old code stands for."""
    return EventId(derive("copy", event_id, subject))


@lru_cache(maxsize=4096)  # asked for again and again while one event is decided
def derive_entry_id(subject: SubjectId, source: SourceId, record_id: str) -> EntryId:
    """Return the id of the entry that a source's record is about.

    The subject belongs to it: a record that moves to another subject is a removal there and a
    new entry here. The list does not: a removal that names the wrong list still finds its
    entry.
    """
    return EntryId(derive("entry", subject, source, record_id))


def derive_obligation_id(subject: SubjectId, measure: MeasureId, body: BodyId) -> ObligationId:
    """Return the id of what one body owes: one measure on one subject."""
    return ObligationId(derive("obligation", subject, measure, body))


def derive_directive_id(obligation: ObligationId, revision: int, action: str) -> DirectiveId:
    """Return the id of the directive that states an obligation at a revision of its subject."""
    return DirectiveId(derive("directive", obligation, revision, action))
