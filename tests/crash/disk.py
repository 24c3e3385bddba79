"""A small disk: a real file system in memory under the workers' folders, which can be filled.

Mounting it takes root; without, the scenario is skipped and says so, and the limit of a process's
files (RLIMIT_FSIZE), which takes no rights, stands for it.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import NoReturn

import pytest

from tests.crash.run import Run

SIZE = "160m"  # more than the engine keeps free


class Disk:
    """A mounted folder with an end to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not a byte of room."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (65_536, 4096):
                with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                    _write_for_ever(ballast, b"\0" * size)

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()

    def keep(self) -> None:
        """Carry what is on the disk over to the folder beneath it."""
        kept = self._folder.with_name("kept")
        shutil.copytree(self._folder, kept)
        self.unmount()
        shutil.copytree(kept, self._folder, dirs_exist_ok=True)

    def unmount(self) -> None:
        """Give the folder back; the system waits until nobody uses it."""
        subprocess.run(["umount", "--lazy", str(self._folder)], check=False, capture_output=True)


def _write_for_ever(ballast: FileIO, block: bytes) -> NoReturn:
    while True:
        ballast.write(block)


@contextmanager
def small_disk(run: Run) -> Iterator[Disk]:
    """Mount a small disk where the run's workers keep their stores."""
    folder = Path(run.play.folder)
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "crash", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk takes root; files_that_may_not_grow stands for it")
    disk = Disk(folder)
    try:
        yield disk
    finally:
        for actor in run.team.values():
            actor.kill()
        with suppress(FileNotFoundError):
            disk.free()
        disk.unmount()
