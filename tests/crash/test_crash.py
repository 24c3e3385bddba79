"""Whatever is struck, nothing is lost, nothing counts twice and nothing stale stays."""

from __future__ import annotations

from tests.crash.run import Run
from tests.crash.scenarios import Scenario
from tests.crash.truth import check


def test_everything_counts_once(scenario: Scenario, run: Run) -> None:
    scenario.script(run)
    run.say(100)
    run.wait_done()
    run.stop()
    check(run)
