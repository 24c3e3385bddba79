"""The watchdog: ends the process when a checkpoint hangs.

After the broker was killed, a call of the client library may never return, whatever its timeout
says. Ending the process is safe at every point; waiting for ever is not.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from creditbus.engine.surroundings import Logger

LIMIT_SECONDS = 25.0
EXIT_CODE = 4


class Watchdog:
    """Watches one step at a time from a thread of its own."""

    def __init__(
        self,
        logger: Logger,
        *,
        limit: float = LIMIT_SECONDS,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._logger = logger
        self._limit = limit
        self._leave = leave
        self._watched: tuple[str, float] | None = None
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    @contextmanager
    def watching(self, step: str) -> Iterator[None]:
        """Give the step the limit; a step within a step counts as the outer one."""
        outer = self._watched
        self._watched = outer or (step, time.monotonic())
        try:
            yield
        finally:
            self._watched = outer

    def dismiss(self) -> None:
        """Stop watching for good."""
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(min(1.0, self._limit / 4)):
            watched = self._watched
            if watched and time.monotonic() - watched[1] > self._limit:
                self._logger.error(
                    "a step hangs; the process ends and must be started again, nothing is lost",
                    step=watched[0],
                    limit_seconds=self._limit,
                )
                self._leave(EXIT_CODE)
                return
