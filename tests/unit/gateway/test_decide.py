"""What a submission becomes: an event with what the caller left out, or the first fault."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from creditbus.domain.acts.events import Act, EntryListed, EntryRemoved, RemovalCause
from creditbus.domain.acts.mistakes import Mistake
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.effects.directives import Acknowledgement, Action, Outcome, answer_record
from creditbus.domain.identifiers.registration import REGISTRATION
from creditbus.domain.ids import (
    BodyId,
    DirectiveId,
    ListId,
    MeasureId,
    ObligationId,
    SourceId,
    SubjectId,
    derive_directive_id,
    derive_event_id,
    derive_obligation_id,
)
from creditbus.domain.subjects import PersonNumber, SubjectKind
from creditbus.gateway.decide import acknowledgement_of, event_of
from creditbus.gateway.mistakes import TurnedAway
from creditbus.gateway.submissions import (
    AcknowledgementSubmission,
    AnswerEnvelope,
    EventSubmission,
    ListingSubmission,
    RemovalSubmission,
    SubmittedEnvelope,
)
from tests.examples import (
    COURT_LIST,
    FIRM,
    INDIVIDUAL_BUSINESS,
    PERSON,
    a_listing,
    a_removal,
    some_editions,
)

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
        "document_number": "（2026）测01执1号",
        "bases": ("SPC-2017-7-ART1",),
        "synthetic": True,
    }
    return SubmittedEnvelope(**(stated | changes))


def someone(**changes: Any) -> SubmittedEnvelope:
    person = PersonNumber(number_kind="synthetic", number="SYN")
    return envelope(subject_id=None, subject=person, **changes)


def listing(stated: SubmittedEnvelope | None = None, **changes: Any) -> ListingSubmission:
    lawful: dict[str, Any] = {
        "list_id": COURT_LIST,
        "provisions": ("3",),
        "ends_on": date(2028, 3, 2),
        "notice_served_on": date(2026, 1, 1),
        "rights_stated": True,
    }
    return ListingSubmission(envelope=stated or envelope(), **(lawful | changes))


def removal(stated: SubmittedEnvelope) -> RemovalSubmission:
    return RemovalSubmission(envelope=stated, list_id=COURT_LIST, cause=RemovalCause.PERFORMED)


def decide(submission: msgspec.Struct) -> Act | TurnedAway:
    return event_of(submission, "court", at=AT, persons=Door(), editions=some_editions())


def told(submission: msgspec.Struct) -> list[tuple[str, str]]:
    """Return the reason and the pointer of each mistake."""
    decided = decide(submission)
    assert isinstance(decided, TurnedAway)
    return [(each.reason, each.pointer) for each in decided.mistakes]


def reason(decided: object) -> str:
    assert isinstance(decided, TurnedAway)
    return decided.mistakes[0].reason


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
    assert reason(decide(listing(envelope(source="tax")))) == Reason.SOURCE_MISMATCH
    assert isinstance(decide(listing(envelope(source="court"))), EntryListed)


@pytest.mark.parametrize(
    "stated",
    [envelope(subject_id=None), envelope(subject=PersonNumber(number_kind="x", number="y"))],
)
def test_a_record_is_about_one_subject(stated: SubmittedEnvelope) -> None:
    assert reason(decide(listing(stated))) == Reason.SUBJECT_INVALID


def test_a_person_of_age_is_attested_and_has_no_name() -> None:
    event = decide(listing(someone()))
    assert isinstance(event, EntryListed)
    assert (event.envelope.subject_id, event.envelope.adult_on_decision) == (PERSON, True)
    assert reason(decide(listing(someone(), subject_name="某"))) == Reason.SUBJECT_INVALID
    business = envelope(subject_id=INDIVIDUAL_BUSINESS)
    assert reason(decide(listing(business, subject_name="某"))) == Reason.SUBJECT_INVALID


def test_a_minor_is_not_listed_but_may_be_removed() -> None:
    young = someone(decided_on=date(2026, 1, 1))
    assert reason(decide(listing(young))) == Reason.SUBJECT_MINOR
    event = decide(removal(young))
    assert isinstance(event, EntryRemoved)
    assert (event.envelope.subject_id, event.envelope.adult_on_decision) == (PERSON, None)


def test_a_token_removes_and_never_lists() -> None:
    assert reason(decide(listing(envelope(subject_id=PERSON)))) == Reason.PERSON_NOT_ATTESTED
    assert isinstance(decide(removal(envelope(subject_id=PERSON))), EntryRemoved)


def test_a_kind_that_contradicts_the_id_is_refused() -> None:
    wrong = envelope(subject_kind=SubjectKind.UNINCORPORATED)
    assert reason(decide(listing(wrong))) == Reason.SUBJECT_INVALID
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
    event = event_of(leaving, "court", at=AT, persons=WayOut(), editions=some_editions())
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


OWED = derive_obligation_id(FIRM, MeasureId("B02"), BodyId("railway"))
LIFTED = derive_directive_id(OWED, 4, Action.LIFT)


def answered(
    detail: str = "", *, obligation: str = OWED, directive: str = LIFTED, **changes: Any
) -> Acknowledgement | TurnedAway:
    submission = AcknowledgementSubmission(
        envelope=AnswerEnvelope(subject_id=FIRM, **changes),
        directive_id=DirectiveId(directive),
        obligation_id=ObligationId(obligation),
        measure_id=MeasureId("B02"),
        action=Action.LIFT,
        revision=4,
        outcome=Outcome.APPLIED,
        detail=detail,
    )
    return acknowledgement_of(submission, "railway", at=AT)


def test_an_acknowledgement_names_its_directive_and_the_civil_day() -> None:
    record = answered()
    assert isinstance(record, Acknowledgement)
    assert (record.envelope.record_id, record.envelope.record_revision) == (f"{LIFTED}:APPLIED", 1)
    assert record.envelope.decided_on == date(2026, 11, 24)
    assert record.envelope.causation_id == LIFTED
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
        ({"record_revision": 2}, (f"{LIFTED}:APPLIED", 2)),
    ],
)
def test_a_body_may_name_its_answer_itself(
    stated: dict[str, Any], expected: tuple[str, int]
) -> None:
    record = answered(**stated)
    assert isinstance(record, Acknowledgement)
    assert (record.envelope.record_id, record.envelope.record_revision) == expected


def test_a_body_acknowledges_for_itself_alone() -> None:
    assert reason(answered(source="airline")) == Reason.SOURCE_MISMATCH
    assert reason(answered(subject_kind=SubjectKind.NATURAL_PERSON)) == Reason.SUBJECT_INVALID


def test_an_answer_to_no_directive_that_there_can_be_does_not_pass_the_door() -> None:
    for field, submitted in (
        ("/obligation_id", answered(obligation="o1")),
        ("/directive_id", answered(directive="d1")),
    ):
        assert reason(submitted) == Reason.DIRECTIVE_UNKNOWN
        assert isinstance(submitted, TurnedAway)
        assert [each.pointer for each in submitted.mistakes] == [field]


@pytest.mark.parametrize("kind", [None, SubjectKind.LEGAL_PERSON])
def test_an_old_code_goes_to_intake_which_knows_whom_it_stands_for(
    kind: SubjectKind | None,
) -> None:
    stated = envelope(subject_id="org9:0000000A2", subject_kind=kind)
    for decided in (decide(listing(stated)), decide(removal(stated))):
        assert isinstance(decided, Act)
        assert decided.envelope.subject_id == "org9:0000000A2"
        assert decided.envelope.subject_kind is SubjectKind.NONE


def test_what_is_no_old_code_does_not_pass_the_door() -> None:
    for code in ("reg15:370299900101000", "org9:0000000a2", "taxno:370299199001010000"):
        assert reason(decide(listing(envelope(subject_id=code)))) == Reason.SUBJECT_INVALID


@pytest.mark.parametrize("code", ["reg15:370299580101001", "reg15:370299900101016"])
def test_an_old_code_with_the_form_of_a_persons_old_number_is_listed_under_another(
    code: str,
) -> None:
    assert REGISTRATION.is_valid(code.removeprefix("reg15:")), "one such number in ten passes"
    assert told(listing(envelope(subject_id=code))) == [("SUBJECT_INVALID", "/envelope/subject_id")]
    assert isinstance(decide(removal(envelope(subject_id=code))), Act)


def test_a_persons_number_in_a_text_does_not_pass_the_door_and_holds_no_removal() -> None:
    text = "对370299199001010000的处理"
    assert told(listing(subject_name=text)) == [("SUBJECT_INVALID", "/subject_name")]
    eased = decide(msgspec.structs.replace(removal(envelope()), ground=text))
    assert isinstance(eased, EntryRemoved)
    assert eased.ground == "对(masked)的处理"
    answer = answered(text)
    assert isinstance(answer, Acknowledgement)
    assert answer.detail == "对(masked)的处理"


def test_every_mistake_is_told_at_once_with_its_place() -> None:
    spoilt = listing(
        envelope(bases=(), document_number="", subject_id="uscc:91370200000000000X"),
        notice_served_on=None,
        ends_on=date(2999, 12, 31),
    )
    assert told(spoilt) == [
        ("SUBJECT_INVALID", "/envelope/subject_id"),
        ("DATE_MADE_UP", "/ends_on"),
        ("BASIS_MISSING", "/envelope/bases"),
        ("DOCUMENT_MISSING", "/envelope/document_number"),
        ("NOTICE_MISSING", "/notice_served_on"),
        ("TERM_TOO_LONG", "/ends_on"),
    ]


def test_of_a_minor_nothing_else_is_told_and_its_place_is_the_number() -> None:
    young = someone(decided_on=date(2026, 1, 1), bases=())
    assert told(listing(young)) == [("SUBJECT_MINOR", "/envelope/subject")]


def test_the_law_is_asked_beside_an_unreadable_subject() -> None:
    nobody = envelope(subject_id=None, bases=())
    assert told(listing(nobody)) == [
        ("SUBJECT_INVALID", "/envelope/subject_id"),
        ("BASIS_MISSING", "/envelope/bases"),
    ]


def test_a_removal_is_asked_who_speaks_and_for_no_more_of_the_original() -> None:
    bare = envelope(bases=(), document_number="")
    assert isinstance(decide(removal(bare)), EntryRemoved)
    strangers = msgspec.structs.replace(removal(bare), list_id=ListId("BL-BID-ZT"))
    assert told(strangers) == [("SOURCE_NOT_COMPETENT", "/list_id")]
    late = envelope(decided_on=date(2099, 12, 31))
    assert told(removal(late)) == [("DATE_MADE_UP", "/envelope/decided_on")]


def mistake(submission: msgspec.Struct) -> Mistake:
    decided = decide(submission)
    assert isinstance(decided, TurnedAway)
    return decided.mistakes[0]


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        ("91370200000000000Y", "uscc:91370200000000000Y"),
        ("uscc:9137 0200 0000 0000 0y", "uscc:91370200000000000Y"),
        ("uscc:9137O20000000000OY", "uscc:91370200000000000Y"),
        # Any of the 18 may be the wrong one, and two may have changed places.
        ("uscc:91370200000000000X", ""),
        ("uscc:93170200000000000Y", ""),
        # It could be somebody's number, and nothing is made of that.
        ("uscc:370299199001012298", ""),
    ],
)
def test_a_suggestion_never_invites_a_wrong_repair(subject: str, meant: str) -> None:
    found = mistake(listing(envelope(subject_id=subject)))
    assert (found.reason, found.suggestion) == ("SUBJECT_INVALID", meant)
    assert "370299199001012298" not in found.detail + found.detail_zh


@pytest.mark.parametrize(
    ("subject", "zh"),
    [
        ("org9:0000000A3", "旧代码"),
        ("91370200000000000Y", "uscc:"),
        ("USCC:91370200000000000Y", "uscc:"),
        ("uscc:91370200000000000y", "大写"),
        ("uscc:91370200000000000", "18位"),
        ("uscc:91370200000000000X", "校验位"),
    ],
)
def test_what_is_said_in_chinese_is_true_of_that_kind_of_code(subject: str, zh: str) -> None:
    found = mistake(listing(envelope(subject_id=subject)))
    assert (found.reason, zh in found.detail_zh) == (Reason.SUBJECT_INVALID, True), found


@pytest.mark.parametrize("stated", [envelope(subject_id=""), someone()])
def test_an_empty_id_names_nobody(stated: SubmittedEnvelope) -> None:
    nobody = msgspec.structs.replace(stated, subject_id="")
    for submission in (listing(nobody), removal(nobody)):
        assert told(submission)[0] == (Reason.SUBJECT_INVALID, "/envelope/subject_id")


def test_a_list_or_a_basis_in_another_spelling_is_suggested() -> None:
    assert mistake(listing(list_id="bl_court_sx")).suggestion == COURT_LIST
    assert mistake(listing(list_id="BL-COURT-SY")).suggestion == ""
    assert mistake(listing(envelope(bases=("spc-2017-7-art1",)))).suggestion == "SPC-2017-7-ART1"


def test_what_is_too_long_is_told_with_its_field() -> None:
    assert told(listing(envelope(document_number="x" * 501))) == [
        ("FIELD_TOO_LONG", "/envelope/document_number")
    ]
    assert isinstance(decide(removal(envelope(document_number="x" * 501))), EntryRemoved)
