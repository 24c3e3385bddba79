"""Decisions: penalties and permits, which an authority publishes (发改办财金〔2018〕424号)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import Fact
from creditbus.domain.law.catalogue import Tier


class Procedure(StrEnum):
    """How a penalty was decided; a simple one is not in the credit catalogue."""

    SIMPLE = "SIMPLE"
    GENERAL = "GENERAL"


class PenaltyDecided(Fact, frozen=True, kw_only=True):
    """An authority penalised a subject (行政处罚法 第四十八条). A fact: it lists nobody by itself.

    Amounts are in fen; the official sheets give ten thousands of yuan. No text names a person.
    """

    procedure: Procedure
    tier: Tier | None
    violation: str
    content: str
    penalties: tuple[str, ...] = ()
    fine_fen: int | None = None
    confiscated_fen: int | None = None
    licences: tuple[str, ...] = ()
    notice_served_on: date | None = None
    rights_stated: bool = False
    published_until: date | None = None


class PermitMode(StrEnum):
    """How a permit was given: after full examination, on a commitment, or with papers to come."""

    NORMAL = "NORMAL"
    COMMITMENT = "COMMITMENT"
    TOLERANT = "TOLERANT"


class PermitDecided(Fact, frozen=True, kw_only=True):
    """An authority granted a permit, or took one back (行政许可法)."""

    permit: str
    mode: PermitMode
    content: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    revoked: bool = False
