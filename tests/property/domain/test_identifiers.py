"""The check characters catch what people get wrong."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from creditbus.domain.identifiers import (
    USCC_ALPHABET,
    is_uscc,
    organisation_check_character,
    uscc_check_character,
)


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Draw a synthetic code: the city's region, and a body that no registry gives out."""
    region = draw(st.integers(0, 99))
    own = "0000" + draw(st.text(USCC_ALPHABET, min_size=4, max_size=4))
    body = f"913702{region:02}{own}{organisation_check_character(own)}"
    return body + uscc_check_character(body)


@given(codes())
def test_a_code_made_by_the_rule_passes(code: str) -> None:
    assert is_uscc(code)


@given(codes(), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_symbol_is_caught(code: str, place: int, symbol: str) -> None:
    assume(code[place] != symbol)
    assert not is_uscc(code[:place] + symbol + code[place + 1 :])


@given(codes(), st.integers(0, 16))
def test_two_neighbours_changed_over_are_caught(code: str, place: int) -> None:
    left, right = code[place], code[place + 1]
    assume(left != right)
    assert not is_uscc(code[:place] + right + left + code[place + 2 :])


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    is_uscc(text)
