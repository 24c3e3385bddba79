"""A week of the demonstration city: its last state is the fold of its log, in any lawful order.

The city speaks for seven days, a seventh of its records on each, and the days turn between. Every
worker loses one decision in five to a crash. Subjects are independent of one another, so the order
between them on one day is nobody's business: any shuffle that keeps each subject's own order gives
the same hash of the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from random import Random
from typing import Any, Final

import msgspec
import pytest

from creditbus.demo.city import City, Fate
from creditbus.demo.city import Submitted as Statement
from creditbus.domain.acts.events import Act, DayTurned
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.values import Arrival, DictState, Slice
from creditbus.exposure.decide import TABLES as EXPOSED
from creditbus.exposure.decide import build as build_exposure
from creditbus.listing.decide import TABLES as ENTRIES
from creditbus.listing.decide import build as build_listing
from creditbus.runtime.http.persons import Persons
from tests.examples import Decide, some_clocks, some_editions, state_hash
from tests.simulation.bus import PARTITIONS, Bus
from tests.simulation.city import Submitted

SEEDS: Final = (7, 8)
BEGINS_ON: Final = date(2026, 6, 1)
DAYS: Final = 7
RECORDS: Final = 4200
SHUFFLES: Final = 3
_PERSONS: Final = Persons("of the test's own", allow_synthetic=True)

Log = Sequence[Arrival[Any]]


@dataclass(frozen=True, slots=True)
class Week:
    """A bus after the week, and what must have become of each record, by where it came in."""

    bus: Bus
    fates: dict[str, Fate]

    def log(self, place: int) -> Log:
        return self.bus.topics.records[f"events/{place}"]


@pytest.fixture(scope="session")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Week]]:
    """Live through the week of a seed once, in whatever order its tests come."""
    with ExitStack() as opened:

        @cache
        def of(seed: int) -> Week:
            bodies = tmp_path_factory.mktemp("bodies")
            bus = opened.enter_context(Bus(seed, bodies, begins_on=BEGINS_ON))
            return Week(bus, lived(bus, seed))

        yield of


@pytest.fixture(params=SEEDS, ids=lambda seed: f"SEED={seed}")
def week(request: pytest.FixtureRequest, weeks: Callable[[int], Week]) -> Week:
    """A bus that has lived through the city's week and decided everything."""
    return weeks(request.param)


def lived(bus: Bus, seed: int) -> dict[str, Fate]:
    """Let a bus live through the city's week; return what must become of each statement."""
    city = City(some_editions(), seed=seed, run="week", today=BEGINS_ON)
    statements = city.statements(RECORDS)
    a_day = -(-len(statements) // DAYS)
    fates: dict[str, Fate] = {}
    for first in range(0, len(statements), a_day):
        bus.turn()
        for statement in statements[first : first + a_day]:
            fates[bus.submit(said(statement))] = statement.fate
        bus.work_off()
    bus.turn()
    bus.work_off()
    return fates


def test_week_was_worth_living(week: Week) -> None:
    assert week.bus.days == DAYS + 1
    assert set(week.fates.values()) == set(Fate)
    kinds = {type(arrival.value) for place in range(PARTITIONS) for arrival in week.log(place)}
    assert len(kinds) > 8, kinds
    # What a day's turn moves came in nowhere.
    moved_by_time = [
        arrival
        for place in range(PARTITIONS)
        for arrival in week.bus.topics.records[f"standings/{place}"]
        if arrival.origin.startswith("standings")
    ]
    assert moved_by_time


def test_every_record_became_what_it_had_to(week: Week) -> None:
    admitted, fates = week.bus.became()
    refusals = dict(fates)
    assert len(refusals) == len(fates), "a record has one fate"
    for origin, fate in week.fates.items():
        assert refusals.get(origin, Fate.APPLIED) == fate, origin
        assert (origin in admitted) or fate in (Fate.REFUSED, Fate.DEAD), origin


def test_last_state_is_the_fold_of_the_log(week: Week) -> None:
    decide = build_listing(some_editions(), some_clocks())
    for place in range(PARTITIONS):
        state = folded(decide, week.log(place))
        assert state_hash(state, ENTRIES) == state_hash(week.bus.listing[place].state, ENTRIES)


def test_what_is_shown_is_the_fold_of_the_standings(week: Week) -> None:
    decide = build_exposure(some_editions())
    for place in range(PARTITIONS):
        state = folded(decide, week.bus.topics.records[f"standings/{place}"])
        assert state_hash(state, EXPOSED) == state_hash(week.bus.exposure[place].state, EXPOSED)


def test_a_shuffle_of_independent_subjects_gives_the_same_hash(week: Week) -> None:
    decide = build_listing(some_editions(), some_clocks())
    random = Random(0)
    for place in range(PARTITIONS):
        log = week.log(place)
        lived = state_hash(week.bus.listing[place].state, ENTRIES)
        for _ in range(SHUFFLES):
            other = shuffled(log, random)
            assert other != log
            assert state_hash(folded(decide, other), ENTRIES) == lived


def test_hash_sees_one_record_more_or_less(week: Week) -> None:
    decide = build_listing(some_editions(), some_clocks())
    log = week.log(0)
    lived = state_hash(week.bus.listing[0].state, ENTRIES)
    assert state_hash(folded(decide, log[:-20]), ENTRIES) != lived


def said(statement: Statement) -> Submitted:
    """Return the record as it comes into its inbox, a person's by way of the gateway."""
    if statement.event is None:
        return Submitted(statement.source, statement.raw or b"")
    if statement.person is None:
        return Submitted(statement.source, statement.event)
    return Submitted(statement.source, of_person(statement.event, statement), attested=True)


def of_person(event: Act, statement: Statement) -> Act:
    assert statement.person is not None
    envelope = event.envelope
    token = _PERSONS.admit(
        statement.person.number_kind,
        statement.person.number,
        decided_on=envelope.decided_on,
        synthetic=True,
    )
    assert isinstance(token, str), token
    named = msgspec.structs.replace(
        envelope,
        subject_id=SubjectId(token),
        subject_kind=SubjectKind.NATURAL_PERSON,
        adult_on_decision=True,
    )
    return msgspec.structs.replace(event, envelope=named)


def folded(decide: Decide, log: Log) -> DictState:
    """Return the state after the whole log in one slice."""
    state = DictState()
    state.apply(decide(Slice(topic="", partition=0, columns=log), state).changes)
    return state


def shuffled(log: Log, random: Random) -> list[Arrival[Any]]:
    """Return the log with each day's subjects in another order; each one's records keep theirs."""
    found: list[Arrival[Any]] = []
    for is_turn, group in groupby(log, lambda arrival: isinstance(arrival.value, DayTurned)):
        records = list(group)
        found += records if is_turn else woven(records, subject_of, random)
    return found


def subject_of(arrival: Arrival[Any]) -> str:
    subject: str = arrival.value.envelope.subject_id
    return subject


def woven(records: Log, key: Callable[[Arrival[Any]], str], random: Random) -> list[Arrival[Any]]:
    """Return the records in another order, in which those of one key keep theirs."""
    order = [key(record) for record in records]
    random.shuffle(order)
    waiting: dict[str, list[Arrival[Any]]] = {}
    for record in reversed(records):
        waiting.setdefault(key(record), []).append(record)
    return [waiting[each].pop() for each in order]
