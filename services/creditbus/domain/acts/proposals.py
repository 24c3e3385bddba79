"""Proposals: a batch that one person wants passed over, and that a second one must decide about.

A record that is skipped is lost to everybody but its sender. Of a few a person answers alone; of
many only two do, because a wrong offset is typed in a second. What is proposed, approved and
rejected are interventions; a proposal is open until somebody decides, or until it has run out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from creditbus.domain.acts.interventions import Intervention, OperatorStep

GOOD_FOR: Final = timedelta(hours=24)
"""How long a second person may take: what was right yesterday need not be so any more."""

_DECIDED: Final = frozenset({OperatorStep.APPROVE, OperatorStep.REJECT})


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that waits: who asked when and why, whose inbox it is, and from where to where.

    ``start`` and ``through`` are the first and the last offset; ``records`` how many lie there.
    """

    proposal_id: str
    by: str
    at: datetime
    runs_out_at: datetime
    source: str
    place: str
    start: int
    through: int
    records: int
    reason: str


def open_proposals(done: Iterable[Intervention], now: datetime) -> tuple[Proposal, ...]:
    """Return what waits for a second person at this time, the oldest first.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 30, 8, tzinfo=UTC)
    >>> asked = Intervention(
    ...     intervention_id="p", at=at, author="wang", way="CONSOLE", step=OperatorStep.PROPOSE,
    ...     about="court", place="credit.inbox.court.v1/0/7", reason="broken", through=506,
    ... )
    >>> [(each.by, each.records) for each in open_proposals([asked], at)]
    [('wang', 500)]
    >>> open_proposals([asked], at + GOOD_FOR)
    ()
    """
    told = list(done)
    decided = {each.proposal_id for each in told if each.step in _DECIDED}
    waiting = {
        each.intervention_id: _proposal(each, each.through)
        for each in told
        if each.step is OperatorStep.PROPOSE
        and each.through is not None
        and each.intervention_id not in decided
        and each.at <= now < each.at + GOOD_FOR
    }
    return tuple(sorted(waiting.values(), key=lambda each: (each.at, each.proposal_id)))


def _proposal(asked: Intervention, through: int) -> Proposal:
    start = int(asked.place.rpartition("/")[2])
    return Proposal(
        proposal_id=asked.intervention_id,
        by=asked.author,
        at=asked.at,
        runs_out_at=asked.at + GOOD_FOR,
        source=asked.about,
        place=asked.place,
        start=start,
        through=through,
        records=max(0, through + 1 - start),
        reason=asked.reason,
    )
