"""Measures: what follows from a standing, by the catalogue alone.

The bus derives no dishonesty of its own: a measure stands exactly as long as an active entry asks
for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from creditbus.domain.effects.directives import Ground
from creditbus.domain.entries.entry import Entry, Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import MeasureId
from creditbus.domain.law.catalogue import Catalogue, MeasureDefinition
from creditbus.domain.law.editions import Editions


def asked_of(standing: Standing, law: Editions) -> tuple[MeasureDefinition, ...]:
    """Return the measures that the standing's active entries may ask for, in the order of ids."""
    lists = {entry.list_id for entry in standing.entries if entry.stage is Stage.ACTIVE}
    found = {measure.id: measure for each in lists for measure in law.asked_by(each)}
    return tuple(found[measure_id] for measure_id in sorted(found))


def grounds_of(
    measure: MeasureDefinition, standing: Standing, law: Editions | None = None
) -> tuple[Ground, ...]:
    """Return the active entries that ask for the measure, none when it cannot reach the subject.

    The stage alone is asked here; a reader with a clock asks ``Ground.ends_at`` as well. With the
    succession of editions, a measure that burdens must have been law on the day of each decision
    too: a new burden does not reach back, and one that was abolished ends (Legislation Law,
    article 104).
    """
    if not measure.enabled or not measure.reaches(standing.subject_kind):
        return ()
    return tuple(
        _ground(entry)
        for entry in standing.entries
        if _triggers(measure, entry) and _was_law(measure, entry, law)
    )


def in_force(grounds: Iterable[Ground], at: datetime) -> tuple[Ground, ...]:
    """Return the grounds whose terms are not over at an instant."""
    return tuple(ground for ground in grounds if ground.ends_at is None or at < ground.ends_at)


def ends_at(grounds: Iterable[Ground]) -> datetime | None:
    """Return the instant at which the last ground ends.

    None when one of them runs until performed.
    """
    ends = [ground.ends_at for ground in grounds]
    return None if not ends or None in ends else max(end for end in ends if end is not None)


def remedies_of(grounds: Iterable[Ground], catalogue: Catalogue) -> tuple[str, ...]:
    """Return the ways out that the lists behind the grounds state, each once."""
    texts = (
        catalogue.lists[ground.list_id].remedy_zh
        for ground in grounds
        if ground.list_id in catalogue.lists
    )
    return tuple(dict.fromkeys(texts))


def _was_law(measure: MeasureDefinition, entry: Entry, law: Editions | None) -> bool:
    if law is None or not measure.is_adverse:
        return True
    then = law.on(entry.decided_on)
    if then is law.latest:
        return True
    earlier = then.measures.get(MeasureId(measure.id))
    return earlier is not None and earlier.enabled and _triggers(earlier, entry)


def _triggers(measure: MeasureDefinition, entry: Entry) -> bool:
    if entry.stage is not Stage.ACTIVE:
        return False
    held = set(entry.provisions) - set(entry.lifted) if entry.lifted else set(entry.provisions)
    # A window that lifts every item lifts what hangs on the list as a whole.
    is_whole = bool(held) or not entry.lifted
    return any(
        trigger.list_id == entry.list_id
        and (held.intersection(trigger.provisions) if trigger.provisions else is_whole)
        for trigger in measure.triggers
    )


def _ground(entry: Entry) -> Ground:
    return Ground(
        entry_id=entry.entry_id,
        list_id=entry.list_id,
        source=entry.source,
        document_number=entry.document_number,
        bases=entry.bases,
        provisions=entry.provisions,
        decided_on=entry.decided_on,
        ends_at=entry.ends_at,
        disputed=entry.disputed,
    )
