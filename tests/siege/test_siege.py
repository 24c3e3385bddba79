"""Whatever strikes one door, nobody else notices: no error, no ended process, no lost record."""

from __future__ import annotations

import time

from tests.bus_fixtures import LiveBus, eventually
from tests.siege.blows import Blow
from tests.siege.bystanders import Samples, complaints
from tests.siege.conftest import Watch
from tests.siege.siege import Siege

AFTER_S = 1.0
SETTLED_S = 120.0


def ended(live: LiveBus) -> dict[str, tuple[int | None, int]]:
    """Return what shows that a process has ended: its pid, and how often it was started again."""
    return {each.name: (each.pid, each.restarts) for each in live.bus.services.states()}


def unsettled(live: LiveBus) -> list[str]:
    """Return the parties of whose records something is open, lost or counted twice."""
    return [f"{each}" for each in live.reader().sums() if not each.adds_up]


def test_nobody_else_notices(
    live: LiveBus, blow: Blow, siege: Siege, watch: Watch, seen: dict[str, Samples]
) -> None:
    bystanders = watch.bystanders()
    before = ended(live)
    bystanders.begin()
    try:
        blow.script(siege)
        time.sleep(AFTER_S)
    finally:
        seen.update(bystanders.end())

    assert complaints(watch.calm, seen, blow.spares) == []
    after = ended(live)
    assert {name for name, was in before.items() if after[name] != was} <= blow.ends
    eventually(lambda: not unsettled(live), SETTLED_S)
