"""Submissions: what may stand in the JSON that a source or an executing body hands in.

It is the JSON form of the events, and what the gateway knows better than the caller may be left
out. A field that is not listed here is a mistake of the caller and is named, never dropped in
silence.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Meta

from creditbus.domain.acts.events import Act, EntryListed, EntryRemoved, RemovalCause
from creditbus.domain.acts.kinds import ACTS
from creditbus.domain.acts.registrations import Relation, RelationChanged
from creditbus.domain.effects.directives import Action, Outcome
from creditbus.domain.ids import (
    BasisId,
    DirectiveId,
    ListId,
    MeasureId,
    ObligationId,
    SubjectId,
)
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.subjects import PersonNumber, SubjectKind

_LONGEST: Final = 2**63 - 1
_ID_LENGTH: Final = 200

Counted = Annotated[int, Meta(ge=1, le=_LONGEST)]
Named = Annotated[str, Meta(min_length=1, max_length=_ID_LENGTH)]
Instant = Annotated[datetime, Meta(tz=True)]


class SubmittedEnvelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The envelope as submitted, with exactly one of ``subject_id`` and ``subject``.

    Whether a person was of age is for the gateway alone to state.
    """

    record_id: Named
    record_revision: Counted
    decided_on: date
    subject_id: SubjectId | None = None
    subject: PersonNumber | None = None
    subject_kind: SubjectKind | None = None
    source: str | None = None
    event_id: Annotated[str, Meta(max_length=_ID_LENGTH)] = ""
    sequence: Annotated[int, Meta(ge=0, le=_LONGEST)] = 0
    occurred_at: Instant | None = None
    effective_on: date | None = None
    document_number: str = ""
    bases: tuple[BasisId, ...] = ()
    causation_id: str | None = None
    adult_on_decision: None = None
    synthetic: bool = False


class ListingSubmission(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="entry_listed",
    tag_field="type",
):
    """A source puts a subject on a list; the fields are those of ``EntryListed``."""

    envelope: SubmittedEnvelope
    list_id: ListId
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


class RemovalSubmission(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="entry_removed",
    tag_field="type",
):
    """A source takes a subject off a list; the fields are those of ``EntryRemoved``."""

    envelope: SubmittedEnvelope
    list_id: ListId
    cause: RemovalCause
    ground: str = ""


class RelationSubmission(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="relation_changed",
    tag_field="type",
):
    """A registry says who stands for an organisation: by number, for which a token is kept."""

    envelope: SubmittedEnvelope
    relation: Relation
    person: PersonNumber
    valid_from: date
    valid_to: date | None = None


def _submission_of(kind: type[Act]) -> type[msgspec.Struct]:
    """Return what may be submitted for an act: its own fields, with an envelope to be completed."""
    hints = get_type_hints(kind)
    fields = [
        (each.name, hints[each.name], each.default)
        if each.default is not msgspec.NODEFAULT
        else (each.name, SubmittedEnvelope if each.name == "envelope" else hints[each.name])
        for each in msgspec.structs.fields(kind)
    ]
    return msgspec.defstruct(
        f"{kind.__name__}Submission",
        fields,
        namespace={"__doc__": kind.__doc__},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        tag=kind.__struct_config__.tag,
        tag_field="type",
    )


KIND_OF: Final[dict[type[msgspec.Struct], type[Act]]] = {
    ListingSubmission: EntryListed,
    RemovalSubmission: EntryRemoved,
    RelationSubmission: RelationChanged,
    **{
        _submission_of(kind): kind
        for kind in ACTS
        if kind not in {EntryListed, EntryRemoved, RelationChanged}
    },
}
"""The act that each submission becomes."""

EventSubmission: Final[Any] = reduce(or_, KIND_OF)
"""Whatever a source may hand in; ``type`` says which."""


class AnswerEnvelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The envelope of an acknowledgement: the directive's subject, the rest if the body wants."""

    subject_id: SubjectId
    subject_kind: SubjectKind | None = None
    record_id: Annotated[str, Meta(max_length=_ID_LENGTH)] = ""
    record_revision: Counted | None = None
    decided_on: date | None = None
    source: str | None = None
    event_id: Annotated[str, Meta(max_length=_ID_LENGTH)] = ""
    sequence: Annotated[int, Meta(ge=0, le=_LONGEST)] = 0
    occurred_at: Instant | None = None
    effective_on: date | None = None
    document_number: str = ""
    bases: tuple[BasisId, ...] = ()
    causation_id: str | None = None
    adult_on_decision: None = None
    synthetic: bool = False


class AcknowledgementSubmission(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="acknowledgement",
    tag_field="type",
):
    """A body answers a directive later than at its delivery; the fields are those of the record."""

    envelope: AnswerEnvelope
    directive_id: DirectiveId
    obligation_id: ObligationId
    measure_id: MeasureId
    action: Action
    revision: Counted
    outcome: Outcome
    detail: str = ""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Given once the broker holds the record: where it lies, under which event id.

    ``sandbox``: it is only tried, and counts for nothing.
    """

    event_id: str
    inbox: str
    partition: int
    offset: int
    sandbox: bool = False
