"""The gateway's decision: a submission and who hands it in become an event, or a fault.

What must not pass this door is asked here alone: speaking in another's name, a natural person's
number, name or minority. All other rules are those that intake and listing ask of every way in; as
far as they need no state, the same functions answer here, before there is a receipt.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, Protocol

import msgspec

from creditbus.domain.acts.doors import faults_of
from creditbus.domain.acts.events import Act, Burden, EntryRemoved, Envelope, Fact
from creditbus.domain.acts.kinds import is_way_out
from creditbus.domain.acts.mappings import MAYBE_PERSON
from creditbus.domain.acts.mistakes import Mistake
from creditbus.domain.acts.records import (
    other_faults,
    record_faults,
    subject_faults,
    trust_in,
    without_numbers,
)
from creditbus.domain.acts.refusals import Fault, Reason, precedence
from creditbus.domain.aliases.claims import alias_of
from creditbus.domain.calendar import day_of
from creditbus.domain.effects.directives import NOT_ITS, Acknowledgement, answer_record, misnamed
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.ids import EventId, SourceId, SubjectId, derive_event_id
from creditbus.domain.law.articles import IDENTITY, OWN_NAME, PERSONS
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import (
    PERSON,
    TOKEN_LENGTH,
    PersonNumber,
    SubjectKind,
    is_doubtful,
    is_person,
    kind_of,
    why_not_subject,
)
from creditbus.gateway.mistakes import TurnedAway, mistakes_of
from creditbus.gateway.submissions import (
    KIND_OF,
    AcknowledgementSubmission,
    AnswerEnvelope,
    RelationSubmission,
    SubmittedEnvelope,
)

_NOBODY: Final = SubjectId("")
_SOMEBODY: Final = SubjectId(PERSON + "0" * TOKEN_LENGTH)
_OF_SUBJECT: Final = frozenset({"subject_id", "source"})

MADE_UP: Final = "synthetic"
"""The kind of number that only synthetic persons have."""


class Recognition(Protocol):
    """Makes a subject of a natural person's number, and forgets the number."""

    def identify(self, number_kind: str, number: str, *, synthetic: bool) -> SubjectId | Fault:
        """Return the subject, whatever the age."""
        ...

    def admit(
        self, number_kind: str, number: str, *, decided_on: date, synthetic: bool
    ) -> SubjectId | Fault:
        """Return the subject, if of age on the day of the decision."""
        ...


def event_of(
    submission: msgspec.Struct,
    source: str,
    *,
    at: datetime,
    persons: Recognition,
    editions: Editions,
) -> Act | TurnedAway:
    """Return the event that a source submits at an instant, or every mistake in it.

    What needs no state is asked here as intake and listing ask it, so that it is told before the
    receipt. Whoever is burdened, or remembered for a fact, must have been of age; what eases never
    asks. Of a minor nothing else is told.
    """
    found, event = _read(submission, source, at=at, persons=persons)
    if is_way_out(event):
        event = without_numbers(event)
    minor = [fault for fault in found if fault.reason is Reason.SUBJECT_MINOR]
    if not minor:
        found = sorted([*found, *_lawful(event, editions)], key=precedence)
    if not found:
        return event
    catalogue = editions.on(event.envelope.decided_on)
    return TurnedAway(mistakes_of(submission, minor or found, catalogue))


def mistakes_in(event: Act, editions: Editions) -> tuple[Mistake, ...]:
    """Return every mistake in an event that somebody else has read, about an organisation."""
    found = sorted(_lawful(event, editions), key=precedence)
    if not found:
        return ()
    return mistakes_of(event, found, editions.on(event.envelope.decided_on))


def _read(
    submission: Any, source: str, *, at: datetime, persons: Recognition
) -> tuple[list[Fault], Act]:
    """Return what may not pass this door, and the event; about nobody where nobody is named."""
    kind = KIND_OF[type(submission)]
    asks_age = issubclass(kind, Burden | Fact)
    envelope: SubmittedEnvelope = submission.envelope
    stated = _way_out(envelope) if kind is EntryRemoved else envelope
    subject = _one_subject(stated) or _subject(stated, persons, asks_age=asks_age)
    about = [_another_name(stated.source, source)]
    if isinstance(subject, Fault):
        about, subject = [*about, subject], _NOBODY
    else:
        about += [_kind_differs(stated.subject_kind, subject), _unnamed(submission, subject)]
    fields = {name: getattr(submission, name) for name in submission.__struct_fields__}
    if isinstance(submission, RelationSubmission):
        person = _person(submission.person, persons, synthetic=stated.synthetic)
        if isinstance(person, Fault):
            about, person = [*about, person], _SOMEBODY
        fields["person"] = person
    fields["envelope"] = _envelope(stated, SourceId(source), subject, at=at, kind=kind)
    return [fault for fault in about if fault is not None], kind(**fields)


