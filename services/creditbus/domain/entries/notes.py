"""Notes: what is kept of facts that move no entry, each for as long as it may be disclosed.

A note has an interval and no effect: nothing follows from a commitment, a relation, a penalty or a
permit but what an authority decides next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from creditbus.domain.acts.decisions import PenaltyDecided
from creditbus.domain.acts.events import Fact
from creditbus.domain.acts.kinds import KINDS
from creditbus.domain.acts.registrations import RelationChanged
from creditbus.domain.calendar import years_after
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.domain.law.catalogue import ClockStart
from creditbus.domain.terms.clauses import TermClause, tier_disclosure
from creditbus.domain.terms.spans import CAP_YEARS


class Note(msgspec.Struct, frozen=True, array_like=True):
    """The newest statement of one fact; ``said`` is the word that it turns on.

    Kept to the end of ``kept_to``, none while it goes on; ``other`` is a second subject, if any.
    """

    record: str
    source: SourceId
    record_id: str
    revision: int
    decided_on: date
    said: str
    valid_from: date | None
    valid_to: date | None
    kept_to: date | None
    other: SubjectId | None = None


def note_of(fact: Fact, clauses: Iterable[TermClause] = ()) -> Note:
    """Return what is kept of a fact: five years at most (山东省社会信用条例 第三十八条).

    A relation is kept while it holds, and no day longer; a penalty as long as the clauses allow its
    tier to be disclosed, whatever its source states.
    """
    envelope = fact.envelope
    kept = KINDS[type(fact)].kept
    assert kept is not None, "a test holds that every fact says what is kept of it"
    said, valid_from, valid_to = kept(fact)
    cap = min([years_after(envelope.decided_on, CAP_YEARS), *_disclosed_to(fact, clauses)])
    is_relation = isinstance(fact, RelationChanged)
    return Note(
        str(type(fact).__struct_config__.tag),
        envelope.source,
        envelope.record_id,
        envelope.record_revision,
        envelope.decided_on,
        said,
        valid_from,
        valid_to,
        valid_to if is_relation else min(valid_to or cap, cap),
        fact.person if isinstance(fact, RelationChanged) else None,
    )


def _disclosed_to(fact: Fact, clauses: Iterable[TermClause]) -> Iterator[date]:
    if isinstance(fact, PenaltyDecided) and fact.tier is not None:
        starts = {ClockStart.DECISION: fact.envelope.decided_on}
        longest = tier_disclosure(clauses, fact.tier, starts).longest
        if longest is not None:
            yield longest.end


def is_kept(note: Note, day: date | None) -> bool:
    """Return whether a note may still be held on a day."""
    return day is None or note.kept_to is None or day <= note.kept_to
