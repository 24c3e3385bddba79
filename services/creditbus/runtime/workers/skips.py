"""Skips: what an operator lets a worker skip of an inbox that cannot be read, as a file.

It lies in the worker's folder as the mode does, and for the same reasons. It stays until the worker
has committed what it asks for, so that a worker that is killed meanwhile does it after all; and it
names where the inbox stood, so that nothing is skipped twice.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec

from creditbus.engine.worker import Skip, Worker
from creditbus.runtime.whole_files import write_whole

_FILE: Final = "skip"


class WantedSkip:
    """The wanted skip of one worker: written by the command line, read by the worker."""

    def __init__(self, state: Path, worker: str) -> None:
        self._path = state / worker / _FILE
        self._asked: Skip | None = None

    def read(self) -> Skip | None:
        """Return what is wanted, None when nothing is; raises ``ValueError`` for a broken file."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Skip)
        except FileNotFoundError:
            return None

    def write(self, skip: Skip) -> None:
        """Say what is wanted, in the place of what was wanted before."""
        write_whole(self._path, msgspec.json.encode(asdict(skip)))

    def pass_on(self, worker: Worker) -> None:
        """Ask the worker once, and forget the wish when the worker is done with it."""
        skip = self.read()
        if skip is None:
            return
        if skip != self._asked:
            worker.skip(skip)
            self._asked = skip
        elif not worker.is_asked_to_skip:
            self._path.unlink(missing_ok=True)
            self._asked = None
