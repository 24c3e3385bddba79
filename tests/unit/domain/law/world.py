"""A small world in which each field of the catalogue decides something, to be asked under any law.

``outcomes(catalogue, clocks)`` is all that the law makes of some acts: what is refused, what
stands on which days, who is told what, who carries it out, and what a check is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from creditbus.delivery.app import bounds_of, condition_of
from creditbus.dispatch.decide import build as build_dispatch
from creditbus.domain.accounts.assembly import Known, account_of
from creditbus.domain.acts import power_review
from creditbus.domain.acts.doors import faults_of
from creditbus.domain.acts.events import Act
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.acts.repairs import RepairPlace, RepairStep
from creditbus.domain.acts.suspensions import Proceeding
from creditbus.domain.effects.checks import Check
from creditbus.domain.effects.directives import Lane
from creditbus.domain.entries import clock_review
from creditbus.domain.entries.deadlines import Clocks
from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.endings import Rules
from creditbus.domain.entries.notes import note_of
from creditbus.domain.entries.standings import Standing, entries_on, with_entries
from creditbus.domain.ids import ItemId, SourceId, SubjectId
from creditbus.domain.law import review
from creditbus.domain.law.catalogue import Catalogue, ExecutingBody, Tier
from creditbus.domain.law.editions import Editions
from creditbus.domain.law.explanations import explain, explain_reader
from creditbus.domain.subjects import SubjectKind, kind_of
from creditbus.domain.terms.reckonings import reckon
from creditbus.domain.terms.words import explain as steps_of
from creditbus.domain.terms.words import name_of
from creditbus.engine.values import DictState
from creditbus.exposure.decide import build as build_exposure
from creditbus.feed.decide import may_read
from creditbus.query.decide import answer, why_not
from tests import acts
from tests.examples import (
    DECIDED_ON,
    FIRM,
    OTHER_FIRM,
    PERSON,
    a_bid_bar,
    a_dossier,
    a_grade_a,
    a_listing,
    a_restriction,
    decided,
)

DAY: Final = timedelta(days=1)
SENT_AT: Final = datetime(2026, 11, 30, tzinfo=UTC)
OFFICE_CODE: Final = SubjectId("uscc:11370200000000000B")
_PERSON: Final[dict[str, Any]] = {
    "subject_id": PERSON,
    "subject_kind": SubjectKind.NATURAL_PERSON,
    "subject_name": None,
    "adult_on_decision": True,
}


def of_list(source: str, list_id: str, basis: str, **changes: Any) -> Any:
    """Return a listing by a keeper on its list, for three years unless it says otherwise."""
    own = {
        "source": source,
        "record_id": f"{source}-1",
        "list_id": list_id,
        "bases": (basis,),
        "provisions": (),
        "ends_on": date(2029, 3, 2),
    }
    return a_listing(**(own | changes))


MARKET: Final = of_list("market", "BL-SAMR-YZ", "SAMR-44", provisions=("food",), tier=Tier.SERIOUS)
TAX: Final = of_list("tax", "BL-TAX-ZD", "STA-54-ART6", tier=Tier.SERIOUS)
SAFETY: Final = of_list("emergency", "BL-EM-AQ", "WSL-ART78", tier=Tier.SERIOUS)
PERSON_SAFETY: Final = of_list("emergency", "BL-EM-AQ", "WSL-ART78", **_PERSON)
WAGES: Final = of_list("labour", "BL-HRSS-GZ", "WAGE-ART48", **_PERSON, unit=FIRM)
ABNORMAL: Final = of_list(
    "market",
    "AB-SAMR-YC",
    "ENTERPRISE-INFO-ART17",
    provisions=("1",),
    ends_on=None,
    until_performed=True,
    record_id="YC-1",
    notice_served_on=None,
    rights_stated=False,
)
BAR: Final = a_bid_bar()
ENDLESS: Final = a_listing(provisions=("1",), ends_on=None, until_performed=True)
OF_CULTURE: Final = of_list("culture", "BL-CULT-WL", "TOURISM-ART108")
GOVERNMENT: Final = of_list(
    "development", "BL-GOV-ZW", "SD-CREDIT-ART48", ends_on=None, until_performed=True
)
DEBTOR: Final = a_listing(**_PERSON, record_id="SX-P")

STATED: Final[Mapping[str, Act]] = {
    "court": a_listing(),
    "in grace": a_listing(effective_on=date(2026, 5, 2)),
    "debtor": DEBTOR,
    "debtor for a unit": a_listing(**_PERSON, unit=FIRM),
    "bar": BAR,
    "bar for a year": a_bid_bar(ends_on=date(2027, 3, 2)),
    "unnoticed": a_bid_bar(notice_served_on=None),
    "market": MARKET,
    "market, published late": of_list(
        "market",
        "BL-SAMR-YZ",
        "SAMR-44",
        provisions=("food",),
        effective_on=date(2026, 4, 1),
        ends_on=date(2029, 4, 1),
    ),
    "tax": TAX,
    "safety": SAFETY,
    "wages": WAGES,
    "off": OF_CULTURE,
    "government": GOVERNMENT,
    "endless": ENDLESS,
    "order": a_restriction(),
    "honour": a_grade_a(),
    "notice": acts.a_notice(measures=("A23",)),
    "extension": acts.an_extension(ends_on=date(2031, 3, 2)),
    "objection": acts.an_objection(),
    "ruling": acts.an_objection_ruling(ObjectionResult.DISMISSED),
    "ruling of a superior": acts.an_objection_ruling(
        ObjectionResult.DISMISSED,
        source="tax",
        list_id="BL-TAX-ZD",
        entry=RecordReference(source=SourceId("tax-east"), record_id="x"),
    ),
    "stay": acts.a_stay(
        proceeding=Proceeding.LAWSUIT,
        source="court",
        entry=RecordReference(source=SourceId("tender"), record_id="ZB-1"),
        list_id="BL-BID-ZT",
    ),
    "reconsidered": acts.a_stay(
        proceeding=Proceeding.RECONSIDERATION,
        source="justice",
        list_id="BL-BID-ZT",
        entry=RecordReference(source=SourceId("tender"), record_id="ZB-1"),
    ),
    "registered": acts.a_registration(Registration.DEREGISTERED),
    "permit": acts.a_permit(),
    "permit of a court": acts.a_permit(source="court"),
    "penalty": acts.a_penalty(),
}
"""Acts of every kind of author, of which the law says whether they count."""

HISTORIES: Final[Mapping[str, tuple[Any, ...]]] = {
    "firm": (
        a_listing(),
        acts.an_extension(ends_on=date(2031, 3, 2)),
        acts.a_performance(),
        acts.an_objection(filed_on=date(2026, 3, 13)),
        BAR,
        acts.a_performance(
            source="tender",
            list_id="BL-BID-ZT",
            record_id="LX-2",
            entry=RecordReference(source=SourceId("tender"), record_id="ZB-2026-001"),
        ),
        MARKET,
        ABNORMAL,
        a_grade_a(ends_on=date(2029, 3, 2)),
        of_list("finance", "BL-FIN-CG", "GPL-ART77", provisions=("77",)),
    ),
    "other": (SAFETY, TAX, ENDLESS, a_bid_bar(record_id="b2", act_ended_on=date(2022, 6, 1))),
    "person": (a_restriction(), DEBTOR, PERSON_SAFETY, WAGES),
    "repaired": (
        TAX,
        acts.an_application(
            list_id="BL-TAX-ZD",
            entry=RecordReference(source=SourceId("tax"), record_id="tax-1"),
            applied_on=DECIDED_ON,
            decided_on=DECIDED_ON,
        ),
    ),
    "corrected": (
        a_bid_bar(),
        acts.an_objection(
            list_id="BL-BID-ZT",
            entry=RecordReference(source=SourceId("tender"), record_id="ZB-2026-001"),
        ),
        acts.an_objection_ruling(
            ObjectionResult.CORRECTED,
            source="tender",
            list_id="BL-BID-ZT",
            entry=RecordReference(source=SourceId("tender"), record_id="ZB-2026-001"),
        ),
    ),
    "told": (
        a_listing(),
        acts.an_application(),
        acts.a_repair_ruling(RepairStep.GRANTED),
        acts.a_place_told(RepairPlace.CREDIT_CHINA),
    ),
}
"""What was said of five subjects; whether it may be is asked of the acts above alone."""

WHO: Final = {"other": OTHER_FIRM, "person": PERSON}
DAYS: Final = tuple(
    date.fromisoformat(day)
    for day in ("2026-03-06", "2026-03-29", "2026-03-30", "2026-04-02", "2028-04-20", "2031-03-04")
)
TOLD_ON: Final = date(2026, 3, 6)
NOON: Final = datetime(2026, 6, 1, 4, tzinfo=UTC)


def outcomes(catalogue: Catalogue, clocks: Clocks) -> dict[str, Any]:
    """Return what the law makes of this world, by what it was asked."""
    law = Editions.of(catalogue)
    found: dict[str, Any] = {f"faults {name}": faults_of(act, law) for name, act in STATED.items()}
    for name, said in HISTORIES.items():
        subject = WHO.get(name, FIRM)
        found |= _of_history(name, subject, a_dossier(*said), said, law, clocks)
    found |= _of_readers(law)
    found["problems"] = (
        review.problems(catalogue),
        power_review.problems(catalogue),
        clock_review.problems(clocks.timers, catalogue),
    )
    found["bodies"] = [_of_body(row) for row in catalogue.bodies.values()]
    found["measures"] = [explain(each, catalogue) for each in catalogue.measures.values()]
    found["tries"] = [each.is_trying(SENT_AT) for each in catalogue.sources.values()]
    for tier in Tier:
        found[f"penalty {tier}"] = note_of(
            acts.a_penalty(tier=tier, decided_on=date(2026, 4, 2)), clocks.terms.values()
        )
    found["lengths"] = [
        (
            *(name_of(clause, "zh"), name_of(clause, "en"), clause.document, clause.article),
            *(steps_of(counted, "zh"), steps_of(counted, "en")),
        )
        for clause in (*clocks.timers.values(), *clocks.terms.values())
        for counted in [reckon(clause, date(2026, 3, 2), clocks.calendar)]
    ]
    found["notes of clauses"] = [
        each.note for each in (*clocks.timers.values(), *clocks.terms.values())
    ]
    return found


def _of_history(
    name: str, subject: SubjectId, dossier: Dossier, said: Any, law: Editions, clocks: Clocks
) -> dict[str, Any]:
    rules = Rules(law.latest.lists, clocks)
    blank = Standing(subject_id=subject, subject_kind=kind_of(subject))
    found: dict[str, Any] = {}
    for day in DAYS:
        standing = with_entries(blank, entries_on(blank, dossier, rules, day))
        found[f"{name} on {day}"] = standing.entries
    known = Known(subject_id=subject, dossier=dossier, acts=said)
    found[f"{name} told"] = account_of(known, law, TOLD_ON, clocks)
    first = msgspec.structs.replace(blank, revision=1)
    standing = with_entries(first, entries_on(first, dossier, rules, DECIDED_ON + DAY))
    found[f"{name} carried out"] = decided(build_dispatch(law), DictState(), [standing])
    found[f"{name} shown"] = decided(build_exposure(law), DictState(), [standing])
    found[f"{name} answered"] = [
        answer(Check(subject=subject, matter=item, purpose=""), standing, law, NOON)
        for item in law.latest.items
    ]
    return found


def _of_body(row: ExecutingBody) -> tuple[object, ...]:
    """Return how a body is asked, and whether it still counts as healthy after tries."""
    condition = condition_of(row)
    states = []
    for at in (1.0, 2.0, 3.0):
        condition.failed(at, status=500, why="HTTP 500", retry_after_s=None)
        states.append(condition.state)
    return bounds_of(row), condition_of(row).room(Lane.LIFT, 0, 0, 0.0), states


def _of_readers(law: Editions) -> dict[str, Any]:
    catalogue = law.latest
    readers = catalogue.subscribers.values()
    return {
        "may ask": [
            why_not(Check(subject=who, matter=ItemId(item), purpose=purpose), reader, catalogue)
            for reader in readers
            for who in (FIRM, PERSON)
            for item, row in catalogue.items.items()
            for purpose in row.purposes
        ],
        "may read": [may_read(reader) for reader in readers],
        "readers": [explain_reader(reader, catalogue) for reader in readers],
    }
