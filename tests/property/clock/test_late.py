"""A clock or a worker that is down for days: reads stay right meanwhile, and all ends as it would.

Two buses live the same days. One is healthy: each day turns, then that day's events come. The
other's clock, or its listing worker, is down for a stretch of days and then catches up day by day.
At noon of every day both are asked the same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from creditbus.clock.decide import days_to_turn
from creditbus.domain.acts.events import DayTurned, EntryListed, EntryRemoved
from creditbus.domain.calendar import SHANGHAI
from creditbus.domain.effects.checks import Answer, Check
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.entries.entry import Entry
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import ItemId
from creditbus.engine.values import DictState
from creditbus.exposure.decide import Withdrawal
from creditbus.exposure.decide import build as build_exposure
from creditbus.feed.decide import visible
from creditbus.listing.decide import TABLES
from creditbus.query.decide import answer
from tests.effort import examples
from tests.examples import (
    DECIDED_ON,
    FIRM,
    OTHER_FIRM,
    a_catalogue,
    a_turn,
    decided,
    some_editions,
    state_hash,
)
from tests.property.listing.logs import DECIDE, stated

DAYS: Final = 24
SUBJECTS: Final = (FIRM, OTHER_FIRM)
EXPOSE: Final = build_exposure(some_editions())

Stated = EntryListed | EntryRemoved
HISTORIES: Final = st.lists(st.tuples(st.integers(0, DAYS - 1), stated()), max_size=14)
OUTAGES: Final = st.tuples(st.integers(1, DAYS - 8), st.integers(7, 10)).map(
    lambda drawn: range(drawn[0], min(drawn[0] + drawn[1], DAYS - 1))
)
"""A week at least; the first day has turned before it, and it is over before the last."""


@dataclass
class Bus:
    """Listing, and what its readers have heard."""

    state: DictState = field(default_factory=DictState)
    exposing: DictState = field(default_factory=DictState)
    standings: dict[str, Standing] = field(default_factory=dict)
    public: dict[str, Exposure] = field(default_factory=dict)
    turned: date | None = None
    waiting: list[Stated | DayTurned] = field(default_factory=list)

    def turn(self, today: date) -> None:
        """Let a clock that looks today write the missing days into the log."""
        for day in days_to_turn(self.turned, today):
            self.waiting.append(a_turn(day))
            self.turned = day

    def work(self) -> None:
        """Let listing and its readers take what waits."""
        outputs = decided(DECIDE, self.state, self.waiting)
        self.waiting = []
        moved = [each.value for each in outputs if isinstance(each.value, Standing)]
        self.standings |= {standing.subject_id: standing for standing in moved}
        for each in decided(EXPOSE, self.exposing, moved, topic="credit.standings.v1"):
            assert isinstance(each.value, Exposure | Withdrawal)
            self.public.pop(each.value.entry_id, None)
            if isinstance(each.value, Exposure):
                self.public[each.value.entry_id] = each.value

    def answers(self, noon: datetime) -> list[Answer]:
        """Return what query answers now, without the revision that it rests on."""
        return [
            msgspec.structs.replace(
                answer(check, self.standings.get(check.subject), some_editions(), noon), as_of=0
            )
            for check in CHECKS
        ]

    def shown(self, noon: datetime) -> set[str]:
        """Return the entries that the feed shows now."""
        return {exposure.entry_id for exposure in visible(self.public.values(), noon)}

    def entries(self) -> dict[str, tuple[Entry, ...]]:
        """Return everyone's entries, whatever revision they have come to."""
        return {subject: standing.entries for subject, standing in self.standings.items()}


CHECKS: Final = [
    Check(subject=subject, matter=ItemId(matter), purpose=purpose)
    for subject in SUBJECTS
    for matter, purpose in [
        ("bid-registration", "bid-qualification"),
        ("tolerant-acceptance", "permit-approval"),
    ]
]


def day(number: int) -> date:
    return DECIDED_ON + timedelta(days=number)


def noon_of(number: int) -> datetime:
    return datetime.combine(day(number), time(12), SHANGHAI)


def of_day(history: Sequence[tuple[int, Stated]], number: int) -> list[Stated]:
    return [event for each, event in history if each == number]


@examples(80)
@given(HISTORIES, OUTAGES)
def test_clock_that_was_down_changes_no_answer_and_no_end(
    history: list[tuple[int, Stated]], outage: range
) -> None:
    healthy, late = Bus(), Bus()
    for number in range(DAYS):
        for bus in (healthy, late):
            if bus is healthy or number not in outage:
                bus.turn(day(number))
            bus.waiting += of_day(history, number)
            bus.work()
        noon = noon_of(number)
        assert late.answers(noon) == healthy.answers(noon)
        # Nothing is shown longer than it may be; what begins meanwhile is shown a little later.
        assert late.shown(noon) <= healthy.shown(noon)
        if number >= outage.stop:
            assert late.entries() == healthy.entries()
            assert late.shown(noon) == healthy.shown(noon)


@examples(80)
@given(HISTORIES, OUTAGES)
def test_worker_that_was_down_catches_up_to_the_same_bytes(
    history: list[tuple[int, Stated]], outage: range
) -> None:
    healthy, late = Bus(), Bus()
    for number in range(DAYS):
        for bus in (healthy, late):
            bus.turn(day(number))
            bus.waiting += of_day(history, number)
            if bus is healthy or number not in outage:
                bus.work()
        noon = noon_of(number)
        listed = {each.check_id: each.listed for each in late.answers(noon)}
        assert listed == {
            each.check_id: _any_in_term(late.standings.get(check.subject), number)
            for each, check in zip(late.answers(noon), CHECKS, strict=True)
        }
        if number >= outage.stop:
            assert late.standings == healthy.standings
            assert state_hash(late.state, TABLES) == state_hash(healthy.state, TABLES)
            assert late.public == healthy.public


def _any_in_term(standing: Standing | None, number: int) -> bool:
    """Tell by the days alone whether what readers last heard has anything in effect today."""
    entries = [] if standing is None else [each for each in standing.entries if not each.is_removed]
    begun = [entry for entry in entries if entry.starts_on <= day(number)]
    running = [each for each in begun if each.ends_at is None or noon_of(number) < each.ends_at]
    lists = a_catalogue().lists
    is_serious = any(lists[entry.list_id].serious for entry in running)
    return any(not is_serious or lists[entry.list_id].polarity != "red" for entry in running)
