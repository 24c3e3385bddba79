"""Outages: the world is away. Nothing is decided meanwhile, lost or skipped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from creditbus.runtime.metrics import Meters

T = TypeVar("T")

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 1.0
"""A server that is back is noticed well within the time for which a lease of views lasts."""


class Unavailable(Exception):
    """A server that the process needs is of no use for now; ``whom`` names it, ``how`` says why."""

    def __init__(self, whom: str, detail: str, *, how: str = "does not answer") -> None:
        super().__init__(f"{whom} {how}: {detail}")
        self.whom = whom


class OutcomeUnknown(Unavailable):
    """Something was asked of a server, and nobody knows whether it is done; ``detail`` says more.

    Whoever asked looks first, and only then asks again.
    """

    def __init__(self, whom: str, detail: str) -> None:
        super().__init__(
            whom,
            f"{detail} before you ask again",
            how="did not say whether what was asked is done, and it may be",
        )


class Patience:
    """Waits for servers that are away, and says so in health, in a metric and once in the log."""

    def __init__(self, meters: Meters, logger: structlog.stdlib.BoundLogger) -> None:
        self._meters = meters
        self._logger = logger
        self._stopped = False
        self.waiting_for: str | None = None

    def stop(self) -> None:
        """Give up every wait: the process is about to end."""
        self._stopped = True

    def insist(self, ask: Callable[[], T]) -> T:
        """Return what ``ask`` returns, asking again for as long as it raises ``Unavailable``."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                answer = ask()
            except Unavailable as outage:
                if self._stopped:
                    raise
                self._say(outage)
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                self._resume()
                return answer

    async def insist_async(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what ``ask`` returns, as ``insist`` does, and let others work meanwhile."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                answer = await ask()
            except Unavailable as outage:
                if self._stopped:
                    raise
                self._say(outage)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                self._resume()
                return answer

    def _say(self, outage: Unavailable) -> None:
        if self.waiting_for != outage.whom:
            self._logger.warning(
                "waiting for a server that is away", whom=outage.whom, why=str(outage)
            )
            self._meters.set("waiting", 1, whom=outage.whom)
        self.waiting_for = outage.whom

    def _resume(self) -> None:
        if self.waiting_for is not None:
            self._logger.info("the server answers again", whom=self.waiting_for)
            self._meters.set("waiting", 0, whom=self.waiting_for)
        self.waiting_for = None
