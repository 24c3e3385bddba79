"""Watches the stack's processes and starts again those that die, each time waiting longer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final

from creditbus.stack.processes import STOP_BOUND_S, Child, stop_all
from creditbus.stack.reports import Say

WATCH_S: Final = 0.1
BACKOFF_FIRST_S: Final = 1.0
BACKOFF_LAST_S: Final = 10.0
STEADY_S: Final = 60.0


def backoff_s(failures: int) -> float:
    """Return the pause before a restart: 1 s after the first failure, doubling to 10 s.

    >>> [backoff_s(failures) for failures in (1, 2, 3, 4, 5, 50)]
    [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    """
    return float(min(BACKOFF_LAST_S, BACKOFF_FIRST_S * 2 ** min(failures - 1, 10)))


@dataclass(slots=True)
class _Watched:
    child: Child
    started_at: float
    failures: int = 0
    due_at: float | None = None


class Supervisor:
    """Keeps processes running until it is stopped; ``say`` is told of every death and restart."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._watched: list[_Watched] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    @property
    def children(self) -> list[Child]:
        """Return the processes that are kept running."""
        with self._lock:
            return [watched.child for watched in self._watched]

    def keep(self, child: Child) -> None:
        """Keep a process that was started running from now on."""
        with self._lock:
            self._watched.append(_Watched(child, time.monotonic()))
        if not self._thread.is_alive() and not self._stopping.is_set():
            self._thread.start()

    def release(self, children: list[Child]) -> None:
        """Stop watching these processes, so that they may be ended."""
        with self._lock:
            self._watched = [kept for kept in self._watched if kept.child not in children]

    def stop(self, bound_s: float = STOP_BOUND_S) -> None:
        """Restart nothing more and end every process, services before servers."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        stop_all(self.children, bound_s)

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_S):
            with self._lock:
                for watched in self._watched:
                    self._look_after(watched, time.monotonic())

    def _look_after(self, watched: _Watched, now: float) -> None:
        try:
            self._look_at(watched, now)
        except Exception as error:  # noqa: BLE001 - what is wrong with one leaves no other unwatched
            if watched.due_at is None or now >= watched.due_at:
                self._postpone(watched, now, f"cannot be looked after ({error!r})")

    def _look_at(self, watched: _Watched, now: float) -> None:
        if watched.child.is_running():
            watched.due_at = None
            if now - watched.started_at > STEADY_S:
                watched.failures = 0
            return
        if watched.due_at is None:
            self._postpone(watched, now, watched.child.note_exit())
        elif now >= watched.due_at:
            self._start_again(watched, now)

    def _start_again(self, watched: _Watched, now: float) -> None:
        watched.child.restarts += 1
        try:
            watched.child.start()
        except OSError as error:
            self._postpone(watched, now, f"could not be started ({error.strerror})")
        else:
            watched.started_at, watched.due_at = now, None

    def _postpone(self, watched: _Watched, now: float, what: str) -> None:
        watched.failures += 1
        pause = backoff_s(watched.failures)
        watched.due_at = now + pause
        launch = watched.child.launch
        self._say(f"{launch.name} {what}; it starts again in {pause:g} s. Its log is {launch.log}.")
