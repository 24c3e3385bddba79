"""Codes of organisations: the unified social credit code and the organisation code inside it.

GB 32100-2015 with amendment 1 of 2016 (18 characters, modulus 31) and GB 11714-1997 (9 characters,
modulus 11). A wrong letter is never repaired silently: 0 for O or 1 for I would be a guess about a
firm.
"""

from __future__ import annotations

from typing import Final

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 symbols of GB 32100; I, O, S, V and Z are never used."""

_USCC_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_LETTERS_AND_DIGITS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_AUTHORITIES: Final = frozenset("123456789ANY")
_CLOSE: Final = str.maketrans({"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"})


def uscc_check_character(body: str) -> str:
    """Return the 18th character for the first 17 of a unified social credit code.

    >>> uscc_check_character("91350100M000100Y4")
    '3'
    """
    total = sum(
        USCC_ALPHABET.index(symbol) * weight
        for symbol, weight in zip(body, _USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(body: str) -> str:
    """Return the 9th character for the first 8 of an organisation code.

    >>> organisation_check_character("D2143569")
    'X'
    """
    total = sum(
        int(symbol, 36) * weight for symbol, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    check = 11 - total % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def is_uscc(code: str) -> bool:
    """Tell whether a code is well formed and both its check characters hold.

    >>> is_uscc("91350100M000100Y43"), is_uscc("91350100M000100Y44"), is_uscc("12345")
    (True, False, False)
    """
    return why_not_uscc(code) == ""


def why_not_uscc(code: str) -> str:
    """Return in words why a code is no unified social credit code, or nothing when it is one.

    >>> why_not_uscc("9137O20000000000OY")
    'the code holds I, O, S, V or Z, which are never used; did you mean 91370200000000000Y?'
    """
    if len(code) != len("91350100M000100Y43"):
        return f"the code has {len(code)} characters, not 18"
    if any(symbol not in USCC_ALPHABET for symbol in code):
        if not set(code) <= _LETTERS_AND_DIGITS:
            return "the code holds characters that are neither digits nor capital letters"
        close = code.translate(_CLOSE)
        meant = f"; did you mean {close}?" if is_uscc(close) else ""
        return f"the code holds I, O, S, V or Z, which are never used{meant}"
    if code[0] not in _AUTHORITIES:
        return f"the code begins with {code[0]}, which is no registration authority"
    if not code[2:8].isdigit():
        return "characters 3 to 8 of the code are not a region of six digits"
    if uscc_check_character(code[:17]) != code[17]:
        expected = uscc_check_character(code[:17])
        return f"the check character is {code[17]}, but the others give {expected}"
    if organisation_check_character(code[8:16]) != code[16]:
        return "the organisation code inside (characters 9 to 17) has a wrong check character"
    return ""
