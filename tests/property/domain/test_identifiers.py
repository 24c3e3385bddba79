"""The check characters catch what people get wrong, and every text gets a verdict.

The rules are also written down here once more, as the standards state validity and not as the code
computes the check: two ways that agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from creditbus.domain.identifiers import citizen, organisation, registration, uscc
from creditbus.domain.identifiers.authorities import AUTHORITIES
from creditbus.domain.identifiers.citizen import CITIZEN
from creditbus.domain.identifiers.notation import FOR_DIGITS, NEVER_USED, compact, read_as
from creditbus.domain.identifiers.organisation import ORGANISATION
from creditbus.domain.identifiers.recognition import SCHEMES, recognise
from creditbus.domain.identifiers.registration import REGISTRATION
from creditbus.domain.identifiers.scheme import MASKED, Scheme, Soundness
from creditbus.domain.identifiers.tax import TAX
from creditbus.domain.identifiers.uscc import UNIFIED

DIGITS: Final = "0123456789"
ODD: Final = "OIZSVоОІЅ０Ａａ〇٠𝟗 -－\u200b|lLBDGQß"
CODE_LIKE: Final = st.text(st.sampled_from(uscc.ALPHABET + ODD), min_size=7, max_size=20)
TEXTS: Final = st.one_of(st.text(), CODE_LIKE)


@st.composite
def organisation_codes(draw: st.DrawFn) -> str:
    """Draw a synthetic organisation code, which no registry gives out."""
    own = "0000" + draw(st.text(organisation.SYMBOLS, min_size=4, max_size=4))
    return own + organisation.check_character(own)


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Draw a synthetic code: the city's region, and a body that no registry gives out."""
    authority = draw(st.sampled_from(sorted(AUTHORITIES)))
    region = draw(st.integers(0, 99))
    own = "0000" + draw(st.text(uscc.ALPHABET, min_size=4, max_size=4))
    body = f"{authority}13702{region:02}{own}{organisation.check_character(own)}"
    return body + uscc.check_character(body)


@st.composite
def registration_numbers(draw: st.DrawFn) -> str:
    """Draw a synthetic registration number of the city."""
    body = "370200" + draw(st.text(DIGITS, min_size=8, max_size=8))
    return body + registration.check_digit(body)


@st.composite
def person_numbers(draw: st.DrawFn) -> str:
    """Draw a string of an identity number's arithmetic that no person can have: region 000000."""
    body = "000000" + draw(st.text(DIGITS, min_size=11, max_size=11))
    return body + citizen.check_character(body)


def horner(values: Sequence[int], radix: int, modulus: int) -> int:
    """Return the value of digits in a radix, modulo a number."""
    total = 0
    for value in values:
        total = (total * radix + value) % modulus
    return total


def changed(code: str, place: int, symbol: str) -> str:
    assume(code[place] != symbol)
    return code[:place] + symbol + code[place + 1 :]


@given(codes())
def test_a_credit_code_made_by_the_rule_passes(code: str) -> None:
    assert UNIFIED.validate(code).verdict is Soundness.VALID
    values = [uscc.ALPHABET.index(symbol) for symbol in code]
    assert (horner(values[16::-1], 3, 31) + values[17]) % 31 == 0


@given(organisation_codes())
def test_an_organisation_code_made_by_the_rule_passes(code: str) -> None:
    assert ORGANISATION.validate(code).verdict is Soundness.VALID
    check = 10 if code[8] == "X" else int(code[8])
    assert horner([*(int(symbol, 36) for symbol in code[:8]), check], 2, 11) == 0
    assert TAX.validate(f"370200{code}").verdict is Soundness.VALID


@given(registration_numbers())
def test_a_registration_number_made_by_the_rule_passes(number: str) -> None:
    assert REGISTRATION.validate(number).verdict is Soundness.VALID
    check = 5
    for digit in number:
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    assert check == 1


@given(person_numbers())
def test_an_identity_number_made_by_the_rule_passes_its_check(number: str) -> None:
    assert "check character" in CITIZEN.validate(number).passed
    values = [10 if symbol == "X" else int(symbol) for symbol in number]
    assert horner(values, 2, 11) == 1


