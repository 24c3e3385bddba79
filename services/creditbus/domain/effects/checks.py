"""Checks: may this subject do this? The default is yes; a no names its reason, basis and remedy."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from creditbus.domain.effects.directives import Ground
from creditbus.domain.ids import BasisId, ItemId, MeasureId, SubjectId


class Verdict(StrEnum):
    """The answer. ``REVIEW``: a human at the asking body must decide."""

    YES = "YES"
    NO = "NO"
    REVIEW = "REVIEW"


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an approval system asks: this subject, this matter, for this purpose."""

    subject: SubjectId
    matter: ItemId
    purpose: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A measure that follows, with the entries behind it and the way to have it lifted."""

    measure_id: MeasureId
    name_zh: str
    name_en: str
    bases: tuple[BasisId, ...]
    grounds: tuple[Ground, ...]
    remedies: tuple[str, ...]
    human_review: bool


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a check is answered: the verdict, whether listed at all, and everything that led to it.

    ``listed`` is of lists that an asker may know of: an attention list stays inside.
    ``as_of`` is the revision of the subject's standing that was read, 0 for a subject never named.
    """

    check_id: str
    verdict: Verdict
    listed: bool
    matter: ItemId
    purpose: str
    as_of: int
    answered_at: datetime
    barred: tuple[Finding, ...]
    eased: tuple[Finding, ...]
    edition: str


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked what about whom, for which purpose, and what was answered; kept five years."""

    check_id: str
    asker: str
    purpose: str
    matter: str
    subject_id: SubjectId
    asked_at: datetime
    verdict: str
    as_of: int
