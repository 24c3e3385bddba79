"""Events: dated facts that some authority stated about a subject; immutable, in the past tense.

Every event begins with the envelope, so that a reader can decode the beginning of any event without
its body. Four counters have four names: ``record_revision`` (the source's, of one record),
``sequence`` (the source's running number), ``revision`` (of a standing, ours), and Kafka's offset
(the engine's only).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, Protocol

import msgspec

from creditbus.domain.acts.references import RecordReference
from creditbus.domain.ids import BasisId, EventId, ListId, MeasureId, SourceId, SubjectId
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.subjects import SubjectKind


class RemovalCause(StrEnum):
    """Why an entry ended. ``EXPIRED`` is the bus's own: the term of the entry ran out.

    ``CONSENT_WITHDRAWN`` ends red entries of natural persons, ``REORGANISED`` those of a firm that
    came through bankruptcy, ``DEREGISTERED`` all entries of a subject that is no more.
    """

    PERFORMED = "PERFORMED"
    REPAIRED = "REPAIRED"
    CORRECTED = "CORRECTED"
    REVOKED = "REVOKED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    REORGANISED = "REORGANISED"
    DEREGISTERED = "DEREGISTERED"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Who states which record about whom, when, and on which document and bases it rests.

    ``adult_on_decision`` is stated by the gateway alone, for natural persons; organisations
    have none.
    """

    event_id: EventId
    source: SourceId
    record_id: str
    record_revision: int
    sequence: int
    subject_kind: SubjectKind
    subject_id: SubjectId
    occurred_at: datetime
    decided_on: date
    effective_on: date | None = None
    document_number: str = ""
    bases: tuple[BasisId, ...] = ()
    causation_id: str | None = None
    adult_on_decision: bool | None = None
    synthetic: bool = False


def _record(name: str) -> str:
    """Return the record that carries a class: ``EntryListed`` travels as ``entry_listed``."""
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


class SourceStatement(msgspec.Struct, frozen=True, kw_only=True, tag=_record, tag_field="type"):
    """What a source may state: its kind is a row of ``acts.kinds``, its record a folder of schemas.

    The class below names what a kind reaches; a field is added at the end, with a default.
    """

    envelope: Envelope


class Act(SourceStatement, frozen=True, kw_only=True):
    """A statement about a subject that moves an entry or all of them, or is kept as a fact."""


class OwnAct(Act, frozen=True, kw_only=True):
    """An act of a list's keeper in the record of the entry itself; its revisions order them."""

    list_id: ListId


class Burden(OwnAct, frozen=True, kw_only=True):
    """An act that burdens a subject, or announces it: it passes the gates before it counts."""


class EntryAct(Act, frozen=True, kw_only=True):
    """An act about one entry, in that record or in one of its own.

    ``entry`` names the record that listed.
    """

    list_id: ListId
    entry: RecordReference


class SubjectAct(Act, frozen=True, kw_only=True):
    """An act that reaches every entry of a subject for which it holds."""


class Fact(Act, frozen=True, kw_only=True):
    """What is kept as stated, and moves no entry."""


class EntryListed(Burden, frozen=True, kw_only=True):
    """A source put a subject on a list, by a decision.

    ``ends_on`` is the last day of the term; ``until_performed`` says that there is none by law.
    ``underlying`` are the documents beneath the decision: whoever revokes one ends the entry.
    ``measures`` are those that the decision announces. ``unit`` is the organisation for whose sake
    the decision names this natural person. ``consent_on`` is the day on which a person asked to be
    on a red list. ``act_ended_on`` is the last day of the conduct, from which disclosure counts.
    """

    subject_name: str | None = None
    provisions: tuple[str, ...] = ()
    ends_on: date | None = None
    until_performed: bool = False
    notice_served_on: date | None = None
    rights_stated: bool = False
    tier: Tier | None = None
    underlying: tuple[str, ...] = ()
    measures: tuple[MeasureId, ...] = ()
    unit: SubjectId | None = None
    consent_on: date | None = None
    act_ended_on: date | None = None


class EntryRemoved(OwnAct, frozen=True, kw_only=True):
    """A source took a subject off a list.

    The record is the one that listed it, at a higher revision.
    """

    cause: RemovalCause
    ground: str = ""


class DayTurned(msgspec.Struct, frozen=True, kw_only=True, tag="day_turned", tag_field="type"):
    """The civil day of Asia/Shanghai has turned to ``day``.

    Written to every partition by the clock.
    """

    envelope: Envelope
    day: date


class Stated(Protocol):
    """Any event: it begins with an envelope."""

    @property
    def envelope(self) -> Envelope:
        """Who states what record about whom."""
        ...


REPEATABLE: Final = frozenset({"event_id", "sequence", "occurred_at", "causation_id"})
UNORDERED: Final = frozenset({"bases", "provisions", "underlying", "measures", "documents"})

_ENCODER: Final = msgspec.json.Encoder()


def content_digest(event: Stated) -> bytes:
    """Return 16 bytes that are alike for events of one content, however often they are sent.

    Left out is what a repeat may change without saying anything new: the event's id, the
    running number, the time of the statement, its cause, and the order of bases and provisions.
    A field at its default counts as not stated, so that a schema may grow without making new
    content of old.
    """
    assert isinstance(event, msgspec.Struct)
    content = (event.__struct_config__.tag, _stated(event.envelope), _stated(event))
    return sha256(_ENCODER.encode(content)).digest()[:16]


def _stated(value: msgspec.Struct) -> msgspec.Struct:
    """Return what a value states besides its envelope and what a repeat may change."""
    make, read, unordered = _content(type(value))
    stated: msgspec.Struct = make(*read(value))
    for name in unordered:
        named = getattr(stated, name)
        if len(named) > 1:
            setattr(stated, name, tuple(sorted(named)))
    return stated


@cache
def _content(kind: type[msgspec.Struct]) -> tuple[type, Callable[[Any], Iterable[Any]], list[str]]:
    """Return a type for the content of a type, which leaves defaults out, and how it is read."""
    fields = [
        field
        for field in msgspec.structs.fields(kind)
        if field.name not in REPEATABLE and field.name != "envelope"
    ]
    # It is left out if it is the very default, which only holds where equal is the same.
    assert all(field.default in (msgspec.NODEFAULT, None, False, "", ()) for field in fields)
    names = [field.name for field in fields]
    content = msgspec.defstruct(
        kind.__name__,
        [(field.name, Any, field.default) for field in fields],
        omit_defaults=True,
    )
    read = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    return content, read, [name for name in names if name in UNORDERED]