def _lawful(event: Act, editions: Editions) -> Iterator[Fault]:
    """Yield what intake and listing would refuse an event for, as far as it needs no state."""
    envelope, subject = event.envelope, event.envelope.subject_id
    yield from record_faults(event, is_cut=is_way_out(event))
    law = faults_of(event, editions)
    if subject != _NOBODY and alias_of(subject) is None:
        trust = trust_in(event, is_registered=False)
        yield from subject_faults(event, envelope, trust, attested=True)
    else:
        # Whom an old code stands for, and so who registers it and where it can be listed, is found
        # by intake.
        law = tuple(fault for fault in law if fault.field not in _OF_SUBJECT)
        yield from other_faults(event, attested=True)
    yield from law


def acknowledgement_of(
    submission: AcknowledgementSubmission, body: str, *, at: datetime
) -> Acknowledgement | TurnedAway:
    """Return the acknowledgement that a body submits at an instant, or the first mistake.

    A body that names no record of its own answers each directive once for each outcome.
    """
    stated = submission.envelope
    fault = _another_name(stated.source, body) or _kind_differs(
        stated.subject_kind, stated.subject_id
    )
    if fault is not None:
        return TurnedAway(mistakes_of(submission, [fault]))
    answer = Acknowledgement(
        envelope=_answer_envelope(stated, submission, SourceId(body), at),
        directive_id=submission.directive_id,
        obligation_id=submission.obligation_id,
        measure_id=submission.measure_id,
        action=submission.action,
        revision=submission.revision,
        outcome=submission.outcome,
        detail=hide_persons(submission.detail),
    )
    if field := misnamed(answer):
        fault = Fault(Reason.DIRECTIVE_UNKNOWN, field, OWN_NAME, NOT_ITS[field])
        return TurnedAway(mistakes_of(submission, [fault]))
    return answer


def _another_name(claimed: str | None, party: str) -> Fault | None:
    if claimed is None or claimed == party:
        return None
    detail = f"the token is {party}'s, the record speaks for {claimed}; leave source out"
    return Fault(Reason.SOURCE_MISMATCH, "envelope.source", OWN_NAME, detail)


def _one_subject(stated: SubmittedEnvelope) -> Fault | None:
    if stated.subject_id != "" and (stated.subject_id is None) != (stated.subject is None):
        return None
    detail = "give subject_id for an organisation, or subject for a natural person, and not both"
    return Fault(Reason.SUBJECT_INVALID, "envelope.subject_id", IDENTITY, detail)


def _way_out(stated: SubmittedEnvelope) -> SubmittedEnvelope:
    """Return a removal's envelope without what could keep a subject in and decides nothing.

    The kind follows from the id, and whether a person is made up from the kind of number.
    """
    person = stated.subject
    synthetic = stated.synthetic if person is None else person.number_kind == MADE_UP
    return msgspec.structs.replace(stated, subject_kind=None, synthetic=synthetic)


def _subject(
    stated: SubmittedEnvelope, persons: Recognition, *, asks_age: bool
) -> SubjectId | Fault:
    person = stated.subject
    if person is None:
        assert stated.subject_id is not None
        return _given(stated.subject_id, asks_age=asks_age)
    number_kind, number = person.number_kind, person.number
    if asks_age:
        return persons.admit(
            number_kind, number, decided_on=stated.decided_on, synthetic=stated.synthetic
        )
    # Whoever should never have been listed must be able to leave, so nobody asks for the age here.
    return persons.identify(number_kind, number, synthetic=stated.synthetic)


