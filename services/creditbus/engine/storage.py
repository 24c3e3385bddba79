"""Storage: where a worker's stores lie, and what all of them may use together.

One block cache and one budget for write buffers serve every partition of a process, so that its
memory does not grow with the number of partitions it happens to own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import rocksdict

from creditbus.engine.failures import Halt

_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Storage:
    """A folder for the stores, and bounds in megabytes.

    ``cache_mb`` holds what is read, ``buffers_mb`` what is written and not yet in a file;
    ``reserve_mb`` is what must stay free on the disk.
    """

    folder: Path
    cache_mb: int = field(default=64, kw_only=True)
    buffers_mb: int = field(default=64, kw_only=True)
    reserve_mb: int = field(default=64, kw_only=True)

    @cached_property
    def cache(self) -> rocksdict.Cache:
        """The one block cache of the process."""
        return rocksdict.Cache(self.cache_mb * _MEGABYTE)

    @cached_property
    def buffers(self) -> rocksdict.WriteBufferManager:
        """The one budget for write buffers; beyond it they are flushed, writers never wait."""
        return rocksdict.WriteBufferManager(self.buffers_mb * _MEGABYTE, allow_stall=False)

    def check_room(self) -> None:
        """Stop while there is still room to stop in.

        Asked before a transaction begins: a store that cannot be written after the broker has
        committed would have to be brought up from the changelog, on the same full disk.
        """
        disk = os.statvfs(self.folder)
        free = disk.f_bavail * disk.f_frsize // _MEGABYTE
        if free < self.reserve_mb:
            raise Halt(
                f"the disk of {self.folder.name} has {free} MB left, less than {self.reserve_mb}",
                "make room and start the worker again; nothing of this step was committed",
            )
