"""The whole bus converges: after any chance of losses, repeats, crashes and days, the laws hold.

Each run is one seed; a failure names it, and the same seed lives the same history again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from creditbus.audit.decide import tally, total
from creditbus.dispatch.decide import Ledger, instruct
from creditbus.domain.acts.events import EntryRemoved
from creditbus.domain.aliases.claims import alias_of
from creditbus.domain.effects.directives import Action
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import derive_entry_id
from creditbus.domain.subjects import is_person
from creditbus.engine.values import DictState, Slice
from creditbus.listing.decide import TABLES, build
from creditbus.listing.memory import DOSSIERS
from creditbus.wire.headers import ALIAS, header
from tests.examples import some_clocks, some_editions, state_hash
from tests.simulation.bus import PARTITIONS, Bus

SEEDS: Final = (*range(7), 8)
STEPS: Final = 800


@pytest.fixture(scope="session")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Bus]]:
    """Live through the history of a seed once, in whatever order its tests come."""
    with ExitStack() as opened:

        @cache
        def of(seed: int) -> Bus:
            lived = opened.enter_context(Bus(seed, tmp_path_factory.mktemp("bodies")))
            lived.live(STEPS)
            assert lived.settle(), f"SEED={seed}: {len(lived.owed())} directives stay owed"
            return lived

        yield of


@pytest.fixture(params=SEEDS, ids=lambda seed: f"SEED={seed}")
def bus(request: pytest.FixtureRequest, histories: Callable[[int], Bus]) -> Bus:
    """A bus that has lived through its seed's history and come to rest."""
    return histories(request.param)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> str:
    """What to say when a law is broken."""
    return f"repeat with {request.node.callspec.id}"


def test_history_was_worth_living(bus: Bus, seed: str) -> None:
    fates = {fate for _, fate in bus.topics.fates}
    assert fates == {"duplicate", "refused", "dead"}, seed
    assert {each.action for each in bus.directives()} == set(Action), seed
    assert bus.days > 10, seed


def test_obligations_are_what_the_standings_ask_for(bus: Bus, seed: str) -> None:
    asked = {
        directive.obligation_id: directive.grounds
        for standing in bus.standings().values()
        for directive in instruct(Ledger(), standing, some_editions())[1]
    }
    obligations = bus.obligations()
    in_force = {
        obligation_id: obligation.grounds
        for obligation_id, obligation in obligations.items()
        if obligation.action is Action.APPLY
    }
    assert in_force == asked, seed
    applied = {
        obligation_id: grounds
        for body in bus.bodies.values()
        for obligation_id, grounds in body.applied.items()
    }
    assert applied == asked, seed


def test_nothing_is_owed(bus: Bus, seed: str) -> None:
    debts = bus.debts()
    assert debts.keys() == bus.obligations().keys(), seed
    assert [each for each in debts.values() if each.is_owed] == [], seed
    assert bus.told == debts, f"{seed}: what is told is not what is held"
    for worker in bus.delivery:
        left = {name: rows for name, rows in worker.state.rows.items() if name != "obligations"}
        assert not any(left.values()), f"{seed}: {left}"


def test_nothing_is_lost_and_nothing_invented(bus: Bus, seed: str) -> None:
    admitted, fates = bus.became()
    sums = total(tally(bus.received, admitted, fates, set()))
    assert sums.adds_up, f"{seed}: {sums}"
    assert sums.received == sums.applied + sums.duplicate + sums.refused + sums.dead, seed
    known = set().union(*bus.received.values())
    assert set(admitted) | {origin for origin, _ in bus.topics.fates} == known, seed


def test_the_log_names_subjects_and_a_removal_reaches_all_that_its_old_code_stood_for(
    bus: Bus, seed: str
) -> None:
    renamed = 0
    for place in range(PARTITIONS):
        for arrival in bus.topics.records[f"events/{place}"]:
            event = arrival.value
            assert alias_of(event.envelope.subject_id) is None, seed
            used = header(arrival.headers, ALIAS)
            if used is None:
                continue
            renamed += 1
            if isinstance(event, EntryRemoved):
                stated = event.envelope
                entry_id = derive_entry_id(stated.subject_id, stated.source, stated.record_id)
                # What nobody has listed under this subject is no entry; the removal waits there.
                (dossier,) = bus.listing[place].state.get_many(DOSSIERS, [stated.subject_id])
                assert dossier is not None, seed
                known = [each for each in dossier.entries if each.entry_id == entry_id]
                assert [each.removal is not None for each in known] == [True], seed
                standing = bus.standings().get(stated.subject_id)
                for entry in standing.entries if standing is not None else ():
                    newer = entry.record_revision > stated.record_revision
                    assert entry.entry_id != entry_id or entry.is_removed or newer, seed
    assert renamed, seed


def test_public_sees_exactly_the_active_court_entries_of_organisations(bus: Bus, seed: str) -> None:
    active = {
        entry.entry_id
        for standing in bus.standings().values()
        for entry in standing.entries
        if entry.stage is Stage.ACTIVE
        and entry.list_id == "BL-COURT-SX"
        and not is_person(standing.subject_kind)
    }
    assert set(bus.public) == active, seed
    assert not any(is_person(each.subject_kind) for each in bus.public.values()), seed


def test_replay_of_the_log_gives_the_same_state(bus: Bus, seed: str) -> None:
    decide = build(some_editions(), some_clocks())
    for place in range(PARTITIONS):
        state = DictState()
        log = bus.topics.records.get(f"events/{place}", [])
        outcome = decide(Slice(topic="events", partition=place, columns=log), state)
        state.apply(outcome.changes)
        assert state_hash(state, TABLES) == state_hash(bus.listing[place].state, TABLES), seed
        standings = [each.value for each in outcome.outputs if each.stream == "standings"]
        assert standings == bus.topics.values(f"standings/{place}"), seed


def test_same_seed_lives_the_same_history(tmp_path: Path) -> None:
    histories = []
    for life in ("first", "second"):
        folder = tmp_path / life
        folder.mkdir()
        with Bus(99, folder) as lived:
            lived.live(150)
            histories.append([each.directive_id for each in lived.directives()])
    assert histories[0] == histories[1]
