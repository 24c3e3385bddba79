"""The codes of organisations pass and fail as the standards' own samples do.

No number here is one that a person could have; what resembles one is made up of impossible parts.
"""

from __future__ import annotations

from typing import Final

import pytest

from creditbus.domain.identifiers import citizen, organisation, registration, uscc
from creditbus.domain.identifiers.certificate import INSTITUTION, SOCIAL_ORGANISATION
from creditbus.domain.identifiers.citizen import CITIZEN, may_be_person, resembles_person
from creditbus.domain.identifiers.organisation import ORGANISATION
from creditbus.domain.identifiers.recognition import recognise
from creditbus.domain.identifiers.registration import OLD_REGISTRATION, REGISTRATION
from creditbus.domain.identifiers.scheme import MASKED, CodeKind, Scheme, Soundness
from creditbus.domain.identifiers.tax import TAX
from creditbus.domain.identifiers.uscc import UNIFIED

FORMED_LIKE_A_PERSON: Final = "370299199001010000"
"""A number of the form of a person's whose check character is wrong; its region is none."""


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",  # the sample of GB 32100 itself
        "91110000600037341L",
        "121200004013590816",
        "91310116052958608G",
        "913205056082348768",
        "91371082775260043P",
        "914112810713741814",
        "9144030071526726XG",
        "91620100719023721L",
        "91620105L015101280",
        "9162010567592034XQ",
        "91370200000000000Y",
        "913702000000000A2F",
        "113702000000000007",
        "91370200M000100Y4G",
        "53370200000000000W",
        "913702000000001230",  # the sum is 0 modulo 31, which a wrong formula turns into symbol 31
    ],
)
def test_a_code_with_both_check_characters_passes(code: str) -> None:
    assert UNIFIED.why_not(code) == ""
    found = UNIFIED.validate(code)
    assert (found.verdict, found.code, found.failed) == (Soundness.VALID, code, "")
    assert found.passed == tuple(check.name for check in UNIFIED.checks)
    assert UNIFIED.format(code) == code


WRONG: Final = [
    ("A1110000600037341L", "check character", "the check character is L, but the others give K"),
    ("9111000060003IOZSV", "alphabet", "I, O, S, V or Z"),
    ("91110000600037341N", "check character", "is N, but the others give L"),
    ("12345", "length", "5 characters, not 18"),
    ("", "length", "0 characters, not 18"),
    ("91350100M000100*43", "alphabet", "neither digits nor capital letters"),
    ("B1350100M000100Y43", "authority", "begins with B"),
    ("91A50100M000100Y43", "region", "not a region of six digits"),
    ("913702000000000012", "organisation code", "inside (characters 9 to 17) has a wrong check"),
]


@pytest.mark.parametrize(("code", "failed", "why"), WRONG)
def test_a_wrong_code_is_told_what_is_wrong(code: str, failed: str, why: str) -> None:
    assert why in UNIFIED.why_not(code)
    found = UNIFIED.validate(code)
    assert (found.verdict, found.failed) == (Soundness.INVALID, failed)
    assert why in found.detail
    names = [check.name for check in UNIFIED.checks]
    assert list(found.passed) == names[: names.index(failed)]


def test_an_id_has_one_form_and_nobody_brings_it_there_in_silence() -> None:
    for text in ("91350100m000100y43", "9135０100M000100Y43", " 91350100M000100Y43"):
        assert UNIFIED.why_not(text).endswith("did you mean 91350100M000100Y43?")


@pytest.mark.parametrize(
    "text",
    [
        "9137O2OOOOOOOOOOOY",  # O for 0
        "9I370200000000000Y",  # I for 1
        "9137020000000000ОY",  # a Cyrillic O
        "91370200000000000У",  # a Cyrillic U
        "91370200000000000Υ",  # a Greek upsilon
        "91370200〇〇〇〇〇〇〇〇〇Y",  # Chinese zeros
        "91370200000000000𝐘",  # a bold letter of mathematics
        "９137O200000000000y",  # several at once
        "٩1370200000000000Y",  # an Arabic nine
    ],
)
def test_a_look_alike_is_refused_with_a_suggestion_and_never_repaired(text: str) -> None:
    found = UNIFIED.validate(text)
    assert (found.verdict, found.suggestion) == (Soundness.INVALID, "91370200000000000Y")
    assert found.code != found.suggestion


@pytest.mark.parametrize("text", ["9Z370200000000000Y", "91370200000000000O", "O", "ОО"])
def test_a_letter_that_leads_to_no_code_gets_no_suggestion(text: str) -> None:
    assert UNIFIED.validate(text).suggestion == ""


@pytest.mark.parametrize("authority", ["A", "N", "Y"])
def test_authorities_of_the_amendment_pass(authority: str) -> None:
    body = f"{authority}137020000000000{organisation.check_character('00000000')}"
    assert UNIFIED.is_valid(body + uscc.check_character(body))


def test_a_wrong_check_inside_is_a_doubt_when_one_is_lenient() -> None:
    strict, lenient = (
        UNIFIED.validate("913702000000000012", lenient=each) for each in (False, True)
    )
    assert (strict.verdict, lenient.verdict) == (Soundness.INVALID, Soundness.VALID)
    assert len(lenient.doubts) == 1
    assert uscc.INNER not in lenient.passed


@pytest.mark.parametrize("code", ["D2143569X", "M000100Y4", "MA1FL0LY9"])
def test_the_organisation_code_has_its_check_character(code: str) -> None:
    assert organisation.check_character(code[:8]) == code[8]
    assert ORGANISATION.is_valid(code)
    assert ORGANISATION.validate(ORGANISATION.format(code)).verdict is Soundness.NORMALISED


