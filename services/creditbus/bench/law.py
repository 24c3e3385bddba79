"""The law alone: the pure ``transition`` over the demonstration city's histories, on one core.

Each entry's acts move its registers from their beginning, in the order in which the city says them.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from datetime import date
from typing import Final

from creditbus.bench.rows import BenchRow
from creditbus.demo.city import City
from creditbus.domain.acts.events import EntryAct, OwnAct
from creditbus.domain.entries.registers import Registers, unearthed
from creditbus.domain.entries.transitions import entry_of, transition
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.settings import read_settings

SEED: Final = 7
TODAY: Final = date(2026, 6, 1)
ROUNDS: Final = 5

History = tuple[Registers, Sequence[OwnAct | EntryAct]]


def law(count: int) -> BenchRow:
    """Measure how many acts a second move their entries, of about so many; the best of rounds.

    The fastest of several rounds is what the code can do; the others are what the machine was at.
    """
    told = histories(count)
    acts = sum(len(said) for _, said in told)
    seconds = min(_seconds(told) for _ in range(ROUNDS))
    return BenchRow(
        name="law",
        events=acts,
        events_per_s=round(acts / seconds, 1),
        cpu_s_per_million=round(seconds / acts * 1e6, 2),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        extra={"entries": float(len(told))},
    )


def histories(count: int) -> list[History]:
    """Return each entry's empty registers and its acts, of about so many records of the city."""
    city = City(load_catalogue(read_settings().catalogue), seed=SEED, run="law", today=TODAY)
    found: dict[str, tuple[Registers, list[OwnAct | EntryAct]]] = {}
    for statement in city.statements(count):
        act = statement.event
        if not isinstance(act, OwnAct | EntryAct):
            continue
        entry_id, source, record_id = entry_of(act)
        empty = unearthed(entry_id, source, record_id, None)
        found.setdefault(entry_id, (empty, []))[1].append(act)
    return list(found.values())


def _seconds(told: Sequence[History]) -> float:
    began = time.process_time()
    for registers, acts in told:
        moved = registers
        for act in acts:
            moved = transition(moved, act)
    return time.process_time() - began
