"""Refusals: a decision not to, with the first reason that holds, the field and the article.

A refusal is a value, told to the source. The reasons are declared in the order of their precedence
and are stable: agencies' programs compare them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from creditbus.domain.acts.events import Envelope
from creditbus.domain.ids import EventId, SourceId


class Reason(StrEnum):
    """Why a readable record is refused; the order is the precedence."""

    SOURCE_MISMATCH = "SOURCE_MISMATCH"
    RECORD_UNNAMED = "RECORD_UNNAMED"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    ALIAS_UNKNOWN = "ALIAS_UNKNOWN"
    SUBJECT_INVALID = "SUBJECT_INVALID"
    PERSON_NOT_ATTESTED = "PERSON_NOT_ATTESTED"
    SUBJECT_MINOR = "SUBJECT_MINOR"
    ALIAS_UNCONFIRMED = "ALIAS_UNCONFIRMED"
    IDENTITY_CONFLICT = "IDENTITY_CONFLICT"
    DATE_MADE_UP = "DATE_MADE_UP"
    LIST_UNKNOWN = "LIST_UNKNOWN"
    LIST_DISABLED = "LIST_DISABLED"
    SOURCE_NOT_COMPETENT = "SOURCE_NOT_COMPETENT"
    SUBJECT_NOT_ADMITTED = "SUBJECT_NOT_ADMITTED"
    DIRECTIVE_UNKNOWN = "DIRECTIVE_UNKNOWN"
    CONTENT_CONFLICT = "CONTENT_CONFLICT"
    REVISION_SUPERSEDED = "REVISION_SUPERSEDED"
    BASIS_MISSING = "BASIS_MISSING"
    BASIS_UNKNOWN = "BASIS_UNKNOWN"
    BASIS_NOT_OF_LIST = "BASIS_NOT_OF_LIST"
    BASIS_NOT_IN_FORCE = "BASIS_NOT_IN_FORCE"
    BASIS_TOO_LOW = "BASIS_TOO_LOW"
    DOCUMENT_MISSING = "DOCUMENT_MISSING"
    PROVISION_UNKNOWN = "PROVISION_UNKNOWN"
    MEASURE_UNPUBLISHED = "MEASURE_UNPUBLISHED"
    NOTICE_MISSING = "NOTICE_MISSING"
    RIGHTS_NOT_STATED = "RIGHTS_NOT_STATED"
    CONSENT_MISSING = "CONSENT_MISSING"
    EFFECT_BEFORE_DECISION = "EFFECT_BEFORE_DECISION"
    GRACE_TOO_LONG = "GRACE_TOO_LONG"
    TERM_MISSING = "TERM_MISSING"
    TERM_BEFORE_DECISION = "TERM_BEFORE_DECISION"
    TERM_TOO_LONG = "TERM_TOO_LONG"
    PACKAGE_INCOMPLETE = "PACKAGE_INCOMPLETE"
    OUTSIDE_CATALOGUE = "OUTSIDE_CATALOGUE"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a record: the reason, the field, the article, and what to do."""

    reason: Reason
    field: str
    article: str
    detail: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What the source is told: which of its records was refused and why.

    Never the record's content.
    """

    source: SourceId
    record_id: str
    record_revision: int
    event_id: EventId
    reason: Reason
    field: str
    article: str
    detail: str
    origin: str


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was seen before with the same content: counted, without effect."""

    source: SourceId
    record_id: str
    record_revision: int
    event_id: EventId
    origin: str


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be read, kept with its bytes, its place and the reason.

    ``size`` is the length of the original in bytes; of one too large to keep, ``value`` is the
    beginning.
    """

    source: SourceId
    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    key: bytes | None
    value: bytes | None
    size: int


def refuse(envelope: Envelope, fault: Fault, origin: str) -> Refusal:
    """Return the refusal of the record with this envelope, found at topic/partition/offset."""
    return Refusal(
        source=envelope.source,
        record_id=envelope.record_id,
        record_revision=envelope.record_revision,
        event_id=envelope.event_id,
        reason=fault.reason,
        field=fault.field,
        article=fault.article,
        detail=fault.detail,
        origin=origin,
    )


def duplicate(envelope: Envelope, origin: str) -> Duplicate:
    """Return the note that the record with this envelope, found at ``origin``, was seen before."""
    return Duplicate(
        source=envelope.source,
        record_id=envelope.record_id,
        record_revision=envelope.record_revision,
        event_id=envelope.event_id,
        origin=origin,
    )
