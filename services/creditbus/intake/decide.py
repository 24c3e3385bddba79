"""Admission: an arrival in an inbox becomes an event, an acknowledgement, or a refusal.

What can be asked of a record without knowing any state is asked here: who speaks, about whom, of
which list. What the law asks of a listing is asked by listing, which knows the edition of the day.
A removal is asked only who speaks and about whom: no doubt about the original may hold it (law 7).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from creditbus.domain.acts.kinds import FACTS, Act, is_way_out
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.registrations import RelationChanged
from creditbus.domain.articles import IDENTITY, MINORS, OWN_NAME, PERSONS
from creditbus.domain.catalogue import Catalogue
from creditbus.domain.directives import Acknowledgement, Statement
from creditbus.domain.doors import door_fault
from creditbus.domain.entries import ID_CHARACTERS, TEXT_CHARACTERS
from creditbus.domain.events import Envelope
from creditbus.domain.gates import BURDENS
from creditbus.domain.refusals import Fault, Reason, refuse
from creditbus.domain.subjects import SubjectKind, is_person, kind_of, why_not_subject
from creditbus.engine.values import Arrival, Outcome, Output, Slice, State

Arrivals = Sequence[Arrival[Envelope, Statement]]

MANY: Final = 50

_REMEMBERED: Final = (*BURDENS, *FACTS)
"""Acts that burden a subject or are kept about it: of a person only when the gateway vouches."""


class Submission(msgspec.Struct, frozen=True):
    """A submitted record, whose inbox it came through, and whether the gateway vouches."""

    event: Statement
    party: str
    attested: bool
    catalogue: Catalogue


def admit(submission: Submission) -> Fault | None:
    """Return the first fault of a submission in the order of ``Reason``, or none when admitted."""
    for check in (_speaker, _record, _subject, _role, _competence):
        fault = check(submission)
        if fault is not None:
            return fault
    return None


def build(
    catalogue: Catalogue, party_of: Callable[[str], str], attestation: Callable[[bytes], bytes]
) -> Callable[[Slice[Arrivals], State], Outcome]:
    """Return the decision over a slice of one inbox.

    ``party_of`` gives the owner of an inbox topic, ``attestation`` what the gateway signs a
    record with.
    """

    def decide(arrived: Slice[Arrivals], _state: State) -> Outcome:
        outcome = Outcome()
        party = party_of(arrived.topic)
        for arrival in arrived.columns:
            event = arrival.body()
            stated = dict(arrival.headers).get("attestation") or b""
            attested = bool(stated) and hmac.compare_digest(stated, attestation(arrival.raw))
            fault = admit(Submission(event, party, attested, catalogue))
            if fault is not None:
                refusal = refuse(_as_spoken_by(party, event.envelope), fault, arrival.origin)
                outcome.outputs.append(Output("refusals", refusal, arrival.origin))
                outcome.count("refused")
                continue
            stream = "acknowledgements" if isinstance(event, Acknowledgement) else "events"
            outcome.outputs.append(Output(stream, arrival, arrival.origin))
            outcome.count("admitted")
        return outcome

    return decide


def _as_spoken_by(party: str, envelope: Envelope) -> Envelope:
    # The one who is told is the owner of the inbox, whatever name the record claims.
    return msgspec.structs.replace(envelope, source=party)


def _speaker(submission: Submission) -> Fault | None:
    claimed, party = submission.event.envelope.source, submission.party
    if claimed != party:
        detail = f"the inbox is {party}'s, the record speaks for {claimed}"
        return Fault(Reason.SOURCE_MISMATCH, "source", OWN_NAME, detail)
    return None


def _role(submission: Submission) -> Fault | None:
    party = submission.party
    is_body = isinstance(submission.event, Acknowledgement)
    known = submission.catalogue.bodies if is_body else submission.catalogue.sources
    if party not in known:
        role = "an executing body" if is_body else "a source"
        detail = f"{party} is not registered as {role}"
        return Fault(Reason.SOURCE_NOT_COMPETENT, "source", OWN_NAME, detail)
    return None


def _record(submission: Submission) -> Fault | None:
    envelope = submission.event.envelope
    if not envelope.record_id.strip() or envelope.record_revision < 1:
        detail = "give the record's own id and a revision of 1 or more"
        return Fault(Reason.RECORD_UNNAMED, "record_id", OWN_NAME, detail)
    event = submission.event
    is_wordy = not isinstance(event, Acknowledgement) and _is_wordy(event)
    if len(envelope.record_id) > ID_CHARACTERS or is_wordy:
        detail = (
            f"ids may have {ID_CHARACTERS} characters, texts {TEXT_CHARACTERS}, "
            f"bases and provisions {MANY} rows"
        )
        return Fault(Reason.FIELD_TOO_LONG, "record_id", OWN_NAME, detail)
    return None


def _is_wordy(event: Act) -> bool:
    """Tell whether an act says more than the bus can carry on; what eases is only cut."""
    if is_way_out(event):
        return False
    envelope = event.envelope
    ids = [envelope.event_id, *envelope.bases]
    texts = [envelope.document_number]
    rows = len(envelope.bases)
    for name in event.__struct_fields__:
        said = getattr(event, name)
        if isinstance(said, tuple):
            ids += said
            rows = max(rows, len(said))
        elif isinstance(said, RecordReference):
            ids += [said.source, said.record_id]
        elif isinstance(said, str):
            (ids if name.endswith("_id") else texts).append(said)
    return (
        any(len(each) > ID_CHARACTERS for each in ids)
        or any(len(each) > TEXT_CHARACTERS for each in texts)
        or rows > MANY
    )


def _subject(submission: Submission) -> Fault | None:
    envelope = submission.event.envelope
    kind = kind_of(envelope.subject_id)
    why_not = why_not_subject(kind, envelope.subject_id)
    if why_not:
        return Fault(Reason.SUBJECT_INVALID, "subject_id", IDENTITY, why_not)
    event = submission.event
    if isinstance(event, RelationChanged):
        return _relation(submission, event)
    if not is_person(kind) or not isinstance(event, _REMEMBERED):
        return None
    if getattr(event, "subject_name", None) is not None:
        detail = "a natural person's name never travels on the bus"
        return Fault(Reason.SUBJECT_INVALID, "subject_name", PERSONS, detail)
    if not submission.attested:
        detail = "facts about natural persons and individual businesses come through the gateway"
        return Fault(Reason.PERSON_NOT_ATTESTED, "subject_id", PERSONS, detail)
    if kind is SubjectKind.NATURAL_PERSON and envelope.adult_on_decision is not True:
        detail = "the subject was not of age on the day of the decision; nothing of it is kept"
        return Fault(Reason.SUBJECT_MINOR, "adult_on_decision", MINORS, detail)
    return None


def _relation(submission: Submission, event: RelationChanged) -> Fault | None:
    why_not = why_not_subject(SubjectKind.NATURAL_PERSON, event.person)
    if why_not:
        return Fault(Reason.SUBJECT_INVALID, "person", IDENTITY, why_not)
    if not submission.attested:
        detail = "who stands for an organisation is told to the gateway, by number"
        return Fault(Reason.PERSON_NOT_ATTESTED, "person", PERSONS, detail)
    return None


def _competence(submission: Submission) -> Fault | None:
    event = submission.event
    if isinstance(event, Acknowledgement):
        return None
    return door_fault(event, submission.catalogue)
