"""The clock looks at its start and every minute, and never turns a day twice at once."""

from __future__ import annotations

import asyncio
import threading
from datetime import date

from creditbus.clock.app import DayClock
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from tests.examples import a_codec


class HeldUpClock(DayClock):
    """Turns no day before it may: there is no broker here."""

    def __init__(self) -> None:
        process = Process("clock", 0, Settings())
        process.codec = a_codec()
        super().__init__(process)
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.turned: list[date] = []

    def turn(self, today: date) -> None:
        self.begun.release()
        assert self.may_end.wait(30)
        self.turned.append(today)


def test_of_two_looks_at_once_the_second_waits() -> None:
    async def looks() -> None:
        clock = HeldUpClock()
        both = [asyncio.create_task(clock.look()) for _ in range(2)]
        try:
            assert await asyncio.to_thread(clock.begun.acquire, timeout=30)
            # The second would begin in this moment, and fence the first at the broker.
            assert not await asyncio.to_thread(clock.begun.acquire, timeout=0.2)
            assert not any(each.done() for each in both)
        finally:
            clock.may_end.set()
        await asyncio.gather(*both)
        assert len(clock.turned) == 2

    asyncio.run(looks())
