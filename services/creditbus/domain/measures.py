"""Measures: what follows from a standing, by the catalogue alone.

The bus derives no dishonesty of its own: a measure stands exactly as long as an active entry asks
for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from creditbus.domain.catalogue import Catalogue, MeasureDefinition
from creditbus.domain.directives import Ground
from creditbus.domain.entries import Entry, Stage
from creditbus.domain.standings import Standing


def grounds_of(measure: MeasureDefinition, standing: Standing) -> tuple[Ground, ...]:
    """Return the active entries that ask for the measure, none when it cannot reach the subject.

    The stage alone is asked here; a reader with a clock asks ``Ground.ends_at`` as well.
    """
    if not measure.enabled or not measure.reaches(standing.subject_kind):
        return ()
    return tuple(_ground(entry) for entry in standing.entries if _triggers(measure, entry))


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
