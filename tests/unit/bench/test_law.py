"""The bench of the law moves what listing would move: every entry of the city, act by act."""

from __future__ import annotations

from creditbus.bench.law import histories, law
from creditbus.domain.entries.transitions import entry_of, transition


def test_each_history_is_one_entrys_and_moves_it() -> None:
    told = histories(600)
    for registers, acts in told:
        assert {entry_of(act)[0] for act in acts} == {registers.entry_id}
        assert transition(registers, acts[0]) != registers
    assert max(len(acts) for _, acts in told) > 3


def test_row_counts_the_acts() -> None:
    row = law(600)
    assert row.events == sum(len(acts) for _, acts in histories(600))
    assert row.events_per_s