@given(codes(), st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_one_wrong_symbol_in_a_credit_code_is_caught(code: str, place: int, symbol: str) -> None:
    assert not UNIFIED.is_valid(changed(code, place, symbol), lenient=True)


@given(codes(), st.integers(0, 16))
def test_two_neighbours_changed_over_in_a_credit_code_are_caught(code: str, place: int) -> None:
    left, right = code[place], code[place + 1]
    assume(left != right)
    assert not UNIFIED.is_valid(code[:place] + right + left + code[place + 2 :])


@given(organisation_codes(), st.integers(0, 7), st.sampled_from(organisation.SYMBOLS))
def test_one_wrong_symbol_in_an_organisation_code_is_caught_unless_eleven_lie_between(
    code: str, place: int, symbol: str
) -> None:
    apart = int(code[place], 36) - int(symbol, 36)
    assert ORGANISATION.is_valid(changed(code, place, symbol)) == (apart % 11 == 0)


@given(registration_numbers(), st.integers(0, 14), st.sampled_from(DIGITS))
def test_one_wrong_digit_in_a_registration_number_is_caught(
    number: str, place: int, digit: str
) -> None:
    assert not REGISTRATION.is_valid(changed(number, place, digit))


@given(person_numbers(), st.integers(0, 16), st.sampled_from(DIGITS))
def test_one_wrong_digit_in_an_identity_number_is_caught(
    number: str, place: int, digit: str
) -> None:
    assert CITIZEN.validate(changed(number, place, digit)).failed == "check character"


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@given(text=TEXTS)
@example(text="\ud800")
def test_any_text_gets_a_verdict_and_a_suggestion_is_itself_a_code(
    scheme: Scheme, text: str
) -> None:
    for lenient in (False, True):
        found = scheme.validate(text, lenient=lenient)
        assert (found.verdict is Soundness.INVALID) == bool(found.failed)
        assert scheme.is_valid(text, lenient=lenient) == (not found.failed)
    scheme.format(text)
    found = scheme.validate(text)
    assert (scheme.why_not(found.code) == "") == (not found.failed) or scheme.is_personal
    if found.suggestion:
        assert scheme.validate(found.suggestion).verdict is Soundness.VALID
        assert found.verdict is Soundness.INVALID


@given(TEXTS)
def test_a_text_has_one_form_which_is_its_own(text: str) -> None:
    assert compact(compact(text)) == compact(text)
    for look_alikes in (NEVER_USED, FOR_DIGITS):
        read = read_as(compact(text), look_alikes)
        assert read_as(read, look_alikes) == read


@given(codes(), st.data())
def test_a_look_alike_for_each_symbol_leads_back_to_the_code(
    code: str, data: st.DataObject
) -> None:
    looks = {"0": "OoОο〇", "1": "IІ", "2": "Z", "5": "SЅ", "U": "V", "A": "АΑ", "H": "НΗ"}
    text = "".join(data.draw(st.sampled_from(symbol + looks.get(symbol, ""))) for symbol in code)
    found = UNIFIED.validate(text)
    assert (found.suggestion or found.code) == code
    assert (found.verdict is Soundness.VALID) == (text == code)


@given(
    st.integers(0, 99),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
    st.sampled_from(DIGITS + "Xx"),
    st.sampled_from(["", " ", "-", "\u3000"]),
)
def test_what_is_formed_like_a_persons_number_is_never_shown(
    county: int, born: date, sequence: int, check: str, between: str
) -> None:
    body = f"3702{county:02}{born:%Y%m%d}{sequence:03}"
    # A wrong check character: what is made here is nobody's number.
    assume(citizen.check_character(body) != check.upper())
    found = recognise(f"{body[:6]}{between}{body[6:]}{check}")
    assert found.code == MASKED
    assert found.suggestion == ""
    assert body[6:14] not in repr(found)


@given(TEXTS)
def test_recognition_answers_whatever_it_is_asked(text: str) -> None:
    found = recognise(text)
    assert (found.verdict is Soundness.INVALID) == bool(found.failed)
    if found.suggestion:
        assert recognise(found.suggestion).verdict is Soundness.VALID
