"""Parties: whom a row is about, by its credit code or by an old code that intake resolves.

Organisations only: of a natural person nothing is taken, and nothing is said again.
"""

from __future__ import annotations

import re
from typing import Final

from creditbus.domain.acts.mappings import MAYBE_PERSON, Alias, AliasKind
from creditbus.domain.aliases.claims import alias_of, subject_named
from creditbus.domain.identifiers.notation import compact
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import (
    USCC,
    SubjectKind,
    is_doubtful,
    kind_of,
    uscc_subject,
    why_not_subject,
)
from creditbus.sdk.sheets.cells import half_width
from creditbus.sdk.sheets.rows import CellFault, SheetRow

Party = tuple[SubjectId, SubjectKind]

PERSON: Final = (
    "a natural person's row is not read and nothing of it is kept: hand it in through the gateway"
)
MAYBE_ROUNDED: Final = (
    "the code ends in 000, as one does that an office program took for a number and rounded: "
    "compare it with the certificate; if it is right, hand it in through the gateway"
)
_ROUNDED: Final = re.compile(rf"{USCC}[0-9]{{15}}000")
"""A number keeps 15 digits; what was lost stays lost when the column is made text afterwards."""

NO_CODE: Final = "no code says whom the row is about; of a natural person's row nothing is read"
_PERSONS: Final = frozenset({"0", "自然人", "个人"})
_REGISTRATIONS: Final = {13: AliasKind.REG13, 15: AliasKind.REG15}
_OLD: Final = {
    "organisation": AliasKind.ORG9,
    "tax": AliasKind.TAXNO,
    "institution": AliasKind.INST_CERT,
    "social": AliasKind.SOCIAL_ORG_CERT,
}


def party_of(row: SheetRow) -> Party:
    """Return whom a row of penalties or permits is about; raises ``CellFault``.

    The credit code is believed before the old ones; the words in the header say which code it is.
    """
    if "自然人" in half_width(row.text("kind")):
        raise CellFault("kind", PERSON)
    if row.text("code"):
        return _by_credit_code(row)
    if number := compact(row.text("registration")):
        return _by_alias("registration", _REGISTRATIONS.get(len(number), AliasKind.REG15), number)
    for field, kind in _OLD.items():
        if number := compact(row.text(field)):
            if kind is AliasKind.TAXNO and len(number) == 18:
                return _credit_code("tax", number)
            return _by_alias(field, kind, number)
    raise CellFault("code", NO_CODE)


def debtor_of(row: SheetRow) -> Party:
    """Return whom a row of the court list is about: any code may stand in its one column."""
    code = row.text("code")
    if row.text("party") in _PERSONS:
        raise CellFault("party", PERSON)
    for field in ("age", "sex"):
        if row.text(field) not in {"", "0"}:
            raise CellFault(field, PERSON)
    if not code:
        raise CellFault("code", f"give the code of 18 characters, or an old one: {NO_CODE}")
    subject = subject_named(code)
    if alias_of(subject) is not None:
        return subject, SubjectKind.NONE
    return _credit_code("code", code)


def _by_credit_code(row: SheetRow) -> Party:
    return _credit_code("code", row.text("code"))


def _credit_code(field: str, code: str) -> Party:
    subject = uscc_subject(code)
    if _ROUNDED.fullmatch(subject) and not is_doubtful(subject):
        raise CellFault(field, MAYBE_ROUNDED)
    kind = kind_of(subject)
    if why_not := why_not_subject(kind, subject):
        raise CellFault(field, why_not)
    return subject, kind


def _by_alias(field: str, kind: AliasKind, number: str) -> Party:
    alias = Alias(kind, number)
    if why_not := alias.why_not():
        raise CellFault(field, why_not)
    if alias.resembles_person:
        raise CellFault(field, MAYBE_PERSON)
    return alias.id, SubjectKind.NONE
