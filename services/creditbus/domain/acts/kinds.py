"""Kinds of events: which move an entry, which move all of a subject's, and which are facts."""

from __future__ import annotations

from typing import Final

from creditbus.domain.acts.commitments import CommitmentChanged
from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided
from creditbus.domain.acts.evaluations import GovernanceStepDone, OrganisationEvaluated
from creditbus.domain.acts.events import DayTurned, EntryListed, EntryRemoved
from creditbus.domain.acts.listings import EntryExtended, EntryNoticed, EntryVaried
from creditbus.domain.acts.objections import ObjectionDecided, ObjectionFiled, ObjectionResult
from creditbus.domain.acts.registrations import RelationChanged, SubjectRegistered
from creditbus.domain.acts.repairs import (
    RepairApplied,
    RepairDecided,
    RepairPropagated,
    RepairStep,
)
from creditbus.domain.acts.revocations import (
    BasisRevoked,
    ConsentWithdrawn,
    ReorganisationRuled,
)
from creditbus.domain.acts.suspensions import (
    DutyPerformed,
    EntrySuspended,
    RestrictionLifted,
    Stay,
)

OwnAct = EntryNoticed | EntryListed | EntryExtended | EntryVaried | EntryRemoved
"""Acts of a list's keeper in the record of the entry itself; its revisions order them."""

EntryAct = (
    EntrySuspended
    | RestrictionLifted
    | DutyPerformed
    | ObjectionFiled
    | ObjectionDecided
    | RepairApplied
    | RepairDecided
    | RepairPropagated
)
"""Acts about one entry, in that record or in records of their own."""

SubjectAct = BasisRevoked | ConsentWithdrawn | ReorganisationRuled | SubjectRegistered
"""Acts that reach every entry of a subject for which they hold."""

Fact = (
    RelationChanged
    | CommitmentChanged
    | OrganisationEvaluated
    | PenaltyDecided
    | PermitDecided
    | GovernanceStepDone
)
"""What is kept as stated, and moves no entry."""

Act = OwnAct | EntryAct | SubjectAct | Fact
"""Everything that a source may state."""

Logged = Act | DayTurned
"""Everything that the log of events holds."""


def is_way_out(act: Act) -> bool:
    """Tell whether an act only eases what lies on its subject, so that no doubt may hold it.

    Law 7; 山东省社会信用条例 第四十条. It passes even where its record's revision was used before.
    """
    match act:
        case EntryRemoved() | DutyPerformed() | ConsentWithdrawn():
            return True
        case BasisRevoked(reinstated=reinstated):
            return not reinstated
        case RestrictionLifted(withdrawn=withdrawn) | ObjectionFiled(withdrawn=withdrawn):
            return not withdrawn
        case EntrySuspended(stay=stay):
            return stay is Stay.STAYED
        case ObjectionDecided(result=result):
            return result is not ObjectionResult.DISMISSED
        case RepairDecided(step=step):
            return step in {RepairStep.ACCEPTED, RepairStep.GRANTED}
        case _:
            return False


OWN_ACTS: Final = (EntryNoticed, EntryListed, EntryExtended, EntryVaried, EntryRemoved)
ENTRY_ACTS: Final = (
    *(EntrySuspended, RestrictionLifted, DutyPerformed, ObjectionFiled, ObjectionDecided),
    *(RepairApplied, RepairDecided, RepairPropagated),
)
SUBJECT_ACTS: Final = (BasisRevoked, ConsentWithdrawn, ReorganisationRuled, SubjectRegistered)
FACTS: Final = (
    *(RelationChanged, CommitmentChanged, OrganisationEvaluated),
    *(PenaltyDecided, PermitDecided, GovernanceStepDone),
)
ACTS: Final[tuple[type[Act], ...]] = (*OWN_ACTS, *ENTRY_ACTS, *SUBJECT_ACTS, *FACTS)
