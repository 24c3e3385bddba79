"""Obligations: what one body owes now, or how it settled it, as delivery last knew.

An obligation moves by records alone: it is **stated** by a directive, **tried** by attempts, and
**settled** by its body's outcome. The newest of these is its whole present state, so whoever wants
to know what is owed reads it here and reckons nothing anew.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from creditbus.domain.effects.directives import Action, Lane, Outcome
from creditbus.domain.ids import BodyId, DirectiveId, MeasureId, ObligationId, SubjectId


class Obligation(msgspec.Struct, frozen=True, kw_only=True):
    """One obligation as its newest directive states it, and what became of that directive.

    ``outcome`` and ``detail`` are the body's last answer, or why it gave none that can be read.
    ``tries`` counts the attempts on record; ``due_at`` is when the next comes, none once it is
    settled. ``settled_at`` is when the bus took the answer in that settled it.
    """

    obligation_id: ObligationId
    directive_id: DirectiveId
    body: BodyId
    measure_id: MeasureId
    action: Action
    lane: Lane
    revision: int
    subject_id: SubjectId
    stated_at: datetime
    due_at: datetime | None = None
    tries: int = 0
    tried_at: datetime | None = None
    status: int | None = None
    outcome: Outcome | None = None
    detail: str = ""
    settled_at: datetime | None = None
    synthetic: bool = False

    @property
    def is_owed(self) -> bool:
        """Return whether the body has yet to say what became of it (law 6)."""
        return self.settled_at is None
