"""Small named values for tests: one lawful act of each kind, about the court's listing of a firm.

As in ``tests.examples``, a change names a field of the act or of its envelope. Acts that are
records of their own are the city's credit office's, whose objections and repairs come in there.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, TypeVar

import msgspec

from creditbus.domain.acts.commitments import CommitmentChanged, CommitmentKind, CommitmentStep
from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided, PermitMode, Procedure
from creditbus.domain.acts.evaluations import (
    GovernanceStep,
    GovernanceStepDone,
    OrganisationEvaluated,
)
from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.listings import EntryExtended, EntryNoticed, EntryVaried, NoticeStep
from creditbus.domain.acts.objections import ObjectionDecided, ObjectionFiled, ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.registrations import (
    Registration,
    Relation,
    RelationChanged,
    SubjectRegistered,
)
from creditbus.domain.acts.repairs import (
    RepairApplied,
    RepairDecided,
    RepairDocument,
    RepairPlace,
    RepairPropagated,
    RepairStep,
)
from creditbus.domain.acts.revocations import (
    BasisRevoked,
    ConsentWithdrawn,
    ReorganisationRuled,
    ReorganisationStep,
    RevocationKind,
)
from creditbus.domain.acts.suspensions import (
    DutyPerformed,
    EntrySuspended,
    LiftGround,
    Proceeding,
    RestrictionLifted,
    Stay,
)
from creditbus.domain.ids import BasisId, SourceId
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.subjects import SubjectKind
from tests.examples import CONSUMPTION, COURT_LIST, GRADE_A, PERSON, an_envelope

OFFICE: Final = SourceId("development")
"""The city's credit office: objections and applications for repair come in through it."""

LISTED: Final = RecordReference(source=SourceId("court"), record_id="SX-2026-001")
ORDERED: Final = RecordReference(source=SourceId("court"), record_id="XX-2026-001")
OBJECTED: Final = RecordReference(source=OFFICE, record_id="YY-1")
APPLIED: Final = RecordReference(source=OFFICE, record_id="XF-1")

A = TypeVar("A", bound=msgspec.Struct)

_FIELDS: Final = frozenset(Envelope.__struct_fields__)


def _act(kind: type[A], own: dict[str, Any], changes: dict[str, Any]) -> A:
    stated = {"bases": (), **own, **changes}
    envelope = {name: value for name, value in stated.items() if name in _FIELDS}
    body = {name: value for name, value in stated.items() if name not in _FIELDS}
    tag = str(kind.__struct_config__.tag)
    return kind(envelope=an_envelope(kind=tag, **envelope), **body)


def a_notice(**changes: Any) -> EntryNoticed:
    """Return the notice of the court's listing; it comes in the record of the listing."""
    own = {
        "record_revision": 1,
        "decided_on": date(2026, 1, 12),
        "bases": (BasisId("SPC-2017-7-ART1"),),
        "list_id": COURT_LIST,
        "step": NoticeStep.SERVED,
        "served_on": date(2026, 1, 12),
        "rights_stated": True,
        "lapses_on": date(2026, 4, 12),
    }
    return _act(EntryNoticed, own, changes)


def an_extension(**changes: Any) -> EntryExtended:
    """Return the extension of the court's listing by a year."""
    own = {
        "record_revision": 2,
        "decided_on": date(2027, 9, 1),
        "bases": (BasisId("SPC-2017-7-ART2"),),
        "list_id": COURT_LIST,
        "extended_from": date(2028, 3, 2),
        "ends_on": date(2029, 3, 2),
    }
    return _act(EntryExtended, own, changes)


def a_variation(**changes: Any) -> EntryVaried:
    """Return the variation of the person's restriction order to item 2 alone."""
    own = {
        "record_id": ORDERED.record_id,
        "record_revision": 2,
        "subject_id": PERSON,
        "subject_kind": SubjectKind.NATURAL_PERSON,
        "adult_on_decision": True,
        "bases": (BasisId("SPC-2015-17-ART3"),),
        "list_id": CONSUMPTION,
        "provisions": ("2",),
    }
    return _act(EntryVaried, own, changes)


def a_stay(**changes: Any) -> EntrySuspended:
    """Return the stay of the court's listing by a lawsuit."""
    own = {
        "record_id": "ST-1",
        "list_id": COURT_LIST,
        "proceeding": Proceeding.LAWSUIT,
        "stay": Stay.STAYED,
        "entry": LISTED,
    }
    return _act(EntrySuspended, own, changes)


def a_window(**changes: Any) -> RestrictionLifted:
    """Return a lift of items 1 and 9 of the person's order, for a funeral, for ten days."""
    own = {
        "record_id": "LF-1",
        "subject_id": PERSON,
        "subject_kind": SubjectKind.NATURAL_PERSON,
        "list_id": CONSUMPTION,
        "ground": LiftGround.FUNERAL,
        "from_on": date(2026, 3, 12),
        "last_on": date(2026, 3, 21),
        "provisions": ("1", "9"),
        "entry": ORDERED,
    }
    return _act(RestrictionLifted, own, changes)


def a_performance(**changes: Any) -> DutyPerformed:
    """Return that the firm has done what the court's decision asks."""
    own = {"record_id": "LX-1", "list_id": COURT_LIST, "entry": LISTED}
    return _act(DutyPerformed, own, changes)


def an_objection(**changes: Any) -> ObjectionFiled:
    """Return the firm's objection to the court's listing."""
    own = {
        "source": OFFICE,
        "record_id": OBJECTED.record_id,
        "list_id": COURT_LIST,
        "entry": LISTED,
        "filed_on": date(2026, 3, 9),
        "decided_on": date(2026, 3, 9),
    }
    return _act(ObjectionFiled, own, changes)


