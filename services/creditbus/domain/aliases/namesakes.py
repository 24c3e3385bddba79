"""Namesakes: acts under a record id that has named another subject, and are no act about that one.

A record is about one subject. Who means to correct the subject and sends the same id with another
one would list two, and the wrong one would stand. The log is parted by subject and cannot tell, so
both doors ask: the gateway before the receipt, and intake before the log. Nothing that eases is
ever asked (law 7).
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.kinds import is_way_out
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.aliases.claims import alias_of
from creditbus.domain.ids import SourceId, SubjectId

RECORD_REUSED: Final = Fault(
    Reason.CONTENT_CONFLICT,
    "record_id",
    "",
    "the record has named another subject, and a record is about one: take it back under that "
    "subject if it was wrong, and give this one a record id of its own",
    "该记录编号此前已用于其他主体：原主体有误的，请先以原主体撤回；本次请以新的记录编号报送",
)

MANY: Final = 20
"""An id that has named so many is a case's, from official sheets, and not all are remembered."""

RecordName = tuple[SourceId, str]
"""Whose record it is, and its own id of it."""

InboxPlace = tuple[int, int]
"""A partition of the inbox, and an offset in it."""


class NamedBefore(msgspec.Struct, frozen=True):
    """What is known of one record: whom it has named, and where it was turned away.

    ``subjects`` are those about whom it counted, or is not decided yet. At the places ``refused``
    it was refused or could not be read, so it names nobody there.
    """

    subjects: frozenset[SubjectId] = frozenset()
    refused: frozenset[InboxPlace] = frozenset()


NOTHING_KNOWN: Final = NamedBefore()


def is_asked(act: Act) -> bool:
    """Return whether it is asked of an act whom its record has named before.

    Not of what eases, nor of what names an old code, which may have stood for another one then.
    """
    return not is_way_out(act) and alias_of(act.envelope.subject_id) is None


def reused(subject: SubjectId, named: AbstractSet[SubjectId]) -> Fault | None:
    """Return why a record may not name a subject, by whom it has named before; None if it may.

    One that has named two already may go on about both, and one of many debtors about any.
    """
    return RECORD_REUSED if 0 < len(named) < MANY and subject not in named else None
