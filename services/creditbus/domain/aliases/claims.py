"""Aliases: the old codes of organisations, and which subject each stands for on a day.

A registrar claims that an old code stands for a unified social credit code, from a day to a day and
with some confidence. The newest revision of each record counts, and nothing that was ever claimed
is forgotten: a removal reaches every subject that an old code has stood for. Two confirmed claims
of one day that name different subjects are a conflict; it holds adverse events and never a removal.
An old tax number contains the organisation code, so both are judged together, under one root.
"""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Final

import msgspec

from creditbus.domain.acts.mappings import Alias, AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.identifiers.recognition import recognise
from creditbus.domain.identifiers.scheme import MASKED, Soundness
from creditbus.domain.ids import EventId, SourceId, SubjectId
from creditbus.domain.subjects import uscc_subject

_KINDS: Final = {kind.lower(): kind for kind in AliasKind}


def alias_of(subject: SubjectId) -> Alias | None:
    """Return the old code that stands where a subject's id should, None when it is no such.

    >>> alias_of(SubjectId("org9:0000000A2")).kind, alias_of(SubjectId("uscc:91370200000000000Y"))
    (<AliasKind.ORG9: 'ORG9'>, None)
    """
    prefix, _, code = subject.partition(":")
    kind = _KINDS.get(prefix)
    return None if kind is None else Alias(kind, code)


def subject_named(text: str) -> SubjectId:
    """Return the id that a written code gives: the subject's own, or that of an old code.

    What may be a natural person's number never becomes an id.

    >>> subject_named("0000000A-2"), subject_named("9137 0200 0000 0000 0Y")
    ('org9:0000000A2', 'uscc:91370200000000000Y')
    """
    found = recognise(text)
    is_alias = found.kind.lower() in _KINDS
    if is_alias and found.verdict is not Soundness.INVALID and found.code != MASKED:
        return Alias(AliasKind(found.kind), found.code).id
    return uscc_subject(text)


class AliasClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What one record says of an old code."""

    source: SourceId
    record_id: str
    record_revision: int
    alias_kind: AliasKind
    alias: str
    subject_id: SubjectId
    confidence: Confidence
    begins_on: date | None = None
    ends_on: date | None = None
    withdrawn: bool = False
    document_number: str = ""

    @property
    def named(self) -> Alias:
        """Return the old code that the claim is about."""
        return Alias(self.alias_kind, self.alias)

    @property
    def is_confirmed(self) -> bool:
        """Return whether an adverse event may rest on it."""
        return self.confidence is not Confidence.DERIVED

    @property
    def vouches(self) -> bool:
        """Return whether a registrar stands by it that the subject's code is one."""
        return self.is_confirmed and not self.withdrawn

    def holds_on(self, day: date) -> bool:
        """Return whether the claim is in force on a day, by its own words."""
        begun = self.begins_on is None or self.begins_on <= day
        return not self.withdrawn and begun and (self.ends_on is None or day <= self.ends_on)


class AliasClaims(msgspec.Struct, frozen=True, kw_only=True):
    """All that is claimed of the old codes under one root, and what was claimed before."""

    root: str
    claims: tuple[AliasClaim, ...] = ()
    former: tuple[AliasClaim, ...] = ()


class SubjectIdentityConflict(msgspec.Struct, frozen=True, kw_only=True):
    """Old codes of one root stand for several subjects at once; stands until it is mended.

    Adverse events about a candidate are refused meanwhile. ``sources`` are those whose claims
    disagree: one of them must correct its own.
    """

    root: str
    candidates: tuple[SubjectId, ...]
    sources: tuple[SourceId, ...]
    caused_by: EventId


_CONFLICT: Final = "#conflict"


def conflict_key(root: str) -> str:
    """Return the key of the conflict under a root, beside the claims, whose key is the root.

    >>> root_of(conflict_key("org9:0000000A2"))
    'org9:0000000A2'
    """
    return f"{root}{_CONFLICT}"


def root_of(key: str) -> str:
    """Return the root that a key of the aliases is about."""
    return key.removesuffix(_CONFLICT)


def claim(before: AliasClaims | None, fact: SubjectAliasMapped) -> AliasClaims | Fault | None:
    """Return the claims after a fact; None when it repeats one; a fault when it changes nothing.

    The newest revision of a record counts, and one revision has one content.
    """
    envelope = fact.envelope
    stated = AliasClaim(
        source=envelope.source,
        record_id=envelope.record_id,
        record_revision=envelope.record_revision,
        alias_kind=fact.alias_kind,
        alias=fact.alias,
        subject_id=envelope.subject_id,
        confidence=fact.confidence,
        begins_on=fact.begins_on,
        ends_on=fact.ends_on,
        withdrawn=fact.withdrawn,
        document_number=envelope.document_number,
    )
    known = before or AliasClaims(root=fact.named.root)
    mine = (stated.source, stated.record_id)
    old = next((each for each in known.claims if (each.source, each.record_id) == mine), None)
    if old is not None:
        if stated == old:
            return None
        if stated.record_revision <= old.record_revision:
            return _late(stated, old)
    claims = (*(each for each in known.claims if each is not old), stated)
    past = (*known.former, old) if old is not None else known.former
    return AliasClaims(
        root=known.root,
        claims=tuple(sorted(claims, key=lambda each: (each.source, each.record_id))),
        former=_former(past, claims),
    )


def conflict_in(claims: AliasClaims, caused_by: EventId) -> SubjectIdentityConflict | None:
    """Return the conflict that confirmed claims of one day are in, None when they agree."""
    live = [each for each in claims.claims if each.is_confirmed and not each.withdrawn]
    at_odds = [
        each
        for pair in combinations(live, 2)
        if pair[0].subject_id != pair[1].subject_id and _overlap(*pair)
        for each in pair
    ]
    if not at_odds:
        return None
    return SubjectIdentityConflict(
        root=claims.root,
        candidates=tuple(sorted({each.subject_id for each in at_odds})),
        sources=tuple(sorted({each.source for each in at_odds})),
        caused_by=caused_by,
    )


def _late(stated: AliasClaim, known: AliasClaim) -> Fault:
    if stated.record_revision == known.record_revision:
        detail = "this revision of the record was sent before with other content; send a new one"
        return Fault(Reason.CONTENT_CONFLICT, "record_revision", "", detail)
    detail = f"revision {known.record_revision} of the record is known and stands"
    return Fault(Reason.REVISION_SUPERSEDED, "record_revision", "", detail)


def _former(past: tuple[AliasClaim, ...], now: tuple[AliasClaim, ...]) -> tuple[AliasClaim, ...]:
    """Return one claim for each subject that an old code stood for and no present claim names."""
    present = {(each.named, each.subject_id) for each in now}
    kept = {(each.named, each.subject_id): each for each in past}
    return tuple(each for key, each in kept.items() if key not in present)


def _overlap(one: AliasClaim, other: AliasClaim) -> bool:
    begins = max(one.begins_on or date.min, other.begins_on or date.min)
    ends = min(one.ends_on or date.max, other.ends_on or date.max)
    return begins <= ends