def an_objection_ruling(result: ObjectionResult, **changes: Any) -> ObjectionDecided:
    """Return the court's decision of that objection."""
    own = {
        "record_id": "YY-1-D",
        "decided_on": date(2026, 3, 16),
        "list_id": COURT_LIST,
        "entry": LISTED,
        "objection": OBJECTED,
        "result": result,
    }
    return _act(ObjectionDecided, own, changes)


def an_application(**changes: Any) -> RepairApplied:
    """Return the firm's application for repair, with its two documents."""
    own = {
        "source": OFFICE,
        "record_id": APPLIED.record_id,
        "decided_on": date(2026, 9, 7),
        "list_id": COURT_LIST,
        "entry": LISTED,
        "applied_on": date(2026, 9, 7),
        "documents": tuple(RepairDocument),
    }
    return _act(RepairApplied, own, changes)


def a_repair_ruling(step: RepairStep, **changes: Any) -> RepairDecided:
    """Return what the court said to that application."""
    own = {
        "record_id": "XF-1-D",
        "decided_on": date(2026, 9, 14),
        "list_id": COURT_LIST,
        "entry": LISTED,
        "application": APPLIED,
        "step": step,
    }
    return _act(RepairDecided, own, changes)


def a_place_told(place: RepairPlace, **changes: Any) -> RepairPropagated:
    """Return that a place was told of the repair."""
    own = {
        "source": OFFICE,
        "record_id": f"XF-1-{place}",
        "decided_on": date(2026, 9, 15),
        "list_id": COURT_LIST,
        "entry": LISTED,
        "application": APPLIED,
        "place": place,
        "told_on": date(2026, 9, 15),
    }
    return _act(RepairPropagated, own, changes)


def a_revocation(**changes: Any) -> BasisRevoked:
    """Return that the court's decision was found void."""
    own = {
        "record_id": "CX-1",
        "revoked_document": an_envelope().document_number,
        "issuer": SourceId("court"),
        "kind": RevocationKind.VOID,
    }
    return _act(BasisRevoked, own, changes)


def a_consent_withdrawn(**changes: Any) -> ConsentWithdrawn:
    """Return that the person took the consent to red entries back."""
    own = {
        "source": OFFICE,
        "record_id": "TY-1",
        "subject_id": PERSON,
        "subject_kind": SubjectKind.NATURAL_PERSON,
        "withdrawn_on": date(2026, 3, 20),
        "list_id": GRADE_A,
    }
    return _act(ConsentWithdrawn, own, changes)


def a_reorganisation(step: ReorganisationStep, **changes: Any) -> ReorganisationRuled:
    """Return a ruling on the firm's reorganisation."""
    own = {"record_id": "PC-1", "decided_on": date(2026, 6, 1), "step": step}
    return _act(ReorganisationRuled, own, changes)


def a_registration(registration: Registration, **changes: Any) -> SubjectRegistered:
    """Return what the registry says of the firm."""
    own = {"source": SourceId("market"), "record_id": "DJ-1", "registration": registration}
    return _act(SubjectRegistered, own, changes)


def a_relation(**changes: Any) -> RelationChanged:
    """Return that the person is the firm's legal representative."""
    own = {
        "source": SourceId("market"),
        "record_id": "DJ-2",
        "relation": Relation.LEGAL_REPRESENTATIVE,
        "person": PERSON,
        "valid_from": date(2026, 1, 5),
    }
    return _act(RelationChanged, own, changes)


def a_commitment(step: CommitmentStep = CommitmentStep.SIGNED, **changes: Any) -> CommitmentChanged:
    """Return the firm's commitment for a permit."""
    own = {
        "source": SourceId("permits"),
        "record_id": "CN-1",
        "kind": CommitmentKind.INFORMED,
        "step": step,
        "item": "食品经营许可",
        "content_hash": "c" * 64,
    }
    return _act(CommitmentChanged, own, changes)


def an_evaluation(**changes: Any) -> OrganisationEvaluated:
    """Return the tax authority's grade of the firm."""
    own = {
        "source": SourceId("tax"),
        "record_id": "PJ-1",
        "grade": "B",
        "method": "国家税务总局公告2025年第12号",
        "valid_from": date(2026, 4, 1),
        "valid_to": date(2027, 3, 31),
    }
    return _act(OrganisationEvaluated, own, changes)


def a_penalty(**changes: Any) -> PenaltyDecided:
    """Return a fine of the firm."""
    own = {
        "source": SourceId("market"),
        "record_id": "CF-1",
        "procedure": Procedure.GENERAL,
        "tier": Tier.GENERAL,
        "violation": "虚假宣传",
        "content": "罚款一万元",
        "fine_fen": 1_000_000,
    }
    return _act(PenaltyDecided, own, changes)


def a_permit(**changes: Any) -> PermitDecided:
    """Return a permit of the firm, given on a commitment."""
    own = {
        "source": SourceId("permits"),
        "record_id": "XK-1",
        "permit": "食品经营许可证",
        "mode": PermitMode.COMMITMENT,
        "valid_to": date(2031, 2, 2),
    }
    return _act(PermitDecided, own, changes)


def a_step(**changes: Any) -> GovernanceStepDone:
    """Return that the firm came to an interview."""
    own = {
        "source": SourceId("market"),
        "record_id": "YT-1",
        "step": GovernanceStep.INTERVIEW,
        "done_on": date(2026, 6, 15),
    }
    return _act(GovernanceStepDone, own, changes)
