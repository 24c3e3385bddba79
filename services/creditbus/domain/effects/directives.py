"""Directives: one instruction to one executing body, to apply or lift one measure on one subject.

An **obligation** is (subject, measure, body). It stands while any active entry supports it, so
lifting one of two entries lifts nothing that the other still carries. A directive states an
obligation's whole present state at a revision of its subject; the body ignores a revision it has
seen, or a lower one.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.acts.events import Envelope, SourceStatement
from creditbus.domain.ids import (
    BasisId,
    BodyId,
    DirectiveId,
    EntryId,
    EventId,
    ListId,
    MeasureId,
    ObligationId,
    SourceId,
    SubjectId,
    derive_directive_id,
    derive_obligation_id,
)
from creditbus.domain.subjects import SubjectKind


class Action(StrEnum):
    """What the body shall do."""

    APPLY = "APPLY"
    LIFT = "LIFT"


class Lane(StrEnum):
    """Which queue a directive travels in: the way out has its own, so that no burst delays it."""

    LIFT = "lift"
    APPLY = "apply"


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """An active entry that supports the measure: what the counter must be able to name."""

    entry_id: EntryId
    list_id: ListId
    source: SourceId
    document_number: str
    bases: tuple[BasisId, ...]
    provisions: tuple[str, ...]
    decided_on: date
    ends_at: datetime | None
    disputed: bool = False


class Directive(msgspec.Struct, frozen=True, kw_only=True):
    """One obligation's whole present state; a lift has no grounds left.

    ``ends_at`` is the instant after which the measure must not be applied even without a lift;
    none where a ground runs until performed. ``human_review``: a human decides, this is advice.
    """

    directive_id: DirectiveId
    obligation_id: ObligationId
    body: BodyId
    measure_id: MeasureId
    action: Action
    revision: int
    subject_kind: SubjectKind
    subject_id: SubjectId
    subject_name: str | None
    grounds: tuple[Ground, ...]
    bases: tuple[BasisId, ...]
    remedies: tuple[str, ...]
    ends_at: datetime | None
    human_review: bool
    disputed: bool
    edition: str
    caused_by: EventId
    synthetic: bool = False
    is_correction: bool = False

    @property
    def lane(self) -> Lane:
        """Return the queue: lifts, corrections and marks first, new applications in turn."""
        return Lane.LIFT if self.action is Action.LIFT or self.is_correction else Lane.APPLY


class Outcome(StrEnum):
    """How a body answers a directive. ``ACCEPTED`` settles nothing: the directive is still owed."""

    ACCEPTED = "ACCEPTED"
    APPLIED = "APPLIED"
    DECLINED = "DECLINED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    SUPERSEDED = "SUPERSEDED"

    @property
    def settles(self) -> bool:
        """Return whether the body owes nothing more after this answer."""
        return self is not Outcome.ACCEPTED


class Acknowledgement(
    msgspec.Struct, frozen=True, kw_only=True, tag="acknowledgement", tag_field="type"
):
    """A body's answer to a directive at a revision.

    An event like any other, from the body's inbox.
    """

    envelope: Envelope
    directive_id: DirectiveId
    obligation_id: ObligationId
    measure_id: MeasureId
    action: Action
    revision: int
    outcome: Outcome
    detail: str = ""


Statement = SourceStatement | Acknowledgement
"""What a party puts into its own inbox."""


def answer_record(directive_id: DirectiveId, outcome: Outcome) -> tuple[str, int]:
    """Return the record id and the record revision of an answer that its body gave no name.

    Both ways in use it, so a body that answers the webhook and the gateway alike says one thing.
    """
    return f"{directive_id}:{outcome}", 1


NOT_ITS: Final = {
    "obligation_id": "it is not the obligation of this subject, this measure and this body;"
    " repeat all of them as the directive states them",
    "directive_id": "it is no directive of this obligation with this revision and this action;"
    " repeat all of them as the directive states them",
}
"""What is told of an answer that names something else than its directive, by field."""


def misnamed(answer: Acknowledgement) -> str:
    """Return what an answer says otherwise than its directive did, empty when it repeats it well.

    Subject, measure and body make the obligation's id, and with revision and action the
    directive's; so an answer that names another of them names no directive that there ever was.
    """
    body = BodyId(str(answer.envelope.source))
    owed = derive_obligation_id(answer.envelope.subject_id, answer.measure_id, body)
    if answer.obligation_id != owed:
        return "obligation_id"
    if answer.directive_id != derive_directive_id(owed, answer.revision, answer.action):
        return "directive_id"
    return ""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to deliver a directive by webhook: what came back, after how many milliseconds."""

    directive_id: DirectiveId
    obligation_id: ObligationId
    subject_id: SubjectId
    body: BodyId
    lane: Lane
    number: int
    tried_at: datetime
    duration_ms: int
    status: int | None
    outcome: Outcome | None
    detail: str = ""
