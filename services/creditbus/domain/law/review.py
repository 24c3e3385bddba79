"""Review: what is wrong with a catalogue, a sentence for each row that cannot stand.

Whoever mends law in files wants the whole list at once, with what to do. References lead somewhere,
what burdens rests on law, a term has an end, nothing is counted or forbidden, what is off says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from creditbus.domain.law.catalogue import (
    Catalogue,
    Level,
    ListDefinition,
    MeasureClass,
    MeasureDefinition,
    Polarity,
    Publication,
    Row,
)
from creditbus.domain.law.never import READERS, forbidden_kind, grading, ranking
from creditbus.domain.law.numbers import NUMBERS

CARRYING: Final = frozenset(
    {Level.LAW, Level.REGULATION, Level.JUDICIAL_INTERPRETATION, Level.LOCAL_REGULATION}
)
"""What may carry a burden: law, regulation (local as well) and judicial interpretation."""

_REFERENCES: Final = (
    ("list", "bases", "basis"),
    ("list", "exit_bases", "basis"),
    ("list", "keepers", "source"),
    ("measure", "bases", "basis"),
    ("measure", "bodies", "body"),
    ("item", "barred_by", "measure"),
    ("item", "eased_by", "measure"),
    ("subscriber", "bases", "basis"),
)


_BOUNDS: Final = {
    "years_max": (1, 50),
    "grace_days": (0, 366),
    "early_removal_months": (0, 600),
    "extension_years": (0, 50),
    "disclosure_cap_years": (1, 5),
    "closing_days": (0, 3660),
    "retention_days": (0, 36_600),
}
"""Between what each number of a list lies; the cap is 山东省社会信用条例 第三十八条."""

_YEARS: Final = 50
"""No term of a provision is longer, and 0 is none."""


def problems(catalogue: Catalogue) -> list[str]:
    """Return a sentence for each row that cannot stand, none for a sound catalogue."""
    return list(chain.from_iterable(look(catalogue) for look in _LOOKS))


def _loose(catalogue: Catalogue) -> Iterator[str]:
    for kind, field, target_kind in _REFERENCES:
        known = catalogue.parts[target_kind]
        for row in catalogue.parts[kind].values():
            for target in getattr(row, field):
                if target not in known:
                    unknown = f"{field} names {target}, which the catalogue does not hold"
                    yield f"{kind} {row.id}: {unknown}"


def _loose_triggers(catalogue: Catalogue) -> Iterator[str]:
    for measure in catalogue.measures.values():
        for trigger in measure.triggers:
            definition = catalogue.lists.get(trigger.list_id)
            if definition is None:
                yield f"measure {measure.id}: no list {trigger.list_id}"
                continue
            for provision in trigger.provisions:
                if provision not in definition.provisions:
                    yield f"measure {measure.id}: list {definition.id} has no provision {provision}"


def _weak(catalogue: Catalogue) -> Iterator[str]:
    for measure in catalogue.measures.values():
        if measure.enabled and measure.is_adverse and not _carries(measure, catalogue):
            yield (
                f"measure {measure.id} burdens without a law, regulation or judicial interpretation"
                " that is in use; name one, or set it off and say why"
            )


def _carries(measure: MeasureDefinition, catalogue: Catalogue) -> bool:
    known = [catalogue.bases[basis] for basis in measure.bases if basis in catalogue.bases]
    return any(basis.enabled and basis.level in CARRYING for basis in known)


def _silent(catalogue: Catalogue) -> Iterator[str]:
    for row in _rows(catalogue):
        if not row.enabled and not row.note.strip():
            yield f"{row.id} is not enabled; say why in its note"


def _lists(catalogue: Catalogue) -> Iterator[str]:
    for definition in catalogue.lists.values():
        if definition.enabled:
            yield from _unusable(definition, catalogue)
        yield from _honours(definition)
        yield from _misstated(definition)
        yield from _unlistable(definition)
        yield from _mute_keepers(definition, catalogue)


def _unusable(definition: ListDefinition, catalogue: Catalogue) -> Iterator[str]:
    known = [catalogue.bases[basis] for basis in definition.bases if basis in catalogue.bases]
    if not any(basis.enabled for basis in known):
        yield f"list {definition.id} rests on no basis that is in use; name one, or set it off"
    if not definition.keepers:
        yield f"list {definition.id} has no keeper, so nobody can list; name one, or set it off"
    endless = not definition.until_performed and definition.years_max is None
    if endless and not any(definition.provisions.values()):
        yield f"list {definition.id} has no term; give years_max, or until_performed"


def _honours(definition: ListDefinition) -> Iterator[str]:
    is_red = definition.polarity is Polarity.RED
    if is_red and definition.serious:
        yield f"list {definition.id} is red, and a red list suspends nothing; serious must be false"
    if is_red and definition.persons and not definition.consent_required:
        yield f"list {definition.id} honours persons; consent_required must be true"


def _misstated(definition: ListDefinition) -> Iterator[str]:
    for name in definition.grounds:
        if name not in definition.provisions:
            yield f"list {definition.id}: grounds names {name}, which is no provision of it"
    terms = [*definition.tiers.values(), *(each.term for each in definition.grounds.values())]
    for term in terms:
        if term is not None and term.months_max is not None and term.months_min > term.months_max:
            yield f"list {definition.id}: a term of {term.months_min} to {term.months_max} months"
    for fact in (*definition.entered_by, *definition.removed_by):
        if fact not in NUMBERS:
            yield f"list {definition.id}: there is no kind of event {fact}"


def _attention(catalogue: Catalogue) -> Iterator[str]:
    inside = {
        each.id: each for each in catalogue.lists.values() if each.polarity is Polarity.ATTENTION
    }
    for definition in inside.values():
        if definition.publication is not Publication.NONE:
            yield f"list {definition.id} is for attention, never published; set publication none"
    for measure in catalogue.measures.values():
        named = [each.list_id for each in measure.triggers if each.list_id in inside]
        if named and measure.measure_class is MeasureClass.A:
            yield f"measure {measure.id} reduces rights and follows from attention ({named[0]})"


def _unlistable(definition: ListDefinition) -> Iterator[str]:
    if definition.for_unit is not None and not definition.persons:
        yield f"list {definition.id} admits no person; for_unit decides nothing, leave it out"
    if definition.classes and not definition.organisations:
        yield f"list {definition.id} admits no organisation; classes decide nothing, leave them out"


def _mute_keepers(definition: ListDefinition, catalogue: Catalogue) -> Iterator[str]:
    entered = set(definition.entered_by)
    for keeper in definition.keepers:
        source = catalogue.sources.get(keeper)
        if source is not None and definition.enabled and not source.enabled:
            yield f"list {definition.id}: {keeper} keeps it and is off; mend the keepers"
        if source is not None and not entered & set(source.events):
            yield (
                f"list {definition.id}: {keeper} keeps it and may state none of"
                f" {', '.join(definition.entered_by)}; mend its events, or the keepers"
            )


def _parties(catalogue: Catalogue) -> Iterator[str]:
    for body in sorted(set(map(str, catalogue.bodies)) & set(map(str, catalogue.sources))):
        yield f"body {body}: a source has the same id, and each needs an inbox of its own"
    acting = {*map(str, catalogue.bodies), *map(str, catalogue.sources)}
    for subscriber in sorted(set(catalogue.subscribers) & acting):
        yield f"subscriber {subscriber}: a source or body has the same id; each has its own token"
    for reader in catalogue.subscribers.values():
        known = (catalogue.bases.get(basis) for basis in reader.bases)
        if reader.enabled and not any(basis is None or basis.enabled for basis in known):
            yield f"subscriber {reader.id} reads by no basis in use; name one, or set it off"
    for source in catalogue.sources.values():
        for fact in source.events:
            if fact not in NUMBERS:
                yield f"source {source.id}: there is no kind of event {fact}"


def _counting(catalogue: Catalogue) -> Iterator[str]:
    for kind, rows in catalogue.parts.items():
        for row in rows.values():
            word = ranking([row.id, row.name_zh, row.name_en])
            if word is not None:
                yield f"{kind} {row.id}: {word!r} counts or orders subjects; no row may"
    for definition in catalogue.lists.values():
        word = grading([definition.name_zh, definition.name_en])
        if word is not None and definition.persons:
            yield f"list {definition.id}: {word!r} is a class of natural persons; none is kept"


def _forbidden(catalogue: Catalogue) -> Iterator[str]:
    for measure in catalogue.measures.values():
        yield from _forbidden_measure(measure, catalogue)
    for item in catalogue.items.values():
        kind = forbidden_kind([item.name_zh, item.name_en])
        if kind is not None and item.barred_by:
            yield f"item {item.id} is of {kind}: nothing may bar it"
    for subscriber in catalogue.subscribers.values():
        if subscriber.persons and READERS.search(f"{subscriber.name_zh} {subscriber.name_en}"):
            yield f"subscriber {subscriber.id} may read nothing about natural persons"


def _forbidden_measure(measure: MeasureDefinition, catalogue: Catalogue) -> Iterator[str]:
    kind = forbidden_kind([measure.name_zh, measure.name_en]) if measure.is_adverse else None
    if kind is not None and not measure.excluded:
        yield f"measure {measure.id} touches {kind}: it must be excluded, and say why"
    if measure.excluded and (measure.enabled or measure.triggers or measure.bodies):
        yield f"measure {measure.id} is excluded, so it is off, without triggers and bodies"
    if measure.enabled and measure.is_adverse:
        yield from _forbidden_grounds(measure, catalogue)
    asked = (item for item in catalogue.items.values() if measure.id in item.barred_by)
    if measure.record_only and (measure.bodies or any(asked)):
        yield f"measure {measure.id} is shown only, so nothing is pushed and nothing barred by it"


def _forbidden_grounds(measure: MeasureDefinition, catalogue: Catalogue) -> Iterator[str]:
    """Complain when the measure hangs on a provision of a list that speaks of a forbidden kind."""
    for trigger in measure.triggers:
        definition = catalogue.lists.get(trigger.list_id)
        grounds = definition.grounds if definition is not None else {}
        for name, ground in grounds.items():
            kind = forbidden_kind([ground.name_zh, ground.name_en])
            if kind is not None and (name in trigger.provisions or not trigger.provisions):
                yield f"measure {measure.id} hangs on provision {name} of {trigger.list_id}: {kind}"


def _rows(catalogue: Catalogue) -> Iterator[Row]:
    return chain.from_iterable(rows.values() for rows in catalogue.parts.values())


def _amounts(catalogue: Catalogue) -> Iterator[str]:
    for definition in catalogue.lists.values():
        for name, (least, most) in _BOUNDS.items():
            value = getattr(definition, name)
            if value is not None and not least <= value <= most:
                yield f"list {definition.id}: {name} is {value}; it lies between {least} and {most}"
        for provision, years in definition.provisions.items():
            if not 0 <= years <= _YEARS:
                told = (
                    f"provision {provision} has {years} years; 0 is no term, {_YEARS} the longest"
                )
                yield f"list {definition.id}: {told}"
        if definition.retention_days < definition.closing_days:
            yield f"list {definition.id}: it is forgotten before it is closed; mend retention_days"


_LOOKS: Final[tuple[Callable[[Catalogue], Iterator[str]], ...]] = (
    _loose,
    _loose_triggers,
    _weak,
    _lists,
    _amounts,
    _attention,
    _parties,
    _counting,
    _forbidden,
    _silent,
)
