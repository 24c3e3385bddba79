"""Namesakes at intake: whom the records of an inbox have named, of late and as views knows it.

Intake reads an inbox in its order, so it knows itself whom its last records have named, those of
one slice too; views knows the older ones, but hears of each a moment after it is decided. A place
is noted with each, so that what is decided again after an aborted transaction meets what lay before
it, and neither itself nor what comes after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.kinds import is_way_out
from creditbus.domain.acts.refusals import Fault
from creditbus.domain.aliases.namesakes import (
    MANY,
    NOTHING_KNOWN,
    InboxPlace,
    NamedBefore,
    is_asked,
    reused,
)
from creditbus.domain.ids import SourceId, SubjectId

KEPT: Final = 1_000
"""So many records of each source are remembered, those that came last: of fifty a second the last
twenty seconds, and views is seldom two behind. For 62 sources that takes 30 MB at most."""

Places = tuple[str, str]

Recalled = Mapping[str, NamedBefore]
"""What views knows of a source's records, by their ids; of new ones it knows nothing."""

Ask = Callable[[SourceId, AbstractSet[str]], Recalled]
"""Says what views knows of a source's records; nothing while nobody can be asked."""


def nobody_asked(_source: SourceId, _records: AbstractSet[str]) -> Recalled:
    """Return nothing: what views knows is not asked."""
    return {}


class RecentRecords:
    """Whom the last records of each source have named, and what views knows of older ones.

    Of each subject that a record has named it keeps the first place and the last, as their origins.
    """

    def __init__(self, ask: Ask = nobody_asked, most: int = KEPT) -> None:
        self._ask = ask
        self._most = most
        self._of_source: defaultdict[SourceId, dict[str, dict[SubjectId, Places]]] = defaultdict(
            dict
        )

    def recall(self, source: SourceId, stated: Iterable[object]) -> Recalled:
        """Return what views knows of the records of a source's acts, asked for all at once."""
        acts = {each.envelope.record_id for each in stated if isinstance(each, Act)}
        return self._ask(source, acts) if acts else {}

    def fault_in(self, act: Act, origin: str, recalled: Recalled) -> Fault | None:
        """Return why an act from a place of the inbox may not name its subject, None if it may."""
        envelope = act.envelope
        recent = self._of_source[envelope.source].get(envelope.record_id)
        views = recalled.get(envelope.record_id, NOTHING_KNOWN)
        # Most records are new.
        if (recent is None and views is NOTHING_KNOWN) or not is_asked(act):
            return None
        place = _place(origin)
        named = {
            subject: (_place(first), _place(last))
            for subject, (first, last) in (recent or {}).items()
            if not _is_after(_place(first), place)
        }
        if envelope.subject_id in named:
            return None
        undone = {
            subject
            for subject, (first, last) in named.items()
            if subject not in views.subjects
            and (first if _is_after(last, place) else last) in views.refused
        }
        if recent is not None:
            for subject in undone:
                del recent[subject]
        return reused(envelope.subject_id, views.subjects | (named.keys() - undone))

    def take(self, act: Act, origin: str) -> None:
        """Note whom an admitted act names, by the subject's own id."""
        if is_way_out(act):
            return
        envelope = act.envelope
        records = self._of_source[envelope.source]
        # Whatever came last is forgotten last.
        recent = records.pop(envelope.record_id, None)
        if recent is None:
            records[envelope.record_id] = {envelope.subject_id: (origin, origin)}
        else:
            records[envelope.record_id] = recent
            first, _ = recent.get(envelope.subject_id, (origin, origin))
            if _is_after(_place(first), _place(origin)):
                first = origin
            recent[envelope.subject_id] = (first, origin)
            if len(recent) > MANY:
                del recent[next(iter(recent))]
        if len(records) > self._most:
            del records[next(iter(records))]


def _place(origin: str) -> InboxPlace:
    """Return where a record lies in its inbox: there its origin is its own place."""
    _, partition, offset = origin.rsplit("/", 2)
    return int(partition), int(offset)


def _is_after(one: InboxPlace, other: InboxPlace) -> bool:
    """Return whether a place lies behind another one; only within a partition is there an order."""
    return one[0] == other[0] and one[1] > other[1]
