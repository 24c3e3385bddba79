"""The quota: the log stays short, the one that fills it waits, and nobody else does."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbus.engine.backlog import GroupBehind
from creditbus.engine.health import Source
from creditbus.intake.quota import (
    FEW,
    FIRST_ROOM,
    LEAST_ROOM,
    LONG_S,
    MANY,
    MOST_ROOM,
    OLD_S,
    LogQuota,
    above_their_share,
)

COURT: Source = ("court", 0)
TAX: Source = ("tax", 0)
BODY: Source = ("body", 0)
STEP_S = 0.01
LOOK_STEPS = 7
PIECE = 30


class Road:
    """A flood of one source and a trickle of another, a log, and a listing of some speed."""

    def __init__(self, listing_each_s: float, flood: int) -> None:
        self.seconds = 0.0
        self.each_step = listing_each_s * STEP_S
        self.inboxes = {COURT: flood, TAX: 0}
        self.log: deque[tuple[float, Source]] = deque()
        self.waited: dict[Source, list[float]] = {COURT: [], TAX: []}
        self.lengths: list[int] = []
        self.told: list[tuple[str, bool]] = []
        self.behind = GroupBehind()
        self.owed = 0.0
        self.quota = LogQuota(
            ["court", "tax"],
            lambda: self.behind,
            lambda inbox, waits: self.told.append((inbox, waits)),
            clock=lambda: self.seconds,
        )

    def step(self, number: int) -> None:
        """Let intake take a piece of each inbox, and listing what it can."""
        self.seconds += STEP_S
        if number % 50 == 0:
            self.inboxes[TAX] += 1
        held = self.quota.held()
        assert TAX not in held
        for source, waiting in self.inboxes.items():
            if waiting and source not in held:
                taken = min(waiting, PIECE)
                self.inboxes[source] -= taken
                self.log.extend([(self.seconds, source)] * taken)
                self.quota.passed(source, taken)
        self.lengths.append(len(self.log))
        self.owed = min(self.owed + self.each_step, len(self.log))
        while self.owed >= 1:
            came_at, source = self.log.popleft()
            self.waited[source].append(self.seconds - came_at)
            self.owed -= 1
        if number % LOOK_STEPS == 0:
            age = self.seconds - self.log[0][0] if self.log else 0.0
            self.behind = GroupBehind(self.behind.look + 1, self.seconds, len(self.log), age)

    def run(self) -> int:
        """Go on until nothing waits; return the steps that it took."""
        for number in range(200_000):
            self.step(number)
            if not self.log and not self.inboxes[COURT]:
                return number
        raise AssertionError("it never ended")


@pytest.mark.parametrize("each_s", [300, 1_000, 2_500])
def test_a_flood_waits_in_its_inbox_and_the_others_pass_it(each_s: int) -> None:
    road = Road(each_s, flood=20_000)
    steps = road.run()
    waited = sorted(road.waited[TAX])
    # Without the quota a trickle in the middle of the flood waits half of all the time it takes.
    assert waited[int(len(waited) * 0.9)] < 2 * LONG_S
    # Once it is learnt what listing decides in the time that a record may wait, that is the bound.
    learnt = road.lengths[len(road.lengths) // 3 :]
    assert max(learnt) < 2 * LONG_S * each_s + PIECE * LOOK_STEPS
    # Nor is the flood slower for it: listing has always something to do.
    assert steps * STEP_S < 1.3 * 20_000 / each_s
    # It is told once when it begins to wait, and once when it does no more.
    assert road.told == [("court", True), ("court", False)] * (len(road.told) // 2)
    assert road.told


def test_listing_that_is_fast_enough_lets_everything_through() -> None:
    road = Road(10_000, flood=20_000)
    assert road.run() * STEP_S < 1.5 * 20_000 / (PIECE / STEP_S)


def test_below_many_nobody_asks_how_far_listing_is_behind() -> None:
    def never() -> GroupBehind:
        raise AssertionError("nobody may ask the broker for so little")

    quota = LogQuota(["court"], never, lambda *_: None, clock=lambda: 0.0)
    quota.passed(COURT, MANY - 1)
    assert quota.held() == frozenset()


def test_the_answers_of_bodies_never_wait() -> None:
    quota = LogQuota(
        ["court"], lambda: GroupBehind(1, 0.0, 100_000, 9.0), lambda *_: None, clock=lambda: 0.0
    )
    quota.passed(BODY, 100_000)
    assert quota.held() == frozenset()
    quota.passed(COURT, 100_000)
    assert quota.held() == {COURT}


def test_a_listing_that_is_away_holds_nobody_back() -> None:
    # The log is there to wait for it: an inbox that waits would be told as late, for no gain.
    looks = iter(range(1, 1000))
    quota = LogQuota(
        ["court"], lambda: GroupBehind(next(looks), 0.0), lambda *_: None, clock=lambda: 0.0
    )
    for _ in range(100):
        quota.passed(COURT, LEAST_ROOM - 1)
        assert quota.held() == frozenset()


class Looks:
    """A flood, and looks at the log that a test gives one by one."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.behind = GroupBehind()
        self.quota = LogQuota(
            ["court", "tax"], lambda: self.behind, lambda *_: None, clock=lambda: self.seconds
        )

    def is_held(self, records: int, age: float, *, after_s: float = 0.0) -> bool:
        """Let many come, then tell of a log; return whether they wait."""
        self.seconds += after_s
        self.quota.passed(COURT, MANY)
        self.behind = GroupBehind(self.behind.look + 1, self.seconds, records, age)
        return COURT in self.quota.held()


