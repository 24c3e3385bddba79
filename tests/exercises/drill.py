"""A drill: the operator of an exercise, who types what the runbook says and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

from tests.exercises.city import City
from tests.exercises.exercise import Exercise, sections
from tests.exercises.ground import Ground

PATIENCE_S: Final = 180.0


class Drill:
    """What the script of an exercise is given."""

    def __init__(self, ground: Ground, exercise: Exercise, city: City) -> None:
        self.ground = ground
        self.city = city
        self.typed = 0
        self.section = sections()[exercise.runbook]

    def press(self, line: str, *, code: int = 0, more: str = "", **words: object) -> str:
        """Type a line of the runbook, its words in capitals replaced; return what it printed.

        ``more`` is what a bus of the demonstration needs besides.
        """
        assert line in self.section, f"the runbook does not say: {line}"
        self.typed += 1
        for word, meant in words.items():
            line = line.replace(word, str(meant))
        ended, printed, complaint = self.ground.type(line + more)
        assert ended == code, f"{line}: exit code {ended}\n{printed}\n{complaint}"
        return printed

    def pid(self, name: str) -> int:
        """Return the process id of a server or a worker, as ``creditbus status`` tells it."""
        return int(self.line(name)["pid"])

    def line(self, name: str) -> dict[str, Any]:
        """Return what ``creditbus status`` says of a process."""
        _, printed, _ = self.ground.type("creditbus status --json")
        (found,) = [each for each in json.loads(printed) if each["name"] == name]
        return dict(found)

    def wait_ready(self) -> None:
        """Wait until ``creditbus status`` calls every process ready."""
        self.wait_until(lambda: self.ground.type("creditbus status")[0] == 0, "all to be ready")

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something holds; fail with what was waited for."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"waited for {what}"
            time.sleep(0.3)

    def live_on(self, seconds: float = 3.0) -> None:
        """Let the city go on for a while."""
        time.sleep(seconds)
