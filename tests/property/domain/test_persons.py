"""No valid identity number ever becomes an organisation that is shown, whatever checks it passes.

The numbers are made of regions and countries that do not exist (county 99, country 999), so nobody
has them. Some are searched for that pass every other check of a credit code: one in 342 does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.mappings import Confidence
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.aliases.claims import claim, subject_named
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.identifiers.citizen import (
    check_character,
    could_be_person,
    hide_persons,
)
from creditbus.domain.identifiers.provinces import PROVINCES
from creditbus.domain.identifiers.recognition import recognise
from creditbus.domain.identifiers.scheme import MASKED
from creditbus.domain.identifiers.uscc import FORMER, REGISTERED, UNIFIED
from creditbus.domain.ids import SubjectId, derive_directive_id, derive_obligation_id
from creditbus.domain.subjects import kind_of, uscc_subject, why_not_subject
from creditbus.exposure.decide import expose
from creditbus.gateway.decide import event_of
from creditbus.gateway.mistakes import TurnedAway
from creditbus.gateway.submissions import ListingSubmission, SubmittedEnvelope
from creditbus.intake.decide import Rejection, admit
from creditbus.intake.names import Submission
from creditbus.query.decide import why_not
from tests.examples import (
    COURT_LIST,
    OLD_CODE,
    OTHER_FIRM,
    a_listing,
    a_mapping,
    a_removal,
    a_standing,
    an_acknowledgement,
    some_editions,
)
from tests.unit.gateway.test_decide import Door
from tests.unit.intake.test_decide import a_directive
from tests.unit.query.test_decide import BIDDING

FIELD: Final = "370299199001012298"
"""The number of a public report, made up: it passes both checks of a credit code."""


def number(beginning: str, born: date, sequence: int) -> str:
    body = f"{beginning}{born:%Y%m%d}{sequence:03}"
    return body + check_character(body)


NUMBERS: Final = st.builds(
    number,
    st.one_of(
        st.sampled_from(sorted(PROVINCES)).map(lambda province: f"{province}0299"),
        st.sampled_from(sorted(PROVINCES)).map(lambda province: f"9{province}999"),
    ),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
)


def passing(beginning: str, unasked: frozenset[str]) -> Iterator[str]:
    """Yield numbers that pass all other checks of a code."""
    born = date(1960, 1, 1)
    while born.year < 2010:
        for sequence in range(1000):
            made = number(beginning, born, sequence)
            if UNIFIED.why_not(made, unasked=unasked) == "":
                yield made
        born += timedelta(days=1)


@cache
def a_passing_number(beginning: str = "331199") -> str:
    """Return a number whose authority, class, region and checks are a code's as well."""
    return next(passing(beginning, REGISTERED))


SOME_PASS: Final = ("331199", "911199", "531199")


@given(NUMBERS)
def test_a_valid_identity_number_is_no_organisation_at_any_door(digits: str) -> None:
    subject = uscc_subject(digits)
    assert could_be_person(digits)
    assert why_not_subject(kind_of(subject), subject)
    assert subject_named(digits) == subject, "it is never read as an old code"
    found = recognise(digits)
    assert found.code == MASKED
    assert digits[6:14] not in repr(found)
    assert digits not in hide_persons(f'{{"event":"no such code\\n{digits}"}}')
    assert expose(a_standing(a_listing(subject_id=subject)), some_editions()).entries == {}


@pytest.mark.parametrize("beginning", SOME_PASS)
def test_a_number_that_passes_every_check_of_a_code_is_held(beginning: str) -> None:
    digits = a_passing_number(beginning)
    subject = uscc_subject(digits)
    why = why_not_subject(kind_of(subject), subject)
    assert "could be a natural person's" in why
    assert digits[6:] not in why


def test_the_number_of_the_report_is_no_code_even_for_what_eases() -> None:
    assert UNIFIED.why_not(FIELD)
    assert UNIFIED.why_not(FIELD, unasked=FORMER) == "", "it passed all that was asked before"
    assert UNIFIED.why_not(FIELD, unasked=REGISTERED), "no authority 3 has a class 7"


def test_intake_refuses_a_listing_about_it_and_lets_it_out() -> None:
    subject = uscc_subject(a_passing_number())
    refused = admit(Submission(a_listing(subject_id=subject), "court", False, some_editions()))
    assert isinstance(refused, Rejection)
    (fault,) = refused.faults
    assert (fault.reason, fault.field) == (Reason.SUBJECT_INVALID, "subject_id")
    for eases in (a_removal(subject_id=subject), a_removal(subject_id=uscc_subject(FIELD))):
        assert isinstance(admit(Submission(eases, "court", False, some_editions())), tuple)


