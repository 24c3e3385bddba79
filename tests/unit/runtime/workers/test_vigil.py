"""The vigil sees what stands still, place by place, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

from creditbus.runtime.kafka.clients import Place
from creditbus.runtime.workers.vigil import Bounds, Stalled, Vigil

STUCK: Final[Place] = ("directives", 0)
MOVING: Final[Place] = ("directives", 1)
BOUNDS: Final = Bounds(stalled=60, unassigned=30, stopping=10)


class Log:
    """Where two places end, and how much of that is markers."""

    def __init__(self) -> None:
        self.ends = {STUCK: 0, MOVING: 0}
        self.holds_more = True

    def vigil(self) -> Vigil:
        vigil = Vigil(self._ends, lambda *_: self.holds_more, BOUNDS)
        vigil.assigned = frozenset(self.ends)
        vigil.begin(0)
        return vigil

    def _ends(self, places: Sequence[Place]) -> dict[Place, int]:
        return {place: self.ends[place] for place in places}


def watch(vigil: Vigil, since: int, until: int) -> None:
    """Look every five seconds while the event loop turns."""
    for now in range(since, until, 5):
        vigil.turned(now)
        vigil.look(now)


def test_a_stuck_partition_does_not_hide_behind_a_moving_one() -> None:
    log = Log()
    vigil = log.vigil()
    log.ends[STUCK] = 1

    def move(seconds: int) -> None:
        for now in range(0, seconds, 5):
            log.ends[MOVING] += 1
            vigil.note(MOVING, log.ends[MOVING])
            watch(vigil, now, now + 5)

    move(60)
    with pytest.raises(Stalled, match="directives/0"):
        move(200)


def test_a_slow_partition_that_moves_is_left_alone() -> None:
    log = Log()
    vigil = log.vigil()
    log.ends[STUCK] = 1000
    for now in range(0, 600, 50):
        vigil.turned(now)
        vigil.note(STUCK, now + 1)
        vigil.look(now)


def test_an_idle_partition_is_left_alone() -> None:
    watch(Log().vigil(), 0, 600)


def test_markers_of_transactions_are_no_records() -> None:
    log = Log()
    log.holds_more = False
    vigil = log.vigil()
    log.ends[STUCK] = 2
    watch(vigil, 0, 600)
    log.ends[STUCK], log.holds_more = 3, True
    with pytest.raises(Stalled, match="directives/0"):
        watch(vigil, 600, 720)


def test_a_record_that_comes_behind_markers_has_its_own_time() -> None:
    """Found as one looked whether there is any: who follows had no time to take it yet."""
    log = Log()
    vigil = log.vigil()
    log.ends[STUCK] = 2
    watch(vigil, 0, 90)
    vigil.note(STUCK, 2)
    watch(vigil, 90, 600)
    log.ends[STUCK] = 3
    with pytest.raises(Stalled, match="directives/0"):
        watch(vigil, 600, 720)


def test_a_loop_that_stands_still_is_seen_without_any_record() -> None:
    vigil = Log().vigil()
    vigil.look(999)
    vigil.turned(1000)
    vigil.look(1059)
    with pytest.raises(Stalled, match="event loop"):
        vigil.look(1061)


def test_a_group_that_gives_nothing_is_seen() -> None:
    vigil = Log().vigil()
    vigil.assigned = frozenset()
    vigil.look(29)
    with pytest.raises(Stalled, match="no partition"):
        vigil.look(31)


def test_time_before_the_beginning_does_not_count() -> None:
    vigil = Log().vigil()
    vigil.assigned = frozenset()
    vigil.begin(1000)
    vigil.look(1029)


def test_a_stop_that_hangs_is_seen() -> None:
    vigil = Log().vigil()
    vigil.look(100, is_stopping=True)
    vigil.look(109, is_stopping=True)
    with pytest.raises(Stalled, match="stop"):
        vigil.look(111, is_stopping=True)


def test_a_place_never_goes_back() -> None:
    vigil = Log().vigil()
    vigil.note(STUCK, 7)
    vigil.note(STUCK, 3)
    assert vigil.handled == {STUCK: 7}
