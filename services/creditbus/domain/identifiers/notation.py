"""Notation: the one form of a text, and what its wrong letters may have been.

Capitals, half-width, without blanks and hyphens: that much is the same code. A letter that only
looks right is another code; reading O as 0 would be a guess about a firm, so it is only suggested.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_FULL_WIDTH: Final = {0xFEE0 + place: chr(place).upper() for place in range(0x21, 0x7F)}
_CAPITALS: Final = {ord(letter.lower()): letter for letter in LETTERS}
_HYPHENS: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d\u00ad"
_UNSEEN: Final = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_LEFT_OUT: Final = dict.fromkeys(map(ord, _HYPHENS + _UNSEEN))
_ONE_FORM: Final = {**_CAPITALS, **_FULL_WIDTH, **_LEFT_OUT}

HALF_WIDTH_DIGITS: Final = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789Xx")
"""One symbol for one, so that places in the text stay what they are."""

NEVER_USED: Final = str.maketrans("IOSVZ", "105U2")
"""The letters that GB 32100 leaves out, each with the symbol that it is taken for."""

FOR_DIGITS: Final = {**NEVER_USED, **str.maketrans("BDGLQ|", "806101")}
"""The same for codes that consist of digits."""

_LOOK_ALIKE: Final = {
    **str.maketrans("АВЕКМНОРСТХУІЅЈЗѴ", "ABEKMHOPCTXYISJ3V"),  # Cyrillic
    **str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),  # Greek
    **str.maketrans("〇○◯零丨", "00001"),
}


LONGEST_READ: Final = 256
"""No code is nearly so long; of a longer text nobody asks what its letters look like."""


def compact(text: str) -> str:
    """Return the one form of a code: capitals, half-width, without blanks and hyphens.

    >>> compact(" d2143569-x "), compact("９１３７０２００")
    ('D2143569X', '91370200')
    """
    return "".join(text.split()).translate(_ONE_FORM)


def read_as(code: str, look_alikes: Mapping[int, int]) -> str:
    """Return a compact code with its wrong letters read as what they look like.

    >>> read_as("9137O2ОО", NEVER_USED)
    '91370200'
    """
    if not code.isascii() and len(code) <= LONGEST_READ:
        code = "".join(map(_plain, code))
    return code.translate(dict(look_alikes))


def _plain(symbol: str) -> str:
    """Return the Latin letter or digit that a symbol of another script looks like or means."""
    known = symbol.upper().translate(_LOOK_ALIKE)
    if len(known) == 1 and known.isascii():
        return known
    number = unicodedata.decimal(symbol, None)
    if number is not None:
        return str(number)
    folded = unicodedata.normalize("NFKC", symbol).upper()
    return folded if len(folded) == 1 and folded in DIGITS + LETTERS else symbol
