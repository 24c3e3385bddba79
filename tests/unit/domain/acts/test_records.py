"""What is asked of any record before it is carried: its own name, its size, and whom it names."""

from __future__ import annotations

from typing import Any, Final

import pytest

from creditbus.domain.acts.decisions import PenaltyDecided
from creditbus.domain.acts.records import (
    ID_CHARACTERS,
    MANY,
    TEXT_CHARACTERS,
    other_faults,
    record_faults,
    without_numbers,
)
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.refusals import Reason
from creditbus.domain.ids import SourceId
from tests import acts
from tests.examples import PERSON, a_listing, a_removal

LONG: Final = "x" * (TEXT_CHARACTERS + 1)
LONG_ID: Final = "x" * (ID_CHARACTERS + 1)


def found(stated: Any, *, is_cut: bool = False) -> list[tuple[Reason, str]]:
    return [(each.reason, each.field) for each in record_faults(stated, is_cut=is_cut)]


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        (a_listing(record_id=LONG_ID), "record_id"),
        (a_listing(event_id=LONG_ID), "event_id"),
        (a_listing(document_number=LONG), "document_number"),
        (a_listing(bases=("b",) * (MANY + 1)), "bases"),
        (a_listing(bases=(LONG_ID,)), "bases"),
        (a_listing(subject_name=LONG), "subject_name"),
        (a_listing(list_id=LONG_ID), "list_id"),
        (
            acts.a_performance(entry=RecordReference(source=SourceId(LONG_ID), record_id="a")),
            "entry",
        ),
        (acts.a_penalty(content=LONG), "content"),
    ],
)
def test_what_cannot_be_carried_is_told_by_its_field(stated: Any, field: str) -> None:
    assert found(stated) == [(Reason.FIELD_TOO_LONG, field)]


def test_what_fits_to_the_character_is_carried() -> None:
    fits = a_listing(
        record_id="x" * ID_CHARACTERS, document_number="x" * TEXT_CHARACTERS, bases=("b",) * MANY
    )
    assert found(fits) == []


def test_of_what_is_cut_the_record_id_alone_must_fit() -> None:
    assert found(a_removal(document_number=LONG), is_cut=True) == []
    assert found(a_removal(record_id=LONG_ID), is_cut=True) == [
        (Reason.FIELD_TOO_LONG, "record_id")
    ]


@pytest.mark.parametrize(
    ("person", "attested", "told"),
    [
        (PERSON, True, []),
        (PERSON, False, [(Reason.PERSON_NOT_ATTESTED, "person")]),
        ("person:123", True, [(Reason.SUBJECT_INVALID, "person")]),
    ],
)
def test_who_stands_for_an_organisation_is_a_token_that_the_gateway_gave(
    person: str,
    attested: bool,  # noqa: FBT001 - a column of the table
    told: list[tuple[Reason, str]],
) -> None:
    faults = other_faults(acts.a_relation(person=person), attested=attested)
    assert [(each.reason, each.field) for each in faults] == told


def test_a_number_in_one_of_several_texts_is_found_as_in_a_single_one() -> None:
    number = "370299199001012298"
    plain = acts.a_penalty(penalties=("罚款", "警告"))
    assert found(plain) == []
    told = acts.a_penalty(penalties=("罚款", f"警告 {number}"))
    assert found(told) == [(Reason.SUBJECT_INVALID, "penalties")]
    assert found(told, is_cut=True) == []
    masked = without_numbers(told)
    assert isinstance(masked, PenaltyDecided)
    assert masked.penalties == ("罚款", "警告 (masked)")
    assert without_numbers(plain) is plain