def test_an_answer_about_an_entry_from_before_is_taken() -> None:
    subject = uscc_subject(FIELD)
    told = a_directive()
    obligation = derive_obligation_id(subject, told.measure_id, told.body)
    directive = msgspec.structs.replace(
        told,
        subject_id=subject,
        obligation_id=obligation,
        directive_id=derive_directive_id(obligation, told.revision, told.action),
    )
    answer = an_acknowledgement(directive)
    party = answer.envelope.source
    assert isinstance(admit(Submission(answer, party, False, some_editions())), tuple)


def test_a_unit_that_could_be_a_person_is_refused() -> None:
    listing = a_listing(unit=uscc_subject(a_passing_number()))
    refused = admit(Submission(listing, "court", False, some_editions()))
    assert isinstance(refused, Rejection)
    assert [fault.field for fault in refused.faults] == ["unit"]


@pytest.mark.parametrize(
    ("confidence", "withdrawn", "is_admitted"),
    [
        (Confidence.ISSUED, False, True),
        (Confidence.MANUAL, False, True),
        (Confidence.DERIVED, False, False),
        (Confidence.ISSUED, True, False),
    ],
)
def test_a_registrars_word_makes_a_code_of_it(
    confidence: Confidence,
    withdrawn: bool,  # noqa: FBT001 - a case of the table
    is_admitted: bool,  # noqa: FBT001 - a case of the table
) -> None:
    subject = uscc_subject(a_passing_number())
    fact = a_mapping(subject_id=subject, confidence=confidence, withdrawn=withdrawn)
    claims = claim(None, fact)
    assert claims is not None
    assert not isinstance(claims, Fault)
    aliases = Aliases()
    aliases.learn(claims)
    submission = Submission(a_listing(subject_id=subject), "court", False, some_editions(), aliases)
    assert isinstance(admit(submission), tuple) is is_admitted
    aliases.learn(msgspec.structs.replace(claims, claims=()))
    assert isinstance(admit(submission), Rejection)


def test_a_registrar_may_name_it_and_nobody_may_derive_it() -> None:
    subject = uscc_subject(a_passing_number())
    issued = a_mapping(subject_id=subject)
    derived = a_mapping(subject_id=subject, confidence=Confidence.DERIVED)
    party = issued.envelope.source
    assert isinstance(admit(Submission(issued, party, False, some_editions())), tuple)
    assert isinstance(admit(Submission(derived, party, False, some_editions())), Rejection)


@given(NUMBERS)
def test_the_gateway_takes_no_number_for_an_organisation(digits: str) -> None:
    stated = SubmittedEnvelope(
        record_id="SX-1",
        record_revision=1,
        decided_on=date(2026, 3, 2),
        subject_id=SubjectId(f"uscc:{digits}"),
    )
    at = datetime(2026, 11, 23, 18, tzinfo=UTC)
    listing = ListingSubmission(envelope=stated, list_id=COURT_LIST, subject_name="某人")
    turned = event_of(listing, "court", at=at, persons=Door(), editions=some_editions())
    assert isinstance(turned, TurnedAway)
    first = turned.mistakes[0]
    assert (first.reason, first.pointer) == (Reason.SUBJECT_INVALID, "/envelope/subject_id")
    assert all(
        digits[6:] not in text
        for each in turned.mistakes
        for text in (each.detail, each.detail_zh, each.suggestion)
    )


def test_query_answers_about_what_has_a_standing_alone() -> None:
    editions = some_editions().latest
    asker = next(each for each in editions.subscribers.values() if BIDDING.purpose in each.purposes)
    check = msgspec.structs.replace(BIDDING, subject=uscc_subject(a_passing_number()))
    obstacle = why_not(check, asker, editions)
    assert obstacle is not None
    assert obstacle.field == "subject"
    assert why_not(check, asker, editions, is_known=True) is None


def test_an_ordinary_code_is_none() -> None:
    assert not could_be_person(OTHER_FIRM.removeprefix("uscc:"))
    assert not could_be_person(OLD_CODE)
    assert hide_persons(OTHER_FIRM) == OTHER_FIRM


@pytest.mark.parametrize("written", [FIELD, "３７０２９９１９９００１０１２２９８", f"n{FIELD}"])
def test_a_log_masks_a_number_however_it_is_written(written: str) -> None:
    assert hide_persons(f"saw {written}.") in {"saw (masked).", "saw n(masked)."}
