"""Query: who may ask, and what a check is answered.

The default is yes; a no names the measures that bar, their grounds, bases and remedies. Terms begin
and end here at the moment of reading (law 8), whatever any timer does: with a clock that is down, a
red entry is back when the black one that suspended it is over. An unknown purpose is refused and
logged.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from creditbus.domain.calendar import day_of
from creditbus.domain.effects.checks import Answer, Check, Finding, Verdict
from creditbus.domain.effects.directives import Ground
from creditbus.domain.effects.measures import grounds_of, in_force, remedies_of
from creditbus.domain.entries.standings import Standing, settle
from creditbus.domain.ids import MeasureId, derive
from creditbus.domain.law.catalogue import (
    Catalogue,
    MeasureDefinition,
    Polarity,
    ServiceItem,
    Subscriber,
)
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import SubjectKind, Trust, kind_of, why_not_subject


class Obstacle(msgspec.Struct, frozen=True):
    """Why a check is not answered: the field it is about, and in words what would do."""

    field: Literal["asker", "subject", "matter", "purpose"]
    detail: str


def why_not(
    check: Check,
    asker: Subscriber | None,
    catalogue: Catalogue,
    *,
    is_known: bool = False,
) -> Obstacle | None:
    """Return why a check is not answered, or None when it may be.

    ``is_known`` says that there is a standing under a code that could be a person's number: then
    it is somebody's code, and asked what it was asked when it was listed.
    """
    if asker is None or not asker.enabled:
        return Obstacle("asker", "the credential belongs to no subscriber")
    kind, trust = kind_of(check.subject), Trust.EASING if is_known else Trust.NONE
    if fault := why_not_subject(kind, check.subject, trust):
        return Obstacle("subject", fault)
    if kind is SubjectKind.NATURAL_PERSON and not asker.persons:
        return Obstacle("subject", f"{asker.id} may ask about organisations alone")
    item = catalogue.items.get(check.matter)
    if item is None or not item.enabled:
        known = ", ".join(sorted(catalogue.items))
        return Obstacle("matter", f"there is no service item {check.matter}; there are {known}")
    if check.purpose not in asker.purposes or check.purpose not in item.purposes:
        shared = ", ".join(sorted(set(asker.purposes) & set(item.purposes))) or "no purpose"
        return Obstacle("purpose", f"{asker.id} may ask about {item.id} for {shared}")
    return None


def answer(check: Check, standing: Standing | None, editions: Editions, at: datetime) -> Answer:
    """Return the answer to a check at an instant; none is the standing of a subject never named.

    The law is that of the day of the question. A standing may name a newer edition than this
    process began with; raises ``EditionUnknown`` when its file is not here.
    """
    known = editions if standing is None else editions.activated(standing.edition)
    law = known.as_of(day_of(at))
    item = law.latest.items[check.matter]
    if standing is not None:
        standing = settle(standing, law.latest.lists, day_of(at))
    barred = _findings(item.barred_by, standing, law, at)
    return Answer(
        check_id=derive("check", check.subject, check.matter, check.purpose, at.isoformat()),
        verdict=_verdict(barred),
        listed=_is_listed(standing, law.latest, at),
        matter=check.matter,
        purpose=check.purpose,
        as_of=standing.revision if standing is not None else 0,
        answered_at=at,
        barred=barred,
        eased=_findings(_eased_by(item, barred), standing, law, at),
        edition=law.latest.edition,
    )


def _is_listed(standing: Standing | None, catalogue: Catalogue, at: datetime) -> bool:
    """Return whether a subject is on a list that an asker may know of.

    Attention stays inside the authorities that keep it: it leads to their own inspections, and to
    nobody else it says a thing (发改财金规〔2017〕1798号).
    """
    if standing is None:
        return False
    for entry in standing.entries:
        definition = catalogue.lists.get(entry.list_id)
        is_inside = definition is not None and definition.polarity is Polarity.ATTENTION
        if entry.is_active(at) and not is_inside:
            return True
    return False


def _verdict(barred: tuple[Finding, ...]) -> Verdict:
    if not barred:
        return Verdict.YES
    return Verdict.REVIEW if all(finding.human_review for finding in barred) else Verdict.NO


def _eased_by(item: ServiceItem, barred: tuple[Finding, ...]) -> tuple[MeasureId, ...]:
    return () if barred else item.eased_by


def _findings(
    measures: tuple[MeasureId, ...],
    standing: Standing | None,
    law: Editions,
    at: datetime,
) -> tuple[Finding, ...]:
    if standing is None:
        return ()
    found = []
    for measure_id in measures:
        measure = law.latest.measures[measure_id]
        grounds = in_force(grounds_of(measure, standing, law), at)
        if grounds:
            found.append(_finding(measure, grounds, standing, law.latest))
    return tuple(found)


def _finding(
    measure: MeasureDefinition,
    grounds: tuple[Ground, ...],
    standing: Standing,
    catalogue: Catalogue,
) -> Finding:
    return Finding(
        measure_id=MeasureId(measure.id),
        name_zh=measure.name_zh,
        name_en=measure.name_en,
        bases=measure.bases,
        grounds=grounds,
        remedies=remedies_of(grounds, catalogue),
        human_review=measure.needs_human(standing.subject_kind),
    )
