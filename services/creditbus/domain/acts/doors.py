"""Doors: who may state which act about whom, asked in listing of every act before it counts.

Who may speak is the table of powers (``acts.powers``), asked of a removal as of a listing. Beside
it, a burden is asked whether its list is in use and its subject can be on it; a removal nothing
more (law 7). ``faults_of`` is all of it and the gates in one question without state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from creditbus.domain.acts.commitments import CommitmentChanged, CommitmentStep
from creditbus.domain.acts.days import day_fault
from creditbus.domain.acts.decisions import PenaltyDecided, Procedure
from creditbus.domain.acts.evaluations import OrganisationEvaluated
from creditbus.domain.acts.events import Act, Burden, EntryListed
from creditbus.domain.acts.gates import Listing, gate_faults
from creditbus.domain.acts.kinds import is_way_out
from creditbus.domain.acts.powers import power_fault
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.acts.repairs import RepairApplied, RepairDocument
from creditbus.domain.law.articles import LISTS, MINORS, NO_CREDIT
from creditbus.domain.law.catalogue import Catalogue, ForUnit
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import SubjectKind, is_person, kind_of, why_not_subject

_TWO: Final = sorted(RepairDocument)
_NOTHING: Final[tuple[Fault, ...]] = ()


def door_faults(act: Act, catalogue: Catalogue) -> tuple[Fault, ...]:
    """Return all that forbids an act to be stated by its source about its subject.

    Of a burden: is the subject of age, the list known and in use, the source its keeper, and can
    the subject be on it (国办发〔2020〕49号 (八); 法释〔2017〕7号 第四条). Of a minor nothing
    else is told, and where there is no list nothing more can be asked.
    """
    if isinstance(act, Burden):
        return _burden_faults(act, catalogue)
    power, other = power_fault(act, catalogue), _FAULTS.get(type(act), _none)(act)
    return tuple(filter(None, (power, other))) if power or other else _NOTHING


def faults_under(editions: Editions, act: Act) -> tuple[Fault, ...]:
    """Return what forbids an act, under the edition of the day on which it was decided.

    What eases may also be stated by who had the power under any edition: a keeper that a reform
    has replaced still takes its own entries off, and nobody else could. A day that is made up is
    asked about first: it names no edition.
    """
    day = day_fault(act)
    if day is not None:
        return (day,)
    found = door_faults(act, editions.on(act.envelope.decided_on))
    if not found or not is_way_out(act):
        return found
    may = any(not door_faults(act, each) for each in editions.catalogues)
    return _NOTHING if may else found


def faults_of(act: Act, editions: Editions) -> tuple[Fault, ...]:
    """Return every fault that the law finds in an act, none when it is in order.

    The answer needs no state: whoever has the catalogue may ask before an act is sent. Only what
    the log alone knows is left to listing: a record that was stated otherwise before, and an act
    that a newer one has overtaken. The first fault names the refusal.
    """
    found = faults_under(editions, act)
    if not isinstance(act, Burden):
        return found
    catalogue = editions.on(act.envelope.decided_on)
    definition = catalogue.lists.get(act.list_id)
    if definition is None or (found and found[0].reason is Reason.SUBJECT_MINOR):
        return found
    gates = gate_faults(Listing(act, definition, catalogue))
    # A made-up day was told above, by the field in which it stands.
    return found + tuple(each for each in gates if each.reason is not Reason.DATE_MADE_UP)


def _burden_faults(act: Burden, catalogue: Catalogue) -> tuple[Fault, ...]:
    kind = kind_of(act.envelope.subject_id)
    if kind is SubjectKind.NATURAL_PERSON and act.envelope.adult_on_decision is not True:
        detail = "the subject was not of age on the day of the decision; nothing of it is kept"
        return (Fault(Reason.SUBJECT_MINOR, "adult_on_decision", MINORS, detail),)
    definition = catalogue.lists.get(act.list_id)
    if definition is None:
        detail = f"the catalogue has no list {act.list_id}"
        return (Fault(Reason.LIST_UNKNOWN, "list_id", LISTS, detail),)
    found = _NOTHING
    if not definition.enabled:
        detail = definition.note or "not in use"
        found = (Fault(Reason.LIST_DISABLED, "list_id", LISTS, detail),)
    power = power_fault(act, catalogue)
    if power is not None:
        found = (*found, power)
    if not definition.admits(act.envelope.subject_id):
        detail = f"{definition.id} does not admit subjects of this kind"
        found = (*found, Fault(Reason.SUBJECT_NOT_ADMITTED, "subject_id", LISTS, detail))
    if definition.for_unit is not None and kind is SubjectKind.NATURAL_PERSON:
        unit = _unit_fault(act, definition.for_unit)
        found = found if unit is None else (*found, unit)
    return found


def _unit_fault(act: Burden, rule: ForUnit) -> Fault | None:
    """Return why a person cannot be listed for a unit's sake, or not without naming the unit.

    A notice has no field for the unit, and is not asked.
    """
    if not isinstance(act, EntryListed):
        return None
    unit = act.unit
    if not rule.listed:
        if unit is None:
            return None
        detail = "nobody is on this list for a unit's debt: list the unit"
        zh = "不得因单位债务将其法定代表人、主要负责人等列入该名单，请列入单位"
        return Fault(Reason.SUBJECT_NOT_ADMITTED, "unit", rule.article, detail, zh)
    if (
        unit is not None
        and not is_person(kind_of(unit))
        and not why_not_subject(kind_of(unit), unit)
    ):
        return None
    detail = "a person is on this list only beside a unit: name it by its subject id"
    zh = "自然人仅随单位列入该名单，请填写该单位的统一社会信用代码"
    return Fault(Reason.SUBJECT_NOT_ADMITTED, "unit", rule.article, detail, zh)


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
