"""The business registration numbers before 2015: 15 digits with a check, and 13 digits without.

GS 15-2006: six digits of the first registering office, eight of the sequence, one check by ISO 7064
MOD 11,10 (GB/T 17710). Numbers given before 2007 have 13 digits and no check, so nothing but their
form can be asked of them.
"""

from __future__ import annotations

from typing import Final

from creditbus.domain.identifiers.notation import FOR_DIGITS
from creditbus.domain.identifiers.scheme import CodeCheck, CodeKind, Scheme, of_digits, of_length


def check_digit(body: str) -> str:
    """Return the 15th digit for the first 14 of a registration number.

    >>> check_digit("37020000000000")
    '5'
    """
    product = 10
    for digit in body:
        total = (product + int(digit)) % 10 or 10
        product = 2 * total % 11
    return str((1 - product) % 10)


def _why_not_check(code: str) -> str:
    expected = check_digit(code[:14])
    return "" if expected == code[14] else "the check digit does not fit the other fourteen"


REGISTRATION: Final = Scheme(
    kind=CodeKind.REG15,
    checks=(of_length(15), of_digits(), CodeCheck("check digit", _why_not_check)),
    look_alikes=FOR_DIGITS,
)
"""The 15-digit registration number.

>>> REGISTRATION.is_valid("370200000000005"), REGISTRATION.is_valid("370200000000006")
(True, False)
>>> REGISTRATION.validate("37O2OOOOOOOOOO5").suggestion
'370200000000005'
"""

OLD_REGISTRATION: Final = Scheme(
    kind=CodeKind.REG13, checks=(of_length(13), of_digits()), look_alikes=FOR_DIGITS
)
"""The 13-digit registration number, which has no check.

>>> OLD_REGISTRATION.validate("3702000000000").passed
('length', 'digits')
"""
