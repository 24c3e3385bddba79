"""Modes: what an operator wants of a slice worker, as a file in the worker's folder.

A file needs no open door: whoever may write the worker's folder may say it, and nobody else. It
also outlives the process, so a paused worker that is killed is paused when it comes back.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from creditbus.engine.worker import Worker
from creditbus.runtime.whole_files import write_whole

LOOK_EVERY_S: Final = 0.5
_FILE: Final = "mode"


class Mode(StrEnum):
    """What a worker shall do."""

    RUNNING = "running"
    PAUSED = "paused"
    DRAINED = "drained"

    @property
    def sentence(self) -> str:
        """How a worker in this mode explains that it does no work."""
        return f"{self} by an operator"


class WantedMode:
    """The wanted mode of one worker: written by the command line, read by the worker."""

    def __init__(self, state: Path, worker: str) -> None:
        self._path = state / worker / _FILE

    def read(self) -> Mode:
        """Return what is wanted; raises ``ValueError`` for a file that says nothing known."""
        try:
            said = self._path.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return Mode.RUNNING
        if said not in set(Mode):
            raise ValueError(
                f"the file {self._path} is damaged and says no mode; `creditbus resume` with this"
                " service takes it away"
            )
        return Mode(said)

    def write(self, mode: Mode) -> None:
        """Say what is wanted from now on."""
        if mode is Mode.RUNNING:
            self._path.unlink(missing_ok=True)
            return
        write_whole(self._path, mode.encode())


def obey(mode: Mode, worker: Worker) -> None:
    """Return a worker what is wanted of it; saying it again changes nothing."""
    match mode:
        case Mode.RUNNING:
            worker.resume()
        case Mode.PAUSED:
            worker.pause()
        case Mode.DRAINED:
            worker.drain()