def _given(subject: SubjectId, *, asks_age: bool) -> SubjectId | Fault:
    alias = alias_of(subject)
    if alias is not None and (why_not := alias.why_not()):
        # Nothing that may be a mistyped number of a person passes this door.
        return Fault(Reason.SUBJECT_INVALID, "envelope.subject_id", IDENTITY, why_not)
    if not asks_age:
        return subject
    if alias is not None and alias.resembles_person:
        return Fault(Reason.SUBJECT_INVALID, "envelope.subject_id", IDENTITY, MAYBE_PERSON)
    if is_doubtful(subject):
        # Nor a right one: it would lie in the inbox, whatever becomes of the record.
        why_not = why_not_subject(kind_of(subject), subject)
        return Fault(Reason.SUBJECT_INVALID, "envelope.subject_id", IDENTITY, why_not)
    if not subject.startswith(PERSON):
        return subject
    detail = "whether a person was of age cannot be seen in a token: give subject with the number"
    return Fault(Reason.PERSON_NOT_ATTESTED, "envelope.subject_id", PERSONS, detail)


def _kind_differs(stated: object, subject: SubjectId) -> Fault | None:
    if alias_of(subject) is not None:
        # Whom an old code stands for is found by intake, and so the kind.
        return None
    found = kind_of(subject)
    if stated is None or stated == found:
        return None
    detail = f"the id is that of a {found}, the record says {stated}; leave subject_kind out"
    return Fault(Reason.SUBJECT_INVALID, "envelope.subject_kind", IDENTITY, detail)


def _person(person: PersonNumber, persons: Recognition, *, synthetic: bool) -> SubjectId | Fault:
    found = persons.identify(person.number_kind, person.number, synthetic=synthetic)
    if isinstance(found, Fault):
        field = found.field.replace("envelope.subject", "person", 1)
        return msgspec.structs.replace(found, field=field)
    return found


def _unnamed(submission: msgspec.Struct, subject: SubjectId) -> Fault | None:
    name = getattr(submission, "subject_name", None)
    if name is None or not is_person(kind_of(subject)):
        return None
    detail = "a natural person's name never travels on the bus: leave subject_name out"
    return Fault(Reason.SUBJECT_INVALID, "subject_name", PERSONS, detail)


def _envelope(
    stated: SubmittedEnvelope,
    source: SourceId,
    subject: SubjectId,
    *,
    at: datetime,
    kind: type[Act],
) -> Envelope:
    record = str(kind.__struct_config__.tag)
    derived = derive_event_id(source, stated.record_id, stated.record_revision, record, subject)
    was_admitted = stated.subject is not None and (issubclass(kind, Burden | Fact))
    return Envelope(
        event_id=EventId(stated.event_id or derived),
        source=source,
        record_id=stated.record_id,
        record_revision=stated.record_revision,
        sequence=stated.sequence,
        subject_kind=kind_of(subject) if alias_of(subject) is None else SubjectKind.NONE,
        subject_id=subject,
        occurred_at=stated.occurred_at or at,
        decided_on=stated.decided_on,
        effective_on=stated.effective_on,
        document_number=stated.document_number,
        bases=stated.bases,
        causation_id=stated.causation_id,
        adult_on_decision=True if was_admitted else None,
        synthetic=stated.synthetic,
    )


def _answer_envelope(
    stated: AnswerEnvelope, submission: AcknowledgementSubmission, body: SourceId, at: datetime
) -> Envelope:
    record_id, revision = answer_record(submission.directive_id, submission.outcome)
    if stated.record_id:
        # A body's own record may hold its answers to later revisions of the obligation as well.
        record_id, revision = stated.record_id, submission.revision
    revision = stated.record_revision or revision
    # A directive's id names its subject, a body's own record id may not.
    about = stated.subject_id if stated.record_id else ""
    derived = derive_event_id(body, record_id, revision, "acknowledgement", about)
    return Envelope(
        event_id=EventId(stated.event_id or derived),
        source=body,
        record_id=record_id,
        record_revision=revision,
        sequence=stated.sequence,
        subject_kind=kind_of(stated.subject_id),
        subject_id=stated.subject_id,
        occurred_at=stated.occurred_at or at,
        decided_on=stated.decided_on or day_of(at),
        effective_on=stated.effective_on,
        document_number=stated.document_number,
        bases=stated.bases,
        causation_id=stated.causation_id or submission.directive_id,
        synthetic=stated.synthetic,
    )
