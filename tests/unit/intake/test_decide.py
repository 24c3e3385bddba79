"""Admission: every fault a submission can have with its reason, what passes, and in which order."""

from __future__ import annotations

import hmac
from itertools import combinations
from typing import Final

import msgspec
import pytest

from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.effects.directives import Directive, Outcome, Statement
from creditbus.domain.ids import ListId, SourceId, SubjectId
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.values import Arrival, DictState, Slice
from creditbus.intake.decide import Rejection, admit, build
from creditbus.intake.names import Submission
from creditbus.wire.topics import inbox, party_of_inbox
from tests.acts import a_relation
from tests.examples import (
    FIRM,
    INDIVIDUAL_BUSINESS,
    PERSON,
    SCHEMA_FOLDER,
    a_bid_bar,
    a_catalogue,
    a_listing,
    a_removal,
    a_restriction,
    an_acknowledgement,
    an_arrival,
    decided,
    some_editions,
)

WRONG_CHECK: Final = SubjectId("uscc:913702000000000A2G")
LOWER_CASE: Final = SubjectId(FIRM.lower())
KEY: Final = b"attestation"


def a_directive() -> Directive:
    return msgspec.json.decode(
        (SCHEMA_FOLDER / "directive" / "1.json").read_bytes(), type=Directive
    )


def a_business(**changes: object) -> Statement:
    return a_listing(
        **{
            "subject_id": INDIVIDUAL_BUSINESS,
            "subject_kind": SubjectKind.INDIVIDUAL_BUSINESS,
            "subject_name": None,
            **changes,
        }
    )


def submitted(
    event: Statement,
    party: str = "court",
    *,
    attested: bool = False,
    catalogue: Catalogue | None = None,
) -> Submission:
    editions = Editions.of(catalogue) if catalogue is not None else some_editions()
    return Submission(event, party, attested, editions)


def without(list_id: ListId) -> Catalogue:
    catalogue = a_catalogue()
    definition = msgspec.structs.replace(catalogue.lists[list_id], enabled=False, note="at rest")
    return msgspec.structs.replace(catalogue, lists={**catalogue.lists, list_id: definition})


FAULTS: Final[dict[str, tuple[Submission, Reason, str]]] = {
    "speaks for another": (
        submitted(a_listing(source="court-east")),
        Reason.SOURCE_MISMATCH,
        "source",
    ),
    "removal for another": (
        submitted(a_removal(source="court-east")),
        Reason.SOURCE_MISMATCH,
        "source",
    ),
    "no record id": (submitted(a_listing(record_id="")), Reason.RECORD_UNNAMED, "record_id"),
    "blank record id": (submitted(a_listing(record_id=" \t")), Reason.RECORD_UNNAMED, "record_id"),
    "revision 0": (submitted(a_listing(record_revision=0)), Reason.RECORD_UNNAMED, "record_id"),
    "revision -1": (submitted(a_removal(record_revision=-1)), Reason.RECORD_UNNAMED, "record_id"),
    "wrong check character": (
        submitted(a_listing(subject_id=WRONG_CHECK)),
        Reason.SUBJECT_INVALID,
        "subject_id",
    ),
    "lower case": (
        submitted(a_listing(subject_id=LOWER_CASE)),
        Reason.SUBJECT_INVALID,
        "subject_id",
    ),
    "no subject": (submitted(a_listing(subject_id="")), Reason.SUBJECT_INVALID, "subject_id"),
    "a number for a token": (
        submitted(a_restriction(subject_id="person:370202199001010000"), attested=True),
        Reason.SUBJECT_INVALID,
        "subject_id",
    ),
    "removal without subject": (
        submitted(a_removal(subject_id=WRONG_CHECK)),
        Reason.SUBJECT_INVALID,
        "subject_id",
    ),
    "person by Kafka": (
        submitted(a_restriction()),
        Reason.PERSON_NOT_ATTESTED,
        "subject_id",
    ),
    "individual business by Kafka": (
        submitted(a_business(adult_on_decision=True)),
        Reason.PERSON_NOT_ATTESTED,
        "subject_id",
    ),
    "person passed off as a firm": (
        submitted(a_restriction(subject_kind=SubjectKind.LEGAL_PERSON)),
        Reason.PERSON_NOT_ATTESTED,
        "subject_id",
    ),
    "minor": (
        submitted(a_restriction(adult_on_decision=False), attested=True),
        Reason.SUBJECT_MINOR,
        "adult_on_decision",
    ),
    "age unknown": (
        submitted(a_restriction(adult_on_decision=None), attested=True),
        Reason.SUBJECT_MINOR,
        "adult_on_decision",
    ),
    "a person's name": (
        submitted(a_restriction(subject_name="（测）某人"), attested=True),
        Reason.SUBJECT_INVALID,
        "subject_name",
    ),
    "an individual business's name": (
        submitted(a_business(adult_on_decision=True, subject_name="（测）小店"), attested=True),
        Reason.SUBJECT_INVALID,
        "subject_name",
    ),
    "acknowledgement from a source": (
        submitted(
            msgspec.structs.replace(
                an_acknowledgement(a_directive()), envelope=a_listing().envelope
            )
        ),
        Reason.SOURCE_NOT_COMPETENT,
        "source",
    ),
    "acknowledgement of another body": (
        submitted(an_acknowledgement(a_directive()), "railway"),
        Reason.SOURCE_MISMATCH,
        "source",
    ),
}

