"""The citizen identity number (GB 11643-1999): examined, never shown, never kept.

Seventeen digits and a check by ISO 7064 MOD 11-2; six of region, eight of birth. Only the gateway
may make something of it (a token), so this module gives verdicts and the date that the age is asked
of, and the sentences repeat no part of a number. 个人信息保护法 第六条.

Since December 2023 foreign permanent residents have numbers of the same arithmetic that begin with
9; a province and a country follow (国家移民管理局, read in third-party copies).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from creditbus.domain.identifiers import notation
from creditbus.domain.identifiers.provinces import PROVINCES, TAIWAN_RESIDENTS
from creditbus.domain.identifiers.scheme import MASKED, CodeCheck, CodeKind, Scheme

_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECKS: Final = "10X98765432"
_FORM: Final = re.compile(r"[0-9]{17}[0-9X]")
_PROVINCE: Final = rf"(?:{'|'.join((*PROVINCES, TAIWAN_RESIDENTS))})"
_PROVINCES: Final = re.compile(_PROVINCE)
_OLDEST: Final = date(1900, 1, 1)
_MONTH_AND_DAY: Final = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_BORN: Final = rf"(?:19|20)[0-9]{{2}}{_MONTH_AND_DAY}"
_FOREIGN: Final = rf"9{_PROVINCE}[0-9]{{3}}"
_BEGINNING: Final = re.compile(rf"(?:{_PROVINCE}[0-9]{{4}}|{_FOREIGN}){_BORN}")
_CITIZENS: Final = re.compile(rf"{_PROVINCE}[0-9]{{4}}{_BORN}[0-9]{{3}}[0-9X]")
_FOREIGNERS: Final = re.compile(rf"{_FOREIGN}{_BORN}[0-9]{{3}}[0-9X]")
_INSIDE: Final = re.compile(rf"{_BEGINNING.pattern}[0-9]{{3}}[0-9X]")
_SHORT: Final = re.compile(
    rf"{_PROVINCE}[0-9]{{4}}[0-9]{{2}}{_MONTH_AND_DAY}[0-9]{{3}}(?:[0-9]{{2}}|[0-9]{{5}})?"
)
_NEAR: Final = re.compile(rf"{_PROVINCE}[0-9]{{14,17}}X?[0-9]{{0,2}}")
_OLD_FOREIGN: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_WRITTEN: Final = re.compile(
    rf"(?<![0-9])(?:{_PROVINCE}[0-9]{{4}}|{_FOREIGN}){_BORN}[0-9]{{3}}[0-9Xx](?![0-9])"
)


def check_character(body: str) -> str:
    """Return the 18th character for the first 17 digits of an identity number.

    >>> check_character("00000000000000000"), check_character("00000000000000001")
    ('1', 'X')
    """
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def birth_in(number: str) -> date | None:
    """Return the date of birth in a well-formed number, None when it is no possible day.

    For the question of age alone; whoever asks lets it go at once.
    """
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if born >= _OLDEST else None


def resembles_person(text: str) -> bool:
    """Return whether a text has the form of an identity number, also of the old or a mistyped one.

    Wide on purpose: what is shown of a code must never be a person's number, and a number with a
    letter O or a digit too few is still somebody's.
    """
    read = notation.read_as(notation.compact(text), notation.FOR_DIGITS)
    return bool(_BEGINNING.match(read) or _INSIDE.search(read) or _SHORT.fullmatch(read))


def may_be_person(text: str) -> bool:
    """Return whether text that is no other code may be an identity number with a mistake in it."""
    code = notation.compact(text)
    read = notation.read_as(code, notation.FOR_DIGITS)
    is_near = bool(_NEAR.fullmatch(read) or _OLD_FOREIGN.fullmatch(code))
    return is_near or resembles_person(text)


def could_be_person(code: str) -> bool:
    """Return whether a compact 18-character text could be somebody's number, as it stands.

    Every valid number is one. Of a citizen's the form is enough, for a number with a wrong check
    is still somebody's. A foreigner's begins as every firm's code does, so it counts with a check
    that fits; else one firm in thirty of some counties could not be named.

    >>> could_be_person("370299199001010000"), could_be_person("913101207000000000")
    (True, False)
    """
    if _CITIZENS.fullmatch(code):
        return True
    return bool(_FOREIGNERS.fullmatch(code)) and check_character(code[:17]) == code[17]


def hide_persons(text: str) -> str:
    """Return a text with a mask for each word in it that has the form of an identity number.

    For logs and for sentences that quote what somebody wrote.

    >>> hide_persons("no code: 370299199001010000, nor 91370200000000000Y")
    'no code: (masked), nor 91370200000000000Y'
    """
    plain = text if text.isascii() else text.translate(notation.HALF_WIDTH_DIGITS)
    pieces, end = [], 0
    for found in _WRITTEN.finditer(plain):
        pieces += [text[end : found.start()], MASKED]
        end = found.end()
    return "".join([*pieces, text[end:]])


def _why_not_form(number: str) -> str:
    if _FORM.fullmatch(number):
        return ""
    return "an identity number is 17 digits and a check character, 0-9 or X"


def _why_not_check(number: str) -> str:
    if check_character(number[:17]) == number[17]:
        return ""
    return "the check character does not fit the other seventeen"


def _why_not_birth(number: str) -> str:
    if birth_in(number) is not None:
        return ""
    return "the date of birth in the number is no possible day"


def _why_not_province(number: str) -> str:
    return "" if _PROVINCES.match(number) else "the number begins with no province"


CITIZEN: Final = Scheme(
    kind=CodeKind.CITIZEN,
    checks=(
        CodeCheck("form", _why_not_form),
        CodeCheck("check character", _why_not_check),
        CodeCheck("date of birth", _why_not_birth),
        CodeCheck("province", _why_not_province),
    ),
    is_personal=True,
)
"""The identity number: a verdict and nothing else.

>>> CITIZEN.validate("00000000000000001X").code, CITIZEN.validate("00000000000000001X").failed
('(masked)', 'date of birth')
"""
