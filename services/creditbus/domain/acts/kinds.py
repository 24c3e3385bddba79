"""Kinds of events: which move an entry, which move all of a subject's, and which are facts."""

from __future__ import annotations

from typing import Final, get_args

from creditbus.domain.acts.commitments import CommitmentChanged
from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided
from creditbus.domain.acts.evaluations import GovernanceStepDone, OrganisationEvaluated
from creditbus.domain.acts.listings import EntryExtended, EntryNoticed, EntryVaried
from creditbus.domain.acts.objections import ObjectionDecided, ObjectionFiled
from creditbus.domain.acts.registrations import RelationChanged, SubjectRegistered
from creditbus.domain.acts.repairs import RepairApplied, RepairDecided, RepairPropagated
from creditbus.domain.acts.revocations import (
    BasisRevoked,
    ConsentWithdrawn,
    ReorganisationRuled,
)
from creditbus.domain.acts.suspensions import DutyPerformed, EntrySuspended, RestrictionLifted
from creditbus.domain.events import DayTurned, EntryListed, EntryRemoved

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

OWN_ACTS: Final = get_args(OwnAct)
ENTRY_ACTS: Final = get_args(EntryAct)
SUBJECT_ACTS: Final = get_args(SubjectAct)
FACTS: Final = get_args(Fact)
ACTS: Final = (*OWN_ACTS, *ENTRY_ACTS, *SUBJECT_ACTS, *FACTS)
