"""The desk of the statements, before it asks any server."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from creditbus.domain.ids import SourceId
from creditbus.gateway.totals import StatementDesk
from creditbus.runtime.http.problems import Unknown
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.runtime.settings import Settings
from creditbus.wire.statements import ControlTotals

DAY = date(2026, 11, 29)
COURT = SourceId("court")


@pytest.mark.parametrize("announces", [True, False])
def test_a_bus_that_signs_nothing_says_so_before_it_reads_or_keeps_anything(
    *, announces: bool
) -> None:
    async def ask() -> bytes:
        # No server is reached from here: whoever asked one would be told that it is away.
        desk = StatementDesk(Process("gateway", 0, Settings()), Serving("redis://127.0.0.1:1/0"))
        if announces:
            return await desk.announced(COURT, ControlTotals(day=DAY, count=3))
        return await desk.of_day(COURT, DAY)

    with pytest.raises(Unknown, match="CREDITBUS_STATEMENT_KEY"):
        asyncio.run(ask())
