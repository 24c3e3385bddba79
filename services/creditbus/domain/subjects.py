"""Subjects: the organisation or natural person that a fact is about.

A subject id is ``uscc:`` and the 18-character code, or ``person:`` and a token. The token is a
keyed hash that only the gateway computes; events never carry a natural person's name or number.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from string import hexdigits
from typing import Final, Literal

import msgspec

from creditbus.domain.identifiers.citizen import could_be_person
from creditbus.domain.identifiers.notation import compact
from creditbus.domain.identifiers.uscc import FORMER, REGISTERED, UNIFIED
from creditbus.domain.ids import SubjectId

USCC: Final = "uscc:"
PERSON: Final = "person:"
TOKEN_LENGTH: Final = 64


class SubjectKind(StrEnum):
    """What a subject is; ``NONE`` for an event about no subject, such as the turn of the day."""

    LEGAL_PERSON = "LEGAL_PERSON"
    NONENTERPRISE_LEGAL_PERSON = "NONENTERPRISE_LEGAL_PERSON"
    UNINCORPORATED = "UNINCORPORATED"
    INDIVIDUAL_BUSINESS = "INDIVIDUAL_BUSINESS"
    NATURAL_PERSON = "NATURAL_PERSON"
    NONE = "NONE"


_KIND_OF_CLASS: Final = {
    "91": SubjectKind.LEGAL_PERSON,
    "92": SubjectKind.INDIVIDUAL_BUSINESS,
    "93": SubjectKind.LEGAL_PERSON,
}
_KIND_OF_AUTHORITY: Final = {
    "1": SubjectKind.NONENTERPRISE_LEGAL_PERSON,
    "5": SubjectKind.NONENTERPRISE_LEGAL_PERSON,
}


class PersonNumber(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A natural person by number; a token takes its place before anything is asked or kept."""

    kind: Literal["NATURAL_PERSON"] = "NATURAL_PERSON"
    number_kind: str
    number: str

    def __repr__(self) -> str:
        """Return nothing of the number, wherever this may be printed."""
        return "PersonNumber(…)"


def is_person(kind: SubjectKind) -> bool:
    """Return whether the law on personal information protects this kind of subject.

    An individual business counts: its name and code point to a natural person.
    """
    return kind is SubjectKind.NATURAL_PERSON or kind is SubjectKind.INDIVIDUAL_BUSINESS


class Trust(Enum):
    """How an organisation's code is asked whether it is one.

    A registrar's word outweighs its looks; and what eases must find the entries that were made
    before the class and the province of a code were asked (law 7).
    """

    NONE = frozenset[str]()
    REGISTERED = REGISTERED
    EASING = FORMER


def why_not_subject(kind: SubjectKind, subject: SubjectId, trust: Trust = Trust.NONE) -> str:
    """Return in words why an id is none of a subject of this kind, or nothing when it is one."""
    if kind is SubjectKind.NATURAL_PERSON:
        token = subject.removeprefix(PERSON)
        is_token = len(token) == TOKEN_LENGTH and set(token) <= set(hexdigits.lower())
        if not subject.startswith(PERSON) or not is_token:
            return "a natural person's id is person: and the token that the gateway gives"
        return ""
    if kind is SubjectKind.NONE:
        return "the event names no subject"
    if not subject.startswith(USCC):
        return "an organisation's id is uscc: and its unified social credit code"
    return UNIFIED.why_not(subject.removeprefix(USCC), unasked=trust.value)


def is_doubtful(subject: SubjectId) -> bool:
    """Return whether the code in an organisation's id could be a natural person's number.

    Nothing is made public under it, and nothing adverse begins before a registrar has named it.
    """
    return subject.startswith(USCC) and could_be_person(subject.removeprefix(USCC))


def uscc_subject(code: str) -> SubjectId:
    """Return the subject id of a unified social credit code, brought into its one form."""
    return SubjectId(USCC + compact(code))


def kind_of(subject: SubjectId) -> SubjectKind:
    """Return what a subject is by its id alone, so that no two sources can disagree about it.

    The second character of a code is the class within its registration authority (GB 32100).
    """
    if subject.startswith(PERSON):
        return SubjectKind.NATURAL_PERSON
    code = subject.removeprefix(USCC)
    kind = _KIND_OF_CLASS.get(code[:2]) or _KIND_OF_AUTHORITY.get(code[:1])
    return kind or SubjectKind.UNINCORPORATED
