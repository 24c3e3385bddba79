"""Whatever befalls the bus, its runbook puts it right: 0 lost, 0 repeated, 0 stale."""

from __future__ import annotations

from tests.exercises.conftest import Stopwatch
from tests.exercises.drill import Drill
from tests.exercises.exercise import Exercise


def test_the_runbook_holds(exercise: Exercise, drill: Drill, stopwatch: Stopwatch) -> None:
    drill.city.begin()
    drill.live_on()
    before = len(drill.city.published)
    with stopwatch.timed(exercise, drill) as toll:
        try:
            exercise.script(drill)
            drill.wait_ready()
            drill.live_on()
        finally:
            drill.city.settle()
    assert toll.held, "\n".join(toll.complaints)
    assert len(drill.city.published) > before, "nobody used the bus meanwhile"
