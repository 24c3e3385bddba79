"""Mappings: a registrar states whom an old code stands for; the codes, and the statement."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from creditbus.domain.acts.events import SourceStatement
from creditbus.domain.identifiers.citizen import may_be_person, resembles_person
from creditbus.domain.identifiers.recognition import SCHEMES
from creditbus.domain.identifiers.scheme import CodeKind
from creditbus.domain.identifiers.tax import TAX
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import Trust

MAYBE_PERSON: Final = (
    "the number could be a natural person's old one: name the organisation by its unified social "
    "credit code or its organisation code"
)


class AliasKind(StrEnum):
    """Which register gave an old code."""

    ORG9 = "ORG9"
    REG15 = "REG15"
    REG13 = "REG13"
    TAXNO = "TAXNO"
    INST_CERT = "INST_CERT"
    SOCIAL_ORG_CERT = "SOCIAL_ORG_CERT"


class Confidence(StrEnum):
    """How a claim is known: issued with the new code, derived from its characters, or by hand.

    What is derived is a proposal; nothing adverse rests on it until a registrar confirms it.
    """

    ISSUED = "ISSUED"
    DERIVED = "DERIVED"
    MANUAL = "MANUAL"


class Alias(msgspec.Struct, frozen=True):
    """An old code of one kind, in its one form."""

    kind: AliasKind
    code: str

    @property
    def id(self) -> SubjectId:
        """Return the id under which a record names its subject by this code."""
        return SubjectId(f"{self.kind.lower()}:{self.code}")

    @property
    def root(self) -> str:
        """Return the id that this alias is judged under, with those that contain the same code."""
        if self.kind is AliasKind.TAXNO and not TAX.why_not(self.code):
            return Alias(AliasKind.ORG9, self.code[6:]).id
        return self.id

    @property
    def resembles_person(self) -> bool:
        """Return whether the code has the form of a person's old number of 15 digits too.

        One such number in ten passes the check of a registration number.
        """
        return resembles_person(self.code)

    def why_not(self) -> str:
        """Return in words why this is no code of its kind, or nothing.

        What may be a person's number with a mistake in it is not repeated.
        """
        why_not = SCHEMES[CodeKind(self.kind)].why_not(self.code)
        return "the code is none of its kind" if why_not and may_be_person(self.code) else why_not


class SubjectAliasMapped(SourceStatement, frozen=True, kw_only=True):
    """A registrar claims that an old code stands for the envelope's subject.

    ``begins_on`` none: since ever; ``ends_on`` is the last day, none: until further notice.
    ``withdrawn`` says that the claim was wrong from its beginning. What is issued is a code, even
    one that could be a person's number; what is only derived is not believed so far.
    """

    alias_kind: AliasKind
    alias: str
    confidence: Confidence
    begins_on: date | None = None
    ends_on: date | None = None
    withdrawn: bool = False

    @property
    def named(self) -> Alias:
        """Return the old code that the claim is about."""
        return Alias(self.alias_kind, self.alias)

    @property
    def trust(self) -> Trust:
        """Return how the code is asked that the claim names as the new one."""
        is_believed = self.withdrawn or self.confidence is not Confidence.DERIVED
        return Trust.REGISTERED if is_believed else Trust.NONE
