"""Review of clocks: what is wrong with the timers that the bus counts, a sentence a fault.

It stands beside ``law.review``, which looks at the rest of a catalogue and knows no timers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from creditbus.domain.entries.deadlines import BEGINS
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.terms.timers import Begin, Timer


def problems(timers: Mapping[str, Timer], catalogue: Catalogue) -> list[str]:
    """Return a sentence for each timer that cannot be counted as its row says."""
    return [*_counted(timers), *_named(timers, catalogue)]


def _counted(timers: Mapping[str, Timer]) -> Iterator[str]:
    for timer_id, begin in BEGINS.items():
        timer = timers.get(timer_id)
        if timer is None:
            yield (
                f"timers.toml: no row {timer_id}, so nobody would ever be late by it; add it, with"
                " enabled = false too"
            )
        elif timer.begins is not begin:
            yield (
                f"timers.toml, row {timer_id}: begins with {timer.begins}, and the bus knows the"
                f" day of the {begin} alone; correct the field"
            )


def _named(timers: Mapping[str, Timer], catalogue: Catalogue) -> Iterator[str]:
    for definition in catalogue.lists.values():
        named = definition.performance_timer
        if not named:
            continue
        timer = timers.get(named)
        if timer is None:
            yield f"list {definition.id}: performance_timer names {named}, no row of timers.toml"
        elif timer.begins is not Begin.GROUND:
            yield (
                f"list {definition.id}: performance_timer names {named}, which begins with"
                f" {timer.begins}; performance is a ground, so name one that begins with ground"
            )
