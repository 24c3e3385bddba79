"""The whole bus with a clock that is down for nine days: nothing outlasts its term meanwhile.

Each run is one seed; a failure names it, and the same seed lives the same history again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pytest

from creditbus.domain.acts.events import DayTurned
from creditbus.domain.calendar import SHANGHAI
from creditbus.domain.effects.directives import Ground
from creditbus.domain.effects.measures import in_force
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import settle
from creditbus.domain.law.catalogue import Polarity
from creditbus.feed.decide import visible
from tests.examples import DECIDED_ON, a_catalogue
from tests.simulation.bus import PARTITIONS, Bus

SEEDS: Final = (2, 4, 5, 6, 10)  # of 0 to 10 the others end no term while the clock is down
STEPS: Final = 700
DOWN: Final = range(8, 17)


@pytest.fixture(params=SEEDS, ids=lambda seed: f"SEED={seed}")
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    """A bus at rest on the last day without its clock."""
    seed = request.param
    with Bus(seed, tmp_path, DOWN) as bus:
        bus.live(STEPS, DOWN.stop - 1)
        assert bus.settle(), f"SEED={seed}"
        assert bus.days == DOWN.stop - 1, f"SEED={seed}: too few days"
        assert bus.turned == DECIDED_ON + timedelta(days=DOWN.start - 1)
        yield bus


def noon(bus: Bus) -> datetime:
    return datetime.combine(bus.today, time(12), SHANGHAI)


def in_effect(bus: Bus) -> set[str]:
    """Return the entries that are in effect today by law, whatever any timer has done."""
    lists = a_catalogue().lists
    return {
        entry.entry_id
        for standing in bus.standings().values()
        for entry in settle(standing, lists, bus.today).entries
        if entry.stage is Stage.ACTIVE
    }


def burdens(bus: Bus) -> list[Ground]:
    """Return what the bodies apply at present and what supports it, incentives left out."""
    lists = a_catalogue().lists
    return [
        ground
        for body in bus.bodies.values()
        for grounds in body.applied.values()
        for ground in grounds
        if lists[ground.list_id].polarity is not Polarity.RED
    ]


def test_no_burden_and_no_exposure_outlasts_its_term_while_the_clock_is_down(bus: Bus) -> None:
    carried, shown = burdens(bus), list(bus.public.values())
    over = [each for each in carried if each.entry_id not in in_effect(bus)]
    assert over, "no term has ended since the clock went down: nothing was tried"
    assert {each.entry_id for each in in_force(carried, noon(bus))} <= in_effect(bus)
    assert {each.entry_id for each in visible(shown, noon(bus))} <= in_effect(bus)


def test_clock_that_comes_back_turns_each_day_once_and_lifts_what_is_over(bus: Bus) -> None:
    bus.live(STEPS, DOWN.stop)
    assert bus.settle()
    assert bus.turned == bus.today
    days = [DECIDED_ON + timedelta(days=number) for number in range(1, bus.days + 1)]
    for place in range(PARTITIONS):
        assert turned_days(bus, place) == days
    assert {each.entry_id for each in burdens(bus)} <= in_effect(bus)
    assert set(bus.public) <= in_effect(bus)
    standings = list(bus.standings().values())
    assert [settle(each, a_catalogue().lists, bus.today) for each in standings] == standings


def turned_days(bus: Bus, place: int) -> list[date]:
    log = bus.topics.values(f"events/{place}")
    return [event.day for event in log if isinstance(event, DayTurned)]
