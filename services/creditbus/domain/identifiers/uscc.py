"""The unified social credit code: 18 characters, two of them checks (GB 32100-2015, modulus 31).

With amendment 1 of 2016, which added authorities. The organisation code inside has a check of its
own; codes are known to have been issued that fail it, so a lenient reading makes a doubt of that.
The bus is strict.
"""

from __future__ import annotations

from typing import Final

from creditbus.domain.identifiers import organisation
from creditbus.domain.identifiers.scheme import Check, CodeKind, Scheme, of_length

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 symbols of GB 32100; I, O, S, V and Z are never used."""

AUTHORITIES: Final = frozenset("123456789ANY")
"""The first character: who registers; A the army's offices, N farming, Y others."""

INNER: Final = "organisation code"
"""The name of the check that a lenient reading lets pass."""

_KNOWN: Final = frozenset(ALPHABET)
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))


def check_character(body: str) -> str:
    """Return the 18th character for the first 17 of a unified social credit code.

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(_VALUES[symbol] * weight for symbol, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def _why_not_alphabet(code: str) -> str:
    if set(code) <= _KNOWN:
        return ""
    if set(code) <= set(organisation.SYMBOLS):
        return "the code holds I, O, S, V or Z, which are never used"
    return "the code holds characters that are neither digits nor capital letters"


def _why_not_authority(code: str) -> str:
    if code[0] in AUTHORITIES:
        return ""
    return f"the code begins with {code[0]}, which is no registration authority"


def _why_not_region(code: str) -> str:
    if code[2:8].isdigit():
        return ""
    return "characters 3 to 8 of the code are not a region of six digits"


def _why_not_check(code: str) -> str:
    expected = check_character(code[:17])
    if expected == code[17]:
        return ""
    return f"the check character is {code[17]}, but the others give {expected}"


def _why_not_inner(code: str) -> str:
    if organisation.check_character(code[8:16]) == code[16]:
        return ""
    return "the organisation code inside (characters 9 to 17) has a wrong check character"


UNIFIED: Final = Scheme(
    kind=CodeKind.USCC,
    checks=(
        of_length(18),
        Check("alphabet", _why_not_alphabet),
        Check("authority", _why_not_authority),
        Check("region", _why_not_region),
        Check("check character", _why_not_check),
        Check(INNER, _why_not_inner),
    ),
    lenient=frozenset({INNER}),
)
"""The unified social credit code; codes are printed as they are.

>>> UNIFIED.validate("9137 0200 0000 0000 0y").verdict
<Soundness.NORMALISED: 'normalised'>
>>> UNIFIED.validate("9137O20000000000OY").suggestion
'91370200000000000Y'
>>> UNIFIED.is_valid("913702000000000012"), UNIFIED.is_valid("913702000000000012", lenient=True)
(False, True)
"""


def organisation_in(code: str) -> str:
    """Return the organisation code inside a unified social credit code.

    >>> organisation_in("91370200M000100Y4G")
    'M000100Y4'
    """
    return code[8:17]
