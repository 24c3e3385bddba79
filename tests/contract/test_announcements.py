"""What sources announce, in a real server: kept whole, and packed beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from typing import Any

from creditbus.domain.ids import SourceId
from creditbus.runtime.redis.reads import Serving
from creditbus.stack.local import LocalStack
from creditbus.wire.statements import ControlTotals

DAY = date(2026, 11, 29)
COURT = SourceId("announcing-court")


class CountedThreads(ThreadPoolExecutor):
    """Runs what the event loop gives away, and counts it."""

    count = 0

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        self.count += 1
        return super().submit(work, *args, **named)


def test_a_large_day_is_kept_whole_and_never_packed_in_the_event_loop(stack: LocalStack) -> None:
    ids = tuple(f"{sha256(bytes([n % 256, n // 256])).hexdigest()}@1" for n in range(5000))
    totals = ControlTotals(day=DAY, count=len(ids), ids=ids)

    async def steps(threads: CountedThreads) -> tuple[ControlTotals | None, list[int]]:
        asyncio.get_running_loop().set_default_executor(threads)
        serving, counts = Serving(stack.file.redis_url), []
        try:
            assert await serving.announcements.of(COURT, DAY) is None
            for step in (
                serving.announcements.keep(COURT, ControlTotals(day=DAY, count=1)),
                serving.announcements.keep(COURT, totals),
            ):
                await step
                counts.append(threads.count)
            found = await serving.announcements.of(COURT, DAY)
            return found, [*counts, threads.count]
        finally:
            await serving.close()

    found, counts = asyncio.run(steps(CountedThreads()))

    assert found == totals
    assert counts == [1, 2, 3]
