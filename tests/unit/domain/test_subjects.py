"""A subject's id alone says what the subject is, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import (
    SubjectKind,
    is_person,
    kind_of,
    uscc_subject,
    why_not_subject,
)
from tests.examples import FIRM, INDIVIDUAL_BUSINESS, PERSON


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        (PERSON, SubjectKind.NATURAL_PERSON),
        (INDIVIDUAL_BUSINESS, SubjectKind.INDIVIDUAL_BUSINESS),
        (FIRM, SubjectKind.LEGAL_PERSON),
        ("uscc:113702000000000007", SubjectKind.NONENTERPRISE_LEGAL_PERSON),
        ("uscc:53370200000000000W", SubjectKind.NONENTERPRISE_LEGAL_PERSON),
        ("uscc:31370200000000000F", SubjectKind.UNINCORPORATED),
    ],
)
def test_the_id_says_the_kind(subject: str, kind: SubjectKind) -> None:
    assert kind_of(SubjectId(subject)) is kind


def test_an_individual_business_is_protected_like_a_person() -> None:
    protected = {kind for kind in SubjectKind if is_person(kind)}
    assert protected == {SubjectKind.NATURAL_PERSON, SubjectKind.INDIVIDUAL_BUSINESS}


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (SubjectKind.LEGAL_PERSON, FIRM),
        (SubjectKind.NATURAL_PERSON, PERSON),
        (SubjectKind.INDIVIDUAL_BUSINESS, INDIVIDUAL_BUSINESS),
    ],
)
def test_a_well_formed_id_passes(kind: SubjectKind, subject: SubjectId) -> None:
    assert why_not_subject(kind, subject) == ""


@pytest.mark.parametrize(
    ("kind", "subject", "why"),
    [
        (SubjectKind.NATURAL_PERSON, FIRM, "the token that the gateway gives"),
        (SubjectKind.NATURAL_PERSON, "person:abc", "the token that the gateway gives"),
        (SubjectKind.NATURAL_PERSON, "person:" + "测" * 64, "the token that the gateway gives"),
        (SubjectKind.NATURAL_PERSON, "person:" + "A" * 64, "the token that the gateway gives"),
        (SubjectKind.NATURAL_PERSON, "0" * 64, "the token that the gateway gives"),
        (SubjectKind.LEGAL_PERSON, PERSON, "unified social credit code"),
        (SubjectKind.LEGAL_PERSON, "913702000000000A2F", "unified social credit code"),
        (SubjectKind.LEGAL_PERSON, "uscc:913702000000000A2G", "the check character is G"),
        (SubjectKind.NONE, FIRM, "names no subject"),
    ],
)
def test_what_is_no_subject_says_why(kind: SubjectKind, subject: str, why: str) -> None:
    assert why in why_not_subject(kind, SubjectId(subject))


def test_a_code_is_brought_into_its_one_form() -> None:
    assert uscc_subject(" 913702000000000a2f ") == FIRM