PASSING: Final[dict[str, Submission]] = {
    "a firm": submitted(a_listing()),
    "a person that the gateway vouches for": submitted(a_restriction(), attested=True),
    "an individual business that the gateway vouches for": submitted(
        a_business(adult_on_decision=True), attested=True
    ),
    "a body's answer": submitted(an_acknowledgement(a_directive()), "tender-platform"),
    "a removal": submitted(a_removal()),
    "a removal of a person that nobody vouches for": submitted(
        a_removal(subject_id=PERSON, subject_kind=SubjectKind.NATURAL_PERSON)
    ),
    "a removal of a minor": submitted(a_removal(subject_id=PERSON, adult_on_decision=False)),
    "a removal from an unknown list": submitted(a_removal(list_id="BL-NONE")),
    "a removal from another's list": submitted(a_removal(list_id="BL-BID-ZT")),
    "a removal from a list at rest": submitted(a_removal(), catalogue=without(a_removal().list_id)),
    "a removal without document": submitted(a_removal(document_number="")),
    "what the law is asked of in listing: another's list": submitted(a_bid_bar(source="court")),
    "what the law is asked of in listing: a body's": submitted(
        a_listing(source="railway"), "railway"
    ),
    "what the law is asked of in listing: a body's removal": submitted(
        a_removal(source="railway"), "railway"
    ),
    "what the law is asked of in listing: no such list": submitted(a_listing(list_id="BL-NONE")),
    "what the law is asked of in listing: a list at rest": submitted(
        a_listing(), catalogue=without(a_listing().list_id)
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found_with_its_reason_field_and_advice(name: str) -> None:
    submission, reason, field = FAULTS[name]
    rejected = admit(submission)
    assert isinstance(rejected, Rejection)
    fault = rejected.faults[0]
    assert (fault.reason, fault.field) == (reason, field)
    assert fault.article.strip()
    assert fault.detail.strip()


@pytest.mark.parametrize("name", PASSING)
def test_what_is_in_order_passes(name: str) -> None:
    assert admit(PASSING[name]) == (PASSING[name],)


@pytest.mark.parametrize(
    ("submission", "reasons"),
    [
        (
            submitted(a_listing(source="tax", record_id="", subject_id=WRONG_CHECK)),
            [Reason.SOURCE_MISMATCH, Reason.RECORD_UNNAMED, Reason.SUBJECT_INVALID],
        ),
        (
            submitted(a_restriction(record_id="", subject_name="（测）某人")),
            [Reason.RECORD_UNNAMED, Reason.SUBJECT_INVALID, Reason.PERSON_NOT_ATTESTED],
        ),
        (
            submitted(
                a_restriction(subject_name="（测）某人", adult_on_decision=False), attested=True
            ),
            [Reason.SUBJECT_INVALID, Reason.SUBJECT_MINOR],
        ),
        (
            submitted(a_relation(person="person:1"), "market"),
            [Reason.SUBJECT_INVALID, Reason.PERSON_NOT_ATTESTED],
        ),
        (submitted(a_removal(record_id="", record_revision=0)), [Reason.RECORD_UNNAMED]),
        (
            submitted(a_listing(record_id=" ", document_number="号" * 5000)),
            [Reason.RECORD_UNNAMED, Reason.FIELD_TOO_LONG],
        ),
    ],
)
def test_every_mistake_is_told_at_once(submission: Submission, reasons: list[Reason]) -> None:
    rejected = admit(submission)
    assert isinstance(rejected, Rejection)
    assert [each.reason for each in rejected.faults] == reasons


CHANGES: Final[dict[Reason, dict[str, object]]] = {
    Reason.SOURCE_MISMATCH: {"source": "court-east"},
    Reason.RECORD_UNNAMED: {"record_id": ""},
    Reason.SUBJECT_INVALID: {"subject_name": "（测）某人"},
    Reason.SUBJECT_MINOR: {"adult_on_decision": False},
}


@pytest.mark.parametrize("reasons", list(combinations(CHANGES, 2)), ids=" and ".join)
def test_first_reason_in_the_order_of_reasons_is_told(reasons: tuple[Reason, Reason]) -> None:
    first, second = reasons
    event = a_restriction(**(CHANGES[first] | CHANGES[second]))
    rejected = admit(submitted(event, attested=True))
    assert isinstance(rejected, Rejection)
    fault = rejected.faults[0]
    assert fault.reason is first


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"record_revision": 0}, Reason.RECORD_UNNAMED),
        ({"subject_id": WRONG_CHECK}, Reason.SUBJECT_INVALID),
        ({}, Reason.SOURCE_NOT_COMPETENT),
    ],
)
def test_body_is_asked_where_its_reason_stands(changes: dict[str, object], reason: Reason) -> None:
    envelope = msgspec.structs.replace(a_listing().envelope, **changes)
    answer = msgspec.structs.replace(an_acknowledgement(a_directive()), envelope=envelope)
    rejected = admit(submitted(answer))
    assert isinstance(rejected, Rejection)
    fault = rejected.faults[0]
    assert fault.reason is reason


