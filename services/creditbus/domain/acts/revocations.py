"""Revocations: what takes the ground from under a subject's entries, whichever they are."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import SubjectAct
from creditbus.domain.ids import ListId, SourceId


class RevocationKind(StrEnum):
    """How a decision fell (行政处罚法 第四十八条; 山东省社会信用条例 第四十条)."""

    REVOKED = "REVOKED"
    CHANGED = "CHANGED"
    UNLAWFUL = "UNLAWFUL"
    VOID = "VOID"


class BasisRevoked(SubjectAct, frozen=True, kw_only=True):
    """A decision about the subject has fallen: whatever rests on its document ends at once.

    ``issuer`` is the source of the document. ``reinstated`` says that the revocation itself fell.
    """

    revoked_document: str
    issuer: SourceId
    kind: RevocationKind
    grounds: str = ""
    reinstated: bool = False


class ConsentWithdrawn(SubjectAct, frozen=True, kw_only=True):
    """A person took the consent to red entries back (个人信息保护法 第十五条).

    Without a list, to all of them. What was granted on a later consent stays.
    """

    withdrawn_on: date
    list_id: ListId | None = None


class ReorganisationStep(StrEnum):
    """How far a reorganisation in bankruptcy has come."""

    APPROVED = "APPROVED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ReorganisationRuled(SubjectAct, frozen=True, kw_only=True):
    """A court ruled on a reorganisation plan (企业破产法 第八十六条; 信用修复管理办法).

    Approved, the black entries decided before are suspended; completed, they end.
    """

    step: ReorganisationStep
