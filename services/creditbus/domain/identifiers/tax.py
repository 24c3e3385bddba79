"""The tax number before 2015: a region of six digits and the organisation code, 15 characters.

国税函〔2006〕820号 (read in third-party copies; check against the official text). Today it is the
unified social credit code itself. Taxpayers without an organisation code were given numbers made of
a person's identity number: those are none of these, and are never shown.
"""

from __future__ import annotations

from typing import Final

from creditbus.domain.identifiers.notation import DIGITS
from creditbus.domain.identifiers.organisation import ORGANISATION
from creditbus.domain.identifiers.scheme import CodeCheck, CodeKind, Scheme, of_length

INNER: Final = "organisation code"


def _why_not_region(code: str) -> str:
    if set(code[:6]) <= set(DIGITS):
        return ""
    return "the first six characters of the number are no region"


def _why_not_inner(code: str) -> str:
    if ORGANISATION.why_not(code[6:]):
        return "the organisation code inside (characters 7 to 15) is none"
    return ""


TAX: Final = Scheme(
    kind=CodeKind.TAXNO,
    checks=(of_length(15), CodeCheck("region", _why_not_region), CodeCheck(INNER, _why_not_inner)),
)
"""The tax number of an organisation.

>>> TAX.is_valid("3702000000000A2"), TAX.is_valid("37020000000000A2")
(False, False)
"""
