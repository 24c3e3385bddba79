"""Doors: who may state which act about whom, asked wherever an act comes in.

Intake asks at the door, and listing asks again under its own catalogue, so that no way goes round.
A removal meets none of it but the question who speaks (law 7); what favours the subject is asked
whether its source is competent, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from creditbus.domain.acts.commitments import CommitmentChanged, CommitmentStep
from creditbus.domain.acts.decisions import PenaltyDecided, Procedure
from creditbus.domain.acts.evaluations import OrganisationEvaluated
from creditbus.domain.acts.events import EntryRemoved
from creditbus.domain.acts.gates import BURDENS, Burden
from creditbus.domain.acts.kinds import ENTRY_ACTS, Act
from creditbus.domain.acts.objections import ObjectionFiled
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.acts.repairs import RepairApplied, RepairDocument, RepairPropagated
from creditbus.domain.acts.revocations import ConsentWithdrawn
from creditbus.domain.acts.rows import rows_of
from creditbus.domain.law.articles import LISTS, MINORS, NO_CREDIT, OWN_NAME
from creditbus.domain.law.catalogue import Catalogue, ListDefinition
from creditbus.domain.subjects import SubjectKind, is_person, kind_of

_TWO: Final = sorted(RepairDocument)

_OF_SUBJECTS: Final = (ObjectionFiled, RepairApplied, RepairPropagated, ConsentWithdrawn)
"""What a subject does, or is done for it: any registered unit hands it in, and it burdens none."""


def door_fault(act: Act, catalogue: Catalogue) -> Fault | None:
    """Return why an act may not be stated by its source about its subject, or none.

    Burdens: the list is known and in use, its keeper speaks, and the subject can be on it, of age
    (国办发〔2020〕49号 (八); 法释〔2017〕7号 第四条). Others: the source is registered for such
    events (山东省社会信用条例 第十条), or speaks about its own record.
    """
    if isinstance(act, EntryRemoved):
        return None
    if isinstance(act, BURDENS):
        kind = kind_of(act.envelope.subject_id)
        if kind is SubjectKind.NATURAL_PERSON and act.envelope.adult_on_decision is not True:
            detail = "the subject was not of age on the day of the decision; nothing of it is kept"
            return Fault(Reason.SUBJECT_MINOR, "adult_on_decision", MINORS, detail)
        definition = catalogue.lists.get(act.list_id)
        if definition is None:
            detail = f"the catalogue has no list {act.list_id}"
            return Fault(Reason.LIST_UNKNOWN, "list_id", LISTS, detail)
        return _burden_fault(act, kind, definition)
    return _competence_fault(act, catalogue) or _FAULTS.get(type(act), _none)(act)


def _burden_fault(act: Burden, kind: SubjectKind, definition: ListDefinition) -> Fault | None:
    source = act.envelope.source
    if not definition.enabled:
        return Fault(Reason.LIST_DISABLED, "list_id", LISTS, definition.note or "not in use")
    if source not in definition.keepers:
        detail = f"{source} does not keep {definition.id}"
        return Fault(Reason.SOURCE_NOT_COMPETENT, "list_id", LISTS, detail)
    if not definition.admits(kind):
        detail = f"{definition.id} does not admit subjects of this kind"
        return Fault(Reason.SUBJECT_NOT_ADMITTED, "subject_id", LISTS, detail)
    return None


def _competence_fault(act: Act, catalogue: Catalogue) -> Fault | None:
    source = catalogue.sources.get(act.envelope.source)
    record = str(type(act).__struct_config__.tag)
    if isinstance(act, _OF_SUBJECTS):
        return None
    is_own = isinstance(act, ENTRY_ACTS) and act.entry.source == act.envelope.source
    if is_own or (source is not None and not set(source.events).isdisjoint(rows_of(record))):
        return None
    detail = f"{act.envelope.source} is not registered for {record}"
    return Fault(Reason.SOURCE_NOT_COMPETENT, "source", OWN_NAME, detail)


def _penalty(act: PenaltyDecided) -> Fault | None:
    if act.procedure is not Procedure.SIMPLE:
        return _undocumented(act)
    detail = "a penalty by the simple procedure is no public credit information"
    return Fault(Reason.OUTSIDE_CATALOGUE, "procedure", NO_CREDIT, detail)


def _evaluation(act: OrganisationEvaluated) -> Fault | None:
    if not is_person(kind_of(act.envelope.subject_id)):
        return None
    detail = "no evaluation of a natural person or an individual business is taken or kept"
    return Fault(Reason.SUBJECT_NOT_ADMITTED, "subject_id", NO_CREDIT, detail)


def _commitment(act: CommitmentChanged) -> Fault | None:
    return _undocumented(act) if act.step is CommitmentStep.BREACHED else None


def _undocumented(act: PenaltyDecided | CommitmentChanged) -> Fault | None:
    if act.envelope.document_number.strip():
        return None
    detail = "give the number of the decision that found so"
    return Fault(Reason.DOCUMENT_MISSING, "document_number", LISTS, detail)


def _repair(act: RepairApplied) -> Fault | None:
    if act.withdrawn or sorted(act.documents) == _TWO:
        return None
    detail = "the package is the proof of performance and the commitment, and nothing else"
    return Fault(Reason.PACKAGE_INCOMPLETE, "documents", "国办发〔2025〕22号", detail)


def _none(_act: Act) -> Fault | None:
    return None


_FAULTS: Final[dict[type, Callable[[Any], Fault | None]]] = {
    PenaltyDecided: _penalty,
    OrganisationEvaluated: _evaluation,
    CommitmentChanged: _commitment,
    RepairApplied: _repair,
}
"""What else is asked of an act that lists nobody."""
