"""Commitments: what a subject promised. Signing has no credit effect, and nor has silence."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import Fact


class CommitmentKind(StrEnum):
    """The five kinds that the city keeps."""

    VOLUNTARY = "VOLUNTARY"
    TOLERANT = "TOLERANT"
    INFORMED = "INFORMED"
    REPAIR = "REPAIR"
    INDUSTRY = "INDUSTRY"


class CommitmentStep(StrEnum):
    """What became of a commitment; a breach is an authority's decision, never a missing event."""

    SIGNED = "SIGNED"
    FULFILLED = "FULFILLED"
    BREACHED = "BREACHED"


class CommitmentChanged(Fact, frozen=True, kw_only=True):
    """A subject committed itself, did as it said, or was found not to.

    山东省社会信用条例 第三十二条.
    ``content_hash`` is that of the signed text. Only an organisation's is ever published.
    """

    kind: CommitmentKind
    step: CommitmentStep
    item: str
    content_hash: str
    valid_to: date | None = None
    publish: bool = False
