"""Evaluations and guidance: what others concluded of an organisation, and what helped it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import Fact


class OrganisationEvaluated(Fact, frozen=True, kw_only=True):
    """A lawful evaluator graded an organisation by its own published method.

    The bus computes none, and carries none of natural persons.
    """

    grade: str
    method: str
    valid_from: date
    valid_to: date | None = None


class GovernanceStep(StrEnum):
    """How an authority helps a subject back, in three steps (山东省社会信用条例 第四十一条)."""

    INTERVIEW = "INTERVIEW"
    TRAINING = "TRAINING"
    RECTIFICATION = "RECTIFICATION"


class GovernanceStepDone(Fact, frozen=True, kw_only=True):
    """A subject was interviewed, trained (free of charge), or reported what it put right.

    To have skipped a step never makes an entry worse.
    """

    step: GovernanceStep
    done_on: date
    case_id: str = ""