@pytest.fixture
def looks() -> Looks:
    return Looks()


def test_of_records_that_wait_long_there_may_be_fewer_each_second(looks: Looks) -> None:
    fewer = FIRST_ROOM * 7 // 10
    assert looks.is_held(fewer, LONG_S * 2)
    # What it let through before is still to be decided.
    assert not looks.is_held(fewer - 1, LONG_S * 2, after_s=0.9)
    assert looks.is_held(fewer * 7 // 10, LONG_S * 2, after_s=0.2)


def test_some_records_may_always_wait(looks: Looks) -> None:
    for _ in range(20):
        looks.is_held(0, LONG_S * 2, after_s=1.1)
    assert not looks.is_held(LEAST_ROOM - 1, LONG_S * 2, after_s=1.1)
    assert looks.is_held(LEAST_ROOM, LONG_S * 2, after_s=1.1)


def test_there_may_be_more_while_somebody_waits_for_records_that_do_not(looks: Looks) -> None:
    assert looks.is_held(FIRST_ROOM, LONG_S)
    assert looks.is_held(FIRST_ROOM, LONG_S / 2), "not for what waits neither long nor short"
    assert not looks.is_held(FIRST_ROOM + 99, LONG_S / 3)
    # Nobody has waited for it.
    assert looks.is_held(FIRST_ROOM + 100, LONG_S / 3)


def test_there_are_never_more_than_are_soon_decided(looks: Looks) -> None:
    for _ in range(MOST_ROOM // 100 + 10):
        assert looks.is_held(10 * MOST_ROOM, 0.0)
    assert looks.is_held(MOST_ROOM, 0.0)


def test_what_came_since_the_look_is_in_the_log_as_well(looks: Looks) -> None:
    assert not looks.is_held(FIRST_ROOM - 2, 0.0)
    looks.quota.passed(COURT, 1)
    assert looks.quota.held() == frozenset()
    looks.quota.passed(COURT, 1)
    assert looks.quota.held() == {COURT}


def test_who_waits_brings_nothing_and_waits_on_until_there_is_room(looks: Looks) -> None:
    assert looks.is_held(FIRST_ROOM, LONG_S)
    for _ in range(4):
        looks.seconds += 0.6
        assert looks.quota.held() == {COURT}
    looks.behind = GroupBehind(looks.behind.look + 1, looks.seconds, FIRST_ROOM - 1, LONG_S)
    assert looks.quota.held() == frozenset()


def test_nobody_waits_for_what_it_brought_long_ago(looks: Looks) -> None:
    looks.quota.passed(COURT, 100_000)
    assert not looks.is_held(0, 0.0)
    for _ in range(2):
        looks.seconds += 0.5
        assert looks.quota.held() == frozenset()
    looks.quota.passed(TAX, MANY)
    looks.behind = GroupBehind(looks.behind.look + 1, looks.seconds, FIRST_ROOM, 0.0)
    assert looks.quota.held() == {TAX}


def test_what_passed_while_nobody_looked_counts_for_nothing() -> None:
    now = [0.0]
    quota = LogQuota(["court"], GroupBehind, lambda *_: None, clock=lambda: now[0])
    for _ in range(500):
        quota.passed(COURT, 20)
        now[0] += 1.0
        assert quota.held() == frozenset()
    quota.passed(COURT, MANY)
    assert quota.held() == frozenset(), "fewer than the log has room for"
    quota.passed(COURT, FIRST_ROOM)
    assert quota.held() == {COURT}, "before the first answer what came is all that is known"


def test_nobody_is_held_back_by_what_was_told_long_ago_or_never() -> None:
    now = [0.0]
    quota = LogQuota(
        ["court"], lambda: GroupBehind(7, 0.0, 9_000, 9.0), lambda *_: None, lambda: now[0]
    )
    quota.passed(COURT, 5_000)
    assert quota.held() == {COURT}
    # The broker does not answer any more, or whoever looks has ended.
    now[0] += OLD_S + 0.1
    quota.passed(COURT, 5_000)
    assert quota.held() == frozenset()


def test_a_source_has_one_share_and_waits_where_it_brings_most() -> None:
    told: list[tuple[str, bool]] = []
    quota = LogQuota(
        ["court", "tax"],
        lambda: GroupBehind(1, 0.0, 100_000, 9.0),
        lambda inbox, waits: told.append((inbox, waits)),
        clock=lambda: 0.0,
    )
    for partition in (1, 2, 3):
        quota.passed(("court", partition), 5_000)
    quota.passed(("court", 0), 30)
    quota.passed(TAX, 4_000)
    assert quota.held() == {("court", 1), ("court", 2), ("court", 3)}
    assert told == [("court", True)], "of an inbox it is told, not of each partition"


SOURCES = st.tuples(st.text("abc", max_size=2), st.integers(0, 3))


@given(st.dictionaries(SOURCES, st.integers(1, 10_000)))
def test_who_brings_few_or_less_than_an_equal_share_never_waits(counts: dict[Source, int]) -> None:
    waits = above_their_share(counts)
    inboxes: dict[str, list[int]] = {}
    for (topic, _), count in counts.items():
        inboxes.setdefault(topic, []).append(count)
    equal = sum(counts.values()) / max(1, len(inboxes))
    for topic, partition in waits:
        brought = inboxes[topic]
        assert sum(brought) >= max(FEW, equal)
        assert counts[topic, partition] >= sum(brought) / len(brought)
    # And whoever brings most does, if it is much: somebody always waits for a log that is full.
    assert not counts or max(map(sum, inboxes.values())) < FEW or waits
