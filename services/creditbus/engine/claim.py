"""Claims: one process for one worker's folder on one machine."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from creditbus.engine.failures import Halt


@contextmanager
def claimed(folder: Path) -> Iterator[Path]:
    """Hold the folder; the system lets go of it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "claim").open("w") as claim:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Halt(
                f"another process runs the worker {folder.name}",
                "stop it, or start this one under another name",
            ) from None
        yield folder