def attest(raw: bytes) -> bytes:
    return hmac.digest(KEY, raw, "sha256")


DECIDE = build(some_editions(), party_of_inbox, lambda stated, raw: stated == attest(raw))


def test_admitted_bytes_and_origin_go_on_unchanged() -> None:
    (output,) = decided(DECIDE, DictState(), [a_listing()], topic=inbox("court"), first=41)
    assert isinstance(output.value, Arrival)
    assert output.stream == "events"
    assert output.value.raw == an_arrival(a_listing()).raw
    assert output.origin == "credit.inbox.court.v1/0/41"


def test_acknowledgement_goes_to_its_own_stream() -> None:
    answer = an_acknowledgement(a_directive(), Outcome.DECLINED)
    (output,) = decided(DECIDE, DictState(), [answer], topic=inbox("tender-platform"))
    assert output.stream == "acknowledgements"


def test_refusal_is_told_to_the_owner_of_the_inbox_and_neighbours_go_on() -> None:
    events = [a_listing(source="tax"), a_listing(), a_listing(record_revision=0)]
    outputs = decided(DECIDE, DictState(), events, topic=inbox("court"))
    assert [output.stream for output in outputs] == ["refusals", "events", "refusals"]
    refusal = outputs[0].value
    assert isinstance(refusal, Refusal)
    assert refusal.source == SourceId("court")
    assert refusal.record_id == events[0].envelope.record_id
    assert refusal.origin == outputs[0].origin == "credit.inbox.court.v1/0/0"


@pytest.mark.parametrize(
    ("stated", "stream"),
    [
        (attest(an_arrival(a_restriction()).raw), "events"),
        (attest(b"other bytes"), "refusals"),
        (b"", "refusals"),
        (None, "refusals"),
    ],
)
def test_attestation_holds_for_these_bytes_alone(stated: bytes | None, stream: str) -> None:
    headers = (("attestation", stated),)
    arrival = an_arrival(a_restriction(), topic=inbox("court"), headers=headers)
    arrived = Slice(topic=inbox("court"), partition=0, columns=[arrival])
    outcome = DECIDE(arrived, DictState())
    assert [output.stream for output in outcome.outputs] == [stream]
    reason = "refused court PERSON_NOT_ATTESTED"
    assert outcome.counts == ({"admitted": 1} if stream == "events" else {"refused": 1, reason: 1})


def test_nothing_is_written_to_any_table() -> None:
    state = DictState()
    decided(DECIDE, state, [a_listing(), a_removal(), a_restriction()], topic=inbox("court"))
    assert state.rows == {}
