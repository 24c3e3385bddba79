"""Vitals: what a process says of itself beside its work: its build, the disk, its state's size."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from creditbus.runtime.interpreter import is_optimised
from creditbus.runtime.metrics import Meters

STATE_EVERY_S: Final = 15.0


class Vitals:
    """Measured when somebody scrapes; ``state`` is the worker's folder, there or not."""

    def __init__(self, meters: Meters, state: Path) -> None:
        self._meters = meters
        self._state = state
        self._looked_at = float("-inf")
        meters.set(
            "build_info",
            1,
            version=version("creditbus"),
            python=platform.python_version(),
            build="optimised" if is_optimised() else "not optimised",
        )

    def measure(self) -> None:
        """Measure what there is now."""
        disk = shutil.disk_usage(_nearest(self._state))
        self._meters.set("disk_free_bytes", disk.free)
        self._meters.set("disk_size_bytes", disk.total)
        if time.monotonic() - self._looked_at >= STATE_EVERY_S:
            self._looked_at = time.monotonic()
            self._meters.set("state_bytes", sum(_sizes(self._state)))


def _nearest(folder: Path) -> Path:
    """Return the folder, or the one above it that is there."""
    absolute = folder.absolute()
    return next(each for each in (absolute, *absolute.parents) if each.exists())


def _sizes(folder: Path) -> Iterator[int]:
    for place, _, names in os.walk(folder):
        for name in names:
            # A store merges its files and removes them at any moment.
            with suppress(FileNotFoundError):
                yield (Path(place) / name).stat().st_size
