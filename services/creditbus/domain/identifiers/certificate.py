"""Certificate numbers of public institutions and social organisations, which have no one form.

Offices numbered them each in its own way (such as 事证第137020000001号), so they are kept as they
are written, in one form, and only asked to be short and no person's number.
"""

from __future__ import annotations

from typing import Final

from creditbus.domain.identifiers.citizen import may_be_person
from creditbus.domain.identifiers.scheme import CodeCheck, CodeKind, Scheme

CHARACTERS: Final = 60


def _why_not_length(code: str) -> str:
    if 0 < len(code) <= CHARACTERS:
        return ""
    return f"a certificate number has 1 to {CHARACTERS} characters, not {len(code)}"


def _why_not_printable(code: str) -> str:
    return "" if code.isprintable() else "the number holds characters that cannot be printed"


def _why_not_nobodys(code: str) -> str:
    return "the number has the form of a natural person's" if may_be_person(code) else ""


_CHECKS: Final = (
    CodeCheck("length", _why_not_length),
    CodeCheck("printable", _why_not_printable),
    CodeCheck("no person's", _why_not_nobodys),
)

INSTITUTION: Final = Scheme(kind=CodeKind.INST_CERT, checks=_CHECKS)
"""The certificate of a public institution (事业单位法人证书).

>>> INSTITUTION.validate("事证第 137020000001 号").code
'事证第137020000001号'
"""

SOCIAL_ORGANISATION: Final = Scheme(kind=CodeKind.SOCIAL_ORG_CERT, checks=_CHECKS)
"""The certificate of a social organisation (社会组织登记证书)."""
