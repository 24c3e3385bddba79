"""A record under an old code: whom it is about, and what is refused where that is in doubt."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest

from creditbus.domain.acts.mappings import AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.acts.refusals import Fault, Reason, Refusal
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.effects.directives import Statement
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.values import DictState, Output
from creditbus.intake.decide import Rejection, Renamed, admit, build
from creditbus.intake.names import Submission
from creditbus.wire.topics import inbox, party_of_inbox
from tests.examples import (
    FIRM,
    INDIVIDUAL_BUSINESS,
    OLD_CODE,
    OTHER_FIRM,
    a_grade_a,
    a_listing,
    a_mapping,
    a_removal,
    a_restriction,
    an_acknowledgement,
    decided,
    some_editions,
)
from tests.unit.domain.aliases.test_aliases import known
from tests.unit.intake.test_decide import a_directive

OLD: Final = SubjectId(f"org9:{OLD_CODE}")
UNKNOWN: Final = Aliases()
MAPPED: Final = known(a_mapping())
DERIVED: Final = known(a_mapping(confidence=Confidence.DERIVED))
AT_ODDS: Final = known(a_mapping(), a_mapping(record_id="XJM-2", subject_id=OTHER_FIRM))
CORRECTED: Final = known(a_mapping(), a_mapping(record_revision=2, subject_id=OTHER_FIRM))


def admitted(
    event: Statement, aliases: Aliases, party: str = "", *, attested: bool = False
) -> list[SubjectId] | Fault:
    """Return whom an admitted record is about, or the fault."""
    party = party or event.envelope.source
    found = admit(Submission(event, party, attested, some_editions(), aliases))
    if isinstance(found, Rejection):
        return found.faults[0]
    return [each.event.envelope.subject_id for each in found]


@pytest.mark.parametrize(
    ("event", "aliases", "subjects"),
    [
        (a_listing(subject_id=OLD), MAPPED, [FIRM]),
        (a_listing(subject_id=OLD), CORRECTED, [OTHER_FIRM]),
        (a_grade_a(subject_id=OLD), DERIVED, [FIRM]),
        (a_grade_a(), AT_ODDS, [FIRM]),
        (a_removal(subject_id=OLD), MAPPED, [FIRM]),
        (a_removal(subject_id=OLD), DERIVED, [FIRM]),
        (a_removal(subject_id=OLD), AT_ODDS, [FIRM, OTHER_FIRM]),
        (a_removal(subject_id=OLD), CORRECTED, [FIRM, OTHER_FIRM]),
        (a_removal(), AT_ODDS, [FIRM]),
    ],
)
def test_a_record_reaches_whom_it_is_about(
    event: Statement, aliases: Aliases, subjects: list[SubjectId]
) -> None:
    assert admitted(event, aliases) == subjects


@pytest.mark.parametrize(
    ("event", "aliases", "reason"),
    [
        (a_listing(subject_id=OLD), UNKNOWN, Reason.ALIAS_UNKNOWN),
        (a_removal(subject_id=OLD), UNKNOWN, Reason.ALIAS_UNKNOWN),
        (a_listing(subject_id=OLD), DERIVED, Reason.ALIAS_UNCONFIRMED),
        (a_listing(subject_id=OLD), AT_ODDS, Reason.IDENTITY_CONFLICT),
        (a_grade_a(subject_id=OLD), AT_ODDS, Reason.IDENTITY_CONFLICT),
        (a_listing(), AT_ODDS, Reason.IDENTITY_CONFLICT),
        (a_listing(subject_id=OTHER_FIRM), AT_ODDS, Reason.IDENTITY_CONFLICT),
        (a_restriction(subject_id=OLD), AT_ODDS, Reason.IDENTITY_CONFLICT),
        (a_listing(subject_id=f"{OLD}3"), MAPPED, Reason.SUBJECT_INVALID),
        (a_listing(subject_id="org9:0000000a2"), MAPPED, Reason.SUBJECT_INVALID),
        (a_mapping(subject_id=OLD), MAPPED, Reason.SUBJECT_INVALID),
    ],
)
def test_where_it_is_in_doubt_the_source_is_told_why(
    event: Statement, aliases: Aliases, reason: Reason
) -> None:
    fault = admitted(event, aliases)
    assert isinstance(fault, Fault)
    assert fault.reason is reason
    assert fault.article
    assert fault.detail


def test_an_answer_names_the_subject_itself() -> None:
    answer = an_acknowledgement(a_directive())
    envelope = msgspec.structs.replace(answer.envelope, subject_id=OLD)
    fault = admitted(msgspec.structs.replace(answer, envelope=envelope), MAPPED)
    assert isinstance(fault, Fault)
    assert fault.reason is Reason.SUBJECT_INVALID


def test_an_old_code_of_an_individual_business_is_protected_like_the_new_one() -> None:
    aliases = known(a_mapping(subject_id=INDIVIDUAL_BUSINESS))
    event = a_listing(subject_id=OLD, subject_name=None)
    fault = admitted(event, aliases)
    assert isinstance(fault, Fault)
    assert fault.reason is Reason.PERSON_NOT_ATTESTED
    assert admitted(event, aliases, attested=True) == [INDIVIDUAL_BUSINESS]


@pytest.mark.parametrize(
    ("fact", "reason", "field"),
    [
        (a_mapping(alias="0000000A3"), Reason.SUBJECT_INVALID, "alias"),
        (a_mapping(alias="0000000a2"), Reason.SUBJECT_INVALID, "alias"),
        (
            a_mapping(alias_kind=AliasKind.INST_CERT, alias="370299199001010000"),
            Reason.SUBJECT_INVALID,
            "alias",
        ),
        (a_mapping(subject_id=INDIVIDUAL_BUSINESS), Reason.PERSON_NOT_ATTESTED, "subject_id"),
        (a_mapping(document_number="x" * 501), Reason.FIELD_TOO_LONG, "document_number"),
    ],
)
def test_a_claim_names_two_codes(fact: SubjectAliasMapped, reason: Reason, field: str) -> None:
    assert admitted(a_mapping(), UNKNOWN) == [FIRM]
    fault = admitted(fact, UNKNOWN)
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.field) == (reason, field)


def test_what_is_written_names_the_subject_and_how_it_was_found() -> None:
    aliases = known(a_mapping())
    aliases.position = 17
    decide = build(some_editions(), party_of_inbox, lambda stated, raw: stated == raw, aliases)
    stated = a_listing(subject_id=OLD, subject_kind=SubjectKind.NONE)
    outputs = decided(decide, DictState(), [stated, a_listing()], topic=inbox("court"))
    renamed, plain = (output.value for output in outputs)
    assert renamed == Renamed(a_listing(event_id=stated.envelope.event_id), OLD, 17)
    assert not isinstance(plain, Renamed)


def test_a_refusal_under_an_old_code_is_told_and_its_neighbours_go_on() -> None:
    decide = build(some_editions(), party_of_inbox, lambda stated, raw: stated == raw, AT_ODDS)
    events = [a_listing(subject_id=OLD), a_removal(subject_id=OLD)]
    outputs: list[Output] = decided(decide, DictState(), events, topic=inbox("court"))
    assert [output.stream for output in outputs] == ["refusals", "events", "events"]
    assert {output.origin for output in outputs[1:]} == {"credit.inbox.court.v1/0/1"}
    copies = [output.value.event.envelope for output in outputs[1:]]  # type: ignore[attr-defined]
    ids = {events[1].envelope.event_id, *(each.event_id for each in copies)}
    assert len(ids) == 3, "each is an event of its own"
    assert {each.causation_id for each in copies} == {events[1].envelope.event_id}
    assert isinstance(outputs[0].value, Refusal)
    assert outputs[0].value.reason is Reason.IDENTITY_CONFLICT
