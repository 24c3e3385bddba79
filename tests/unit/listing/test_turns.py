"""Turns: a row without its days is due at once, and no day that a dossier carries is lost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec
import pytest

from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.entry import Stage
from creditbus.engine.changelog import Indexed
from creditbus.engine.values import DictState
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import TABLES, build
from creditbus.listing.memory import DOSSIERS, DUE
from tests.examples import (
    DECIDED_ON,
    FIRM,
    a_bid_bar,
    a_grade_a,
    a_listing,
    a_turn,
    decided,
    some_clocks,
    some_editions,
)

DAY: Final = timedelta(days=1)
DECIDE: Final = build(some_editions(), some_clocks())


def turns_of(state: DictState) -> tuple[int, ...] | None:
    (dossier,) = state.get_many(DOSSIERS, [FIRM])
    assert dossier is not None
    return dossier.turns


def due_in(state: DictState) -> list[date]:
    return [day for (day, _), _ in state.scan(DUE, (date.min, ""), (date.max, ""), 100)]


def of_an_earlier_program(state: DictState) -> DictState:
    """Return a state as a program without the index left it, after its rows were read anew."""
    dossiers = state.rows[DOSSIERS.name]
    for key, dossier in dossiers.items():
        dossiers[key] = msgspec.structs.replace(dossier, turns=None)
    rows = [
        (table.stored(key), table.pack_value(value))
        for table in TABLES
        if table is not DUE
        for key, value in state.rows.get(table.name, {}).items()
    ]
    skip = len(DUE.prefix)
    state.rows[DUE.name] = {key[skip:]: b"" for key, _ in Indexed(TABLES).entries(rows)}
    return state


def test_a_dossier_of_an_earlier_program_is_due_on_the_next_day_and_ends_on_its_own() -> None:
    state, over = DictState(), DECIDED_ON + 10 * DAY
    decided(DECIDE, state, [a_turn(DECIDED_ON), a_listing(provisions=("1",), ends_on=over)])
    told = turns_of(state)
    of_an_earlier_program(state)
    assert due_in(state)[0] == date.min
    decided(DECIDE, state, [a_turn(DECIDED_ON + DAY)], first=2)
    assert turns_of(state) == told
    assert date.min not in due_in(state)
    assert over + DAY in due_in(state)
    decided(DECIDE, state, [a_turn(over + DAY)], first=3)
    (standing,) = state.get_many(SUBJECTS, [FIRM])
    assert standing is not None
    assert [entry.stage for entry in standing.entries] == [Stage.REMOVED]


def test_an_act_upon_a_dossier_of_an_earlier_program_finds_the_days_of_all_entries() -> None:
    state, over = DictState(), DECIDED_ON + 10 * DAY
    decided(DECIDE, state, [a_turn(DECIDED_ON), a_listing(provisions=("1",), ends_on=over)])
    of_an_earlier_program(state)
    decided(DECIDE, state, [a_grade_a()], first=2)
    assert (over + DAY).toordinal() in (turns_of(state) or ())
    assert over + DAY in due_in(state)


def test_a_day_without_anything_new_writes_no_dossier() -> None:
    state = DictState()
    decided(DECIDE, state, [a_turn(DECIDED_ON), a_bid_bar()])
    # As if a day were due on which nothing moves any more.
    state.rows[DUE.name][DUE.pack_key((DECIDED_ON + DAY, FIRM))] = b""
    before = state.rows[DOSSIERS.name].copy()
    decided(DECIDE, state, [a_turn(DECIDED_ON + DAY)], first=2)
    assert all(state.rows[DOSSIERS.name][key] is dossier for key, dossier in before.items())


@pytest.mark.parametrize("turns", [None, (3, 9)])
def test_a_dossier_knows_days_only_if_it_carries_every_one(turns: tuple[int, ...] | None) -> None:
    dossier = Dossier(turns=turns)
    assert dossier.knows([date.fromordinal(3)]) is (turns is not None)
    assert not dossier.knows([date.fromordinal(3), date.fromordinal(4)])
    assert dossier.knows([]) is (turns is not None)


def test_a_dossier_keeps_its_days_in_order_and_lets_go_of_those_that_have_come() -> None:
    first = DECIDED_ON.toordinal()
    dossier = Dossier(turns=(first, first + 700))
    days = [DECIDED_ON + number * DAY for number in (900, 2, 1)]
    told = (first + 2, first + 700, first + 900)
    assert dossier.turning_on(days, DECIDED_ON + DAY).turns == told
    assert dossier.turning_on(days, None).turns == (first, first + 1, *told)
    assert Dossier().turning_on([], None).turns == ()


def test_a_day_of_one_entry_stays_known_when_another_moves() -> None:
    state, over = DictState(), DECIDED_ON + 10 * DAY
    decided(
        DECIDE, state, [a_turn(DECIDED_ON), a_listing(provisions=("1",), ends_on=over), a_grade_a()]
    )
    assert (over + DAY).toordinal() in (turns_of(state) or ())