def test_the_organisation_code_has_letters_that_the_credit_code_has_not() -> None:
    own = "OZSVI000"
    code = own + organisation.check_character(own)
    assert ORGANISATION.validate(code).verdict is Soundness.VALID


@pytest.mark.parametrize("code", ["110108000000016", "370200000000005", "370200000000013"])
def test_the_registration_number_has_its_check_digit(code: str) -> None:
    assert registration.check_digit(code[:14]) == code[14]
    assert REGISTRATION.validate(code).verdict is Soundness.VALID
    assert not REGISTRATION.is_valid(code[:14] + str((int(code[14]) + 1) % 10))


def test_a_registration_number_of_thirteen_digits_has_no_check() -> None:
    assert OLD_REGISTRATION.is_valid("3702002800001")
    assert OLD_REGISTRATION.validate("370200280000").failed == "length"
    assert OLD_REGISTRATION.validate("37020028O000I").suggestion == "3702002800001"


def test_the_tax_number_holds_an_organisation_code() -> None:
    assert TAX.is_valid("370200D2143569X".replace("X", "-X"))
    assert TAX.validate("370200D21435691").failed == "organisation code"
    assert TAX.validate("3702A0D2143569X").failed == "region"


@pytest.mark.parametrize("scheme", [INSTITUTION, SOCIAL_ORGANISATION])
def test_a_certificate_number_is_kept_as_it_is_written(scheme: Scheme) -> None:
    assert scheme.validate("社证字第 4310 号").code == "社证字第4310号"
    assert scheme.validate("").failed == "length"
    assert scheme.validate("9" * 61).failed == "length"
    assert scheme.validate("\x1b号").failed == "printable"
    assert scheme.validate(FORMED_LIKE_A_PERSON).failed == "no person's"


@pytest.mark.parametrize(
    ("number", "failed"),
    [
        ("000000000000000001", "date of birth"),
        ("00000000000000001X", "date of birth"),
        ("00000000000000001x", "date of birth"),
        ("000000000000000011", "check character"),
        ("00000019800101000" + citizen.check_character("00000019800101000"), "province"),
        ("1234", "form"),
        ("", "form"),
    ],
)
def test_a_persons_number_is_examined_and_nothing_of_it_is_shown(number: str, failed: str) -> None:
    found = CITIZEN.validate(number)
    assert (found.verdict, found.failed, found.code) == (Soundness.INVALID, failed, MASKED)
    assert found.suggestion == ""
    assert CITIZEN.format(number) == MASKED
    if number:
        assert number not in f"{found} {CITIZEN.why_not(number)}"


RECOGNISED: Final = [
    ("91370200000000000Y", CodeKind.USCC, Soundness.VALID),
    (" 91370200000000000y", CodeKind.USCC, Soundness.NORMALISED),
    ("913702000000000000Y", CodeKind.USCC, Soundness.INVALID),
    ("D2143569-X", CodeKind.ORG9, Soundness.NORMALISED),
    ("110108000000016", CodeKind.REG15, Soundness.VALID),
    ("110108000000017", CodeKind.REG15, Soundness.INVALID),
    ("370200D2143569X", CodeKind.TAXNO, Soundness.VALID),
    ("3702000000000A3", CodeKind.REG15, Soundness.INVALID),
    ("3702002800001", CodeKind.REG13, Soundness.VALID),
    ("12345", CodeKind.UNKNOWN, Soundness.INVALID),
    ("", CodeKind.UNKNOWN, Soundness.INVALID),
]


@pytest.mark.parametrize(("text", "kind", "verdict"), RECOGNISED)
def test_a_code_is_recognised_by_its_form_and_checks(
    text: str, kind: CodeKind, verdict: Soundness
) -> None:
    found = recognise(text)
    assert (found.kind, found.verdict) == (kind, verdict)
    assert found.code != MASKED


@pytest.mark.parametrize(
    "text",
    [
        FORMED_LIKE_A_PERSON,
        FORMED_LIKE_A_PERSON[:17] + "x",
        FORMED_LIKE_A_PERSON[:17],  # one digit short
        FORMED_LIKE_A_PERSON + "00",  # a tax number made of it
        FORMED_LIKE_A_PERSON.replace("0", "O"),
        FORMED_LIKE_A_PERSON.replace("1", "l"),
        f"{FORMED_LIKE_A_PERSON[:6]} {FORMED_LIKE_A_PERSON[6:14]} {FORMED_LIKE_A_PERSON[14:]}",
        f"身份证：{FORMED_LIKE_A_PERSON}",
        "370299900101000",  # the form of before 1999
        "370299199013010000",  # a month that is none
        "3702991990130100000",
    ],
)
def test_what_may_be_a_persons_number_is_masked_whatever_is_wrong_with_it(text: str) -> None:
    found = recognise(text)
    assert found.verdict is Soundness.INVALID or found.kind is CodeKind.REG15
    assert found.code == MASKED
    assert text not in repr(found)


def test_an_organisations_code_that_resembles_a_persons_number_passes_and_is_masked() -> None:
    # 3702 as the region, and a sequence that reads as a month and a day of birth.
    body = "37020090010100"
    code = body + registration.check_digit(body)
    assert resembles_person(code)
    found = recognise(code)
    assert (found.kind, found.verdict, found.code) == (CodeKind.REG15, Soundness.VALID, MASKED)


def test_a_firms_code_does_not_resemble_a_persons_number() -> None:
    for code, _, _ in RECOGNISED:
        assert not resembles_person(code)
    assert not may_be_person("91370200000000000Y")
