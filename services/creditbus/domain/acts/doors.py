"""Doors: who may state which act about whom, asked in listing of every act before it counts.

Who may speak is the table of powers (``acts.powers``), asked of a removal as of a listing. Beside
it, a burden is asked whether its list is in use and its subject can be on it; a removal nothing
more (law 7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from creditbus.domain.acts.commitments import CommitmentChanged, CommitmentStep
from creditbus.domain.acts.days import day_fault
from creditbus.domain.acts.decisions import PenaltyDecided, Procedure
from creditbus.domain.acts.evaluations import OrganisationEvaluated
from creditbus.domain.acts.gates import BURDENS, Burden
from creditbus.domain.acts.kinds import Act, is_way_out
from creditbus.domain.acts.powers import power_fault
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.acts.repairs import RepairApplied, RepairDocument
from creditbus.domain.law.articles import LISTS, MINORS, NO_CREDIT
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import SubjectKind, is_person, kind_of

_TWO: Final = sorted(RepairDocument)


def door_fault(act: Act, catalogue: Catalogue) -> Fault | None:
    """Return why an act may not be stated by its source about its subject, or none.

    Of a burden first: is the subject of age, and the list known and in use; last, can the subject
    be on it (国办发〔2020〕49号 (八); 法释〔2017〕7号 第四条).
    """
    if isinstance(act, BURDENS):
        return _burden_fault(act, catalogue)
    return power_fault(act, catalogue) or _FAULTS.get(type(act), _none)(act)


def fault_under(editions: Editions, act: Act) -> Fault | None:
    """Return why an act may not be stated, under the edition of the day on which it was decided.

    What eases may also be stated by who had the power under any edition: a keeper that a reform
    has replaced still takes its own entries off, and nobody else could. A day that is made up is
    asked about first: it names no edition.
    """
    day = day_fault(act)
    if day is not None:
        return day
    fault = door_fault(act, editions.on(act.envelope.decided_on))
    if fault is None or not is_way_out(act):
        return fault
    may = any(door_fault(act, each) is None for each in editions.catalogues)
    return None if may else fault


def _burden_fault(act: Burden, catalogue: Catalogue) -> Fault | None:
    kind = kind_of(act.envelope.subject_id)
    if kind is SubjectKind.NATURAL_PERSON and act.envelope.adult_on_decision is not True:
        detail = "the subject was not of age on the day of the decision; nothing of it is kept"
        return Fault(Reason.SUBJECT_MINOR, "adult_on_decision", MINORS, detail)
    definition = catalogue.lists.get(act.list_id)
    if definition is None:
        detail = f"the catalogue has no list {act.list_id}"
        return Fault(Reason.LIST_UNKNOWN, "list_id", LISTS, detail)
    if not definition.enabled:
        return Fault(Reason.LIST_DISABLED, "list_id", LISTS, definition.note or "not in use")
    fault = power_fault(act, catalogue)
    if fault is None and not definition.admits(kind):
        detail = f"{definition.id} does not admit subjects of this kind"
        return Fault(Reason.SUBJECT_NOT_ADMITTED, "subject_id", LISTS, detail)
    return fault


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
