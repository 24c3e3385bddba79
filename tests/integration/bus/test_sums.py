"""Law 1 on real servers: whatever is sent or killed, every record becomes one thing."""

from __future__ import annotations

import asyncio

from rich.console import Console

from creditbus.audit.decide import total
from creditbus.demo.city import Fate
from creditbus.demo.run import Demonstration, acknowledged, expected, kill_each, next_run
from tests.bus_fixtures import LiveBus

EVENTS = 1500
SEED = 11


def test_the_sums_hold_while_every_service_is_killed_once(live: LiveBus) -> None:
    console = Console(quiet=True)
    demonstration = Demonstration(live.file, live.process(), console)
    statements = demonstration.city(SEED, next_run(live.sites.home)).statements(EVENTS)
    bodies = list(live.bus.catalogue.bodies)

    async def run() -> tuple[dict[Fate, int], dict[Fate, int], int]:
        # What others have sent is no longer on its way when the counting begins.
        before, _ = await demonstration.settle()
        killing = asyncio.create_task(kill_each(live.bus, SEED, console))
        await demonstration.live(statements, per_second=60)
        await killing
        sums, reconciliation = await demonstration.settle()
        assert [each.party for each in sums if not each.adds_up] == []
        assert reconciliation.owed == 0
        answers = acknowledged(sums, bodies) - acknowledged(before, bodies)
        wanted = expected(statements, answers, total(before))
        return wanted, {fate: getattr(total(sums), fate) for fate in Fate}, len(sums)

    wanted, counted, parties = asyncio.run(run())

    # A gateway killed before its receipt is asked again, which can only add duplicates.
    assert counted[Fate.DUPLICATE] >= wanted.pop(Fate.DUPLICATE)
    counted.pop(Fate.DUPLICATE)
    assert counted == wanted
    assert parties == len(live.bus.catalogue.sources) + len(bodies)
