"""Explanations: what a measure does and what a reader reads, with law and limits, in sentences.

Whoever is hit by a measure, or must carry it out, gets the same answer from the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from creditbus.domain.ids import BasisId
from creditbus.domain.law.catalogue import (
    Basis,
    Catalogue,
    MeasureClass,
    MeasureDefinition,
    Subscriber,
)
from creditbus.domain.law.differences import cited, in_words
from creditbus.domain.law.never import SPARED_EN, SPARED_ZH

_CLASSES: Final = {
    MeasureClass.A: "reduces rights, so it needs a law, a regulation or a judicial interpretation",
    MeasureClass.B: "manages, within the powers of the authority",
    MeasureClass.C: "is left to others, whom nobody forces",
    MeasureClass.I: "is an incentive",
}


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A measure in words; ``human`` says when a human must decide, ``never`` what is spared."""

    id: str
    name_zh: str
    name_en: str
    state: str
    does: str
    executors: tuple[str, ...]
    lists: tuple[str, ...]
    bases: tuple[str, ...]
    asked: tuple[str, ...]
    human: str
    never: tuple[str, ...]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A subscriber in words; ``asks`` are the matters and purposes that are open to it."""

    id: str
    name_zh: str
    name_en: str
    state: str
    purpose: str
    bases: tuple[str, ...]
    asks: tuple[str, ...]
    persons: str
    duties: tuple[str, ...]


def explain_reader(reader: Subscriber, catalogue: Catalogue) -> Reading:
    """Return what a subscriber may read and owes, under the edition that it belongs to."""
    return Reading(
        id=f"{reader.code} {reader.id}".strip(),
        name_zh=reader.name_zh,
        name_en=reader.name_en,
        state=f"{'in use' if reader.enabled else 'off'}. {reader.note}".strip(),
        purpose=f"{reader.purpose_zh} ({reader.purpose_en})",
        bases=_cited(reader.bases, catalogue),
        asks=(
            *(("the feed of exposures",) if reader.exposures else ()),
            *(
                f"{item.id} {item.name_zh} ({item.name_en}), for {purpose}"
                for item in catalogue.items.values()
                for purpose in item.purposes
                if purpose in reader.purposes
            ),
        ),
        persons="yes, by their tokens" if reader.persons else "no, organisations alone",
        duties=(f"{reader.duties_zh} ({reader.duties_en})",) if reader.duties_zh else (),
    )


def explain(measure: MeasureDefinition, catalogue: Catalogue) -> Explanation:
    """Return what a measure is, under the edition that it belongs to."""
    bodies = in_words("bodies", measure.bodies, catalogue)
    own = f"{measure.spares_zh} ({measure.spares_en})"
    return Explanation(
        id=measure.id,
        name_zh=measure.name_zh,
        name_en=measure.name_en,
        state=state_of(measure),
        does=f"{measure.name_en}: it {_CLASSES[measure.measure_class]}",
        executors=(
            f"{measure.executor_zh} ({measure.executor_en})",
            *(f"gets a directive: {body}" for body in bodies),
        ),
        lists=in_words("triggers", measure.triggers, catalogue),
        bases=_cited(measure.bases, catalogue),
        asked=tuple(
            f"{item.id} {item.name_zh} ({item.name_en})"
            for item in catalogue.items.values()
            if measure.id in {*item.barred_by, *item.eased_by}
        ),
        human=_human(measure),
        never=(*((own,) if measure.spares_zh else ()), f"{SPARED_ZH} ({SPARED_EN})"),
    )


def state_of(measure: MeasureDefinition) -> str:
    """Return whether a measure is in use, and why not."""
    if measure.enabled:
        return f"in use. {measure.note}".strip()
    return f"{'excluded' if measure.excluded else 'off'}. {measure.note}"


def _cited(bases: Iterable[BasisId], catalogue: Catalogue) -> tuple[str, ...]:
    known = (catalogue.bases[basis] for basis in bases)
    return tuple(
        f"{cited(basis)}, {basis.level.replace('_', ' ')}, {_in_force(basis)}" for basis in known
    )


def _in_force(basis: Basis) -> str:
    until = f" to {basis.in_force_to}" if basis.in_force_to is not None else ""
    off = "" if basis.enabled else f"; not in use: {basis.note}"
    return f"in force from {basis.in_force_from}{until}{off}"


def _human(measure: MeasureDefinition) -> str:
    if measure.record_only:
        return "the bus sends nothing; whoever carries it out acts on a decision of its own"
    if not measure.automatic:
        return "always: what the bus says is advice, and a human of the executing body decides"
    if measure.measure_class is MeasureClass.A and measure.persons:
        whom = "for natural persons always (PIPL, article 24)"
        return f"{whom}; for organisations no" if measure.organisations else whom
    return "no: the executing body may apply it on the directive or the answer"
