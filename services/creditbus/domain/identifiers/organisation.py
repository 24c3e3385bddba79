"""The organisation code: nine characters, the last one a check (GB 11714-1997, modulus 11).

It lives on inside the unified social credit code (characters 9 to 17) and the old tax number. The
values 0 to 35 are taken modulo 11, so a symbol mistaken for one 11, 22 or 33 places away, such as 2
and Z, goes unnoticed: the standard does not promise more.
"""

from __future__ import annotations

from operator import mul
from typing import Final

from creditbus.domain.identifiers.notation import DIGITS, LETTERS
from creditbus.domain.identifiers.scheme import CodeCheck, CodeKind, Scheme, of_length

SYMBOLS: Final = DIGITS + LETTERS

_KNOWN: Final = frozenset(SYMBOLS)
_VALUES: Final = {symbol: int(symbol, 36) for symbol in SYMBOLS}
_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


def check_character(body: str) -> str:
    """Return the 9th character for the first 8 of an organisation code.

    >>> check_character("D2143569")
    'X'
    """
    # Asked of every record on the bus: a generator would take three times as long.
    total = sum(map(mul, map(_VALUES.__getitem__, body), _WEIGHTS))
    check = 11 - total % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def _why_not_alphabet(code: str) -> str:
    if set(code) <= _KNOWN:
        return ""
    return "the code holds characters that are neither digits nor capital letters"


def _why_not_check(code: str) -> str:
    expected = check_character(code[:8])
    if expected == code[8]:
        return ""
    return f"the check character is {code[8]}, but the others give {expected}"


def _written(code: str) -> str:
    return f"{code[:8]}-{code[8:]}" if len(code) == 9 else code


ORGANISATION: Final = Scheme(
    kind=CodeKind.ORG9,
    checks=(
        of_length(9),
        CodeCheck("alphabet", _why_not_alphabet),
        CodeCheck("check character", _why_not_check),
    ),
    written=_written,
)
"""The organisation code, printed with a hyphen before its check character.

>>> ORGANISATION.validate("0000000a-2").verdict, ORGANISATION.format("0000000A2")
(<Soundness.NORMALISED: 'normalised'>, '0000000A-2')
>>> ORGANISATION.validate("OOOOOOOA2").suggestion
'0000000A2'
"""
