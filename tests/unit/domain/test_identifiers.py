"""The codes of organisations pass and fail as the standards' own samples do."""

from __future__ import annotations

import pytest

from creditbus.domain.identifiers import (
    is_uscc,
    organisation_check_character,
    uscc_check_character,
    why_not_uscc,
)


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
    assert why_not_uscc(code) == ""
    assert is_uscc(code)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("A1110000600037341L", "the check character is L, but the others give K"),
        ("9111000060003IOZSV", "I, O, S, V or Z"),
        ("91110000600037341N", "the check character is N, but the others give L"),
        ("12345", "5 characters, not 18"),
        ("", "0 characters, not 18"),
        ("91350100m000100y43", "neither digits nor capital letters"),
        ("9135０100M000100Y43", "neither digits nor capital letters"),
        ("B1350100M000100Y43", "begins with B"),
        ("91A50100M000100Y43", "not a region of six digits"),
        (
            "913702000000000012",
            "the organisation code inside (characters 9 to 17) has a wrong check",
        ),
    ],
)
def test_a_wrong_code_is_told_what_is_wrong(code: str, why: str) -> None:
    assert why in why_not_uscc(code)
    assert not is_uscc(code)


def test_a_look_alike_letter_is_refused_with_a_suggestion_and_never_repaired() -> None:
    assert "did you mean 91350100M000100Y43" in why_not_uscc("9135O1OOM0001OOY43")


@pytest.mark.parametrize("authority", ["A", "N", "Y"])
def test_authorities_of_the_amendment_pass(authority: str) -> None:
    body = f"{authority}137020000000000{organisation_check_character('00000000')}"
    assert why_not_uscc(body + uscc_check_character(body)) == ""


@pytest.mark.parametrize("code", ["D2143569X", "M000100Y4", "MA1FL0LY9"])
def test_the_organisation_code_has_its_check_character(code: str) -> None:
    assert organisation_check_character(code[:8]) == code[8]
