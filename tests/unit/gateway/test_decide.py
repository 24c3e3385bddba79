"""What a submission becomes: an event with what the caller left out, or the first fault."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from creditbus.domain.acts.events import Act, EntryListed, EntryRemoved, RemovalCause
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.effects.directives import Acknowledgement, Action, Outcome, answer_record
from creditbus.domain.ids import (
    DirectiveId,
    MeasureId,
    ObligationId,
    SourceId,
    SubjectId,
    derive_event_id,
)
from creditbus.domain.subjects import PersonNumber, SubjectKind
from creditbus.gateway.decide import acknowledgement_of, event_of
from creditbus.gateway.submissions import (
    AcknowledgementSubmission,
    AnswerEnvelope,
    EventSubmission,
    ListingSubmission,
    RemovalSubmission,
    SubmittedEnvelope,
)
from tests.examples import COURT_LIST, FIRM, INDIVIDUAL_BUSINESS, PERSON, a_listing, a_removal

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
MINOR = Fault(Reason.SUBJECT_MINOR, "envelope.subject", "", "a minor")


class Door:
    """Knows one person, who was a minor when 2026 was young."""

    def identify(self, number_kind: str, number: str, *, synthetic: bool) -> SubjectId | Fault:
        assert (number_kind, number, synthetic) == ("synthetic", "SYN", True)
        return PERSON

    def admit(
        self, number_kind: str, number: str, *, decided_on: date, synthetic: bool
    ) -> SubjectId | Fault:
        known = self.identify(number_kind, number, synthetic=synthetic)
        return known if decided_on >= date(2026, 2, 1) else MINOR


def envelope(**changes: Any) -> SubmittedEnvelope:
    stated: dict[str, Any] = {
        "record_id": "SX-1",
        "record_revision": 2,
        "decided_on": date(2026, 3, 2),
        "subject_id": FIRM,
        "synthetic": True,
    }
    return SubmittedEnvelope(**(stated | changes))


def someone(**changes: Any) -> SubmittedEnvelope:
    person = PersonNumber(number_kind="synthetic", number="SYN")
    return envelope(subject_id=None, subject=person, **changes)


def listing(stated: SubmittedEnvelope | None = None, **changes: Any) -> ListingSubmission:
    return ListingSubmission(envelope=stated or envelope(), list_id=COURT_LIST, **changes)


def removal(stated: SubmittedEnvelope) -> RemovalSubmission:
    return RemovalSubmission(envelope=stated, list_id=COURT_LIST, cause=RemovalCause.PERFORMED)


def decide(submission: msgspec.Struct) -> Act | Fault:
    return event_of(submission, "court", at=AT, persons=Door())


def reason(decided: object) -> Reason:
    assert isinstance(decided, Fault)
    return decided.reason


@pytest.mark.parametrize("event", [a_listing(), a_removal()])
def test_the_json_of_an_event_is_a_submission_and_comes_back_as_it_was(
    event: EntryListed | EntryRemoved,
) -> None:
    text = msgspec.json.encode(event)
    submission: msgspec.Struct = msgspec.json.decode(text, type=EventSubmission)

    assert decide(submission) == event


def test_what_is_left_out_is_filled_in() -> None:
    event = decide(listing())
    assert isinstance(event, EntryListed)
    stated = event.envelope
    assert stated.event_id == derive_event_id("court", "SX-1", 2, "entry_listed", stated.subject_id)
    assert (stated.source, stated.sequence, stated.occurred_at) == ("court", 0, AT)
    assert stated.subject_kind is SubjectKind.LEGAL_PERSON
    assert stated.adult_on_decision is None


def test_nobody_speaks_in_anothers_name() -> None:
    assert reason(decide(listing(envelope(source="tax")))) is Reason.SOURCE_MISMATCH
    assert isinstance(decide(listing(envelope(source="court"))), EntryListed)


@pytest.mark.parametrize(
    "stated",
    [envelope(subject_id=None), envelope(subject=PersonNumber(number_kind="x", number="y"))],
)
def test_a_record_is_about_one_subject(stated: SubmittedEnvelope) -> None:
    assert reason(decide(listing(stated))) is Reason.SUBJECT_INVALID


def test_a_person_of_age_is_attested_and_has_no_name() -> None:
    event = decide(listing(someone()))
    assert isinstance(event, EntryListed)
    assert (event.envelope.subject_id, event.envelope.adult_on_decision) == (PERSON, True)
    assert reason(decide(listing(someone(), subject_name="某"))) is Reason.SUBJECT_INVALID
    business = envelope(subject_id=INDIVIDUAL_BUSINESS)
    assert reason(decide(listing(business, subject_name="某"))) is Reason.SUBJECT_INVALID


def test_a_minor_is_not_listed_but_may_be_removed() -> None:
    young = someone(decided_on=date(2026, 1, 1))
    assert reason(decide(listing(young))) is Reason.SUBJECT_MINOR
    event = decide(removal(young))
    assert isinstance(event, EntryRemoved)
    assert (event.envelope.subject_id, event.envelope.adult_on_decision) == (PERSON, None)


def test_a_token_removes_and_never_lists() -> None:
    assert reason(decide(listing(envelope(subject_id=PERSON)))) is Reason.PERSON_NOT_ATTESTED
    assert isinstance(decide(removal(envelope(subject_id=PERSON))), EntryRemoved)


def test_a_kind_that_contradicts_the_id_is_refused() -> None:
    wrong = envelope(subject_kind=SubjectKind.UNINCORPORATED)
    assert reason(decide(listing(wrong))) is Reason.SUBJECT_INVALID
    right = envelope(subject_kind=SubjectKind.LEGAL_PERSON)
    assert isinstance(decide(listing(right)), EntryListed)


def test_a_removal_is_not_asked_for_the_kind_that_the_id_tells() -> None:
    wrong = envelope(subject_kind=SubjectKind.UNINCORPORATED)
    event = decide(removal(wrong))
    assert isinstance(event, EntryRemoved)
    assert event.envelope.subject_kind is SubjectKind.LEGAL_PERSON


class WayOut(Door):
    """Knows everybody, and takes no record whose mark contradicts the kind of number."""

    def identify(self, number_kind: str, number: str, *, synthetic: bool) -> SubjectId | Fault:
        assert (number, synthetic) == ("SYN", number_kind == "synthetic")
        return PERSON


@pytest.mark.parametrize("number_kind", ["synthetic", "citizen_id"])
def test_the_number_alone_says_whether_a_removed_person_is_synthetic(number_kind: str) -> None:
    is_made_up = number_kind == "synthetic"
    person = PersonNumber(number_kind=number_kind, number="SYN")
    leaving = removal(envelope(subject_id=None, subject=person, synthetic=not is_made_up))
    event = event_of(leaving, "court", at=AT, persons=WayOut())
    assert isinstance(event, EntryRemoved)
    assert (event.envelope.subject_id, event.envelope.synthetic) == (PERSON, is_made_up)


@pytest.mark.parametrize(
    ("submission", "record"),
    [
        (ListingSubmission, EntryListed),
        (RemovalSubmission, EntryRemoved),
        (AcknowledgementSubmission, Acknowledgement),
    ],
)
def test_submissions_and_records_have_the_same_fields(
    submission: type[msgspec.Struct], record: type[msgspec.Struct]
) -> None:
    assert submission.__struct_fields__ == record.__struct_fields__
    assert submission.__struct_config__.tag == record.__struct_config__.tag


def test_a_number_is_not_printed() -> None:
    assert "SYN" not in repr(someone())


def answered(**changes: Any) -> Acknowledgement | Fault:
    submission = AcknowledgementSubmission(
        envelope=AnswerEnvelope(subject_id=FIRM, **changes),
        directive_id=DirectiveId("d1"),
        obligation_id=ObligationId("o1"),
        measure_id=MeasureId("B02"),
        action=Action.LIFT,
        revision=4,
        outcome=Outcome.APPLIED,
    )
    return acknowledgement_of(submission, "railway", at=AT)


def test_an_acknowledgement_names_its_directive_and_the_civil_day() -> None:
    record = answered()
    assert isinstance(record, Acknowledgement)
    assert (record.envelope.record_id, record.envelope.record_revision) == ("d1:APPLIED", 1)
    assert record.envelope.decided_on == date(2026, 11, 24)
    assert record.envelope.causation_id == "d1"
    assert record.envelope.source == "railway"


def test_an_answer_has_the_same_identity_by_the_gateway_and_by_the_webhook() -> None:
    record = answered()
    assert isinstance(record, Acknowledgement)
    record_id, revision = answer_record(record.directive_id, record.outcome)
    expected = derive_event_id(SourceId("railway"), record_id, revision, "acknowledgement")
    assert record.envelope.event_id == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"record_id": "own"}, ("own", 4)),
        ({"record_id": "own", "record_revision": 2}, ("own", 2)),
        ({"record_revision": 2}, ("d1:APPLIED", 2)),
    ],
)
def test_a_body_may_name_its_answer_itself(
    stated: dict[str, Any], expected: tuple[str, int]
) -> None:
    record = answered(**stated)
    assert isinstance(record, Acknowledgement)
    assert (record.envelope.record_id, record.envelope.record_revision) == expected


def test_a_body_acknowledges_for_itself_alone() -> None:
    assert reason(answered(source="airline")) is Reason.SOURCE_MISMATCH
    assert reason(answered(subject_kind=SubjectKind.NATURAL_PERSON)) is Reason.SUBJECT_INVALID


@pytest.mark.parametrize("kind", [None, SubjectKind.LEGAL_PERSON])
def test_an_old_code_goes_to_intake_which_knows_whom_it_stands_for(
    kind: SubjectKind | None,
) -> None:
    stated = envelope(subject_id="org9:0000000A2", subject_kind=kind)
    for decided in (decide(listing(stated)), decide(removal(stated))):
        assert not isinstance(decided, Fault)
        assert decided.envelope.subject_id == "org9:0000000A2"
        assert decided.envelope.subject_kind is SubjectKind.NONE


def test_what_is_no_old_code_does_not_pass_the_door() -> None:
    for code in ("reg15:370299900101000", "org9:0000000a2", "taxno:370299199001010000"):
        assert reason(decide(listing(envelope(subject_id=code)))) is Reason.SUBJECT_INVALID
