"""Backups of a running bus: brokers and registry stand still for the copy, and nothing else stops.

A process that stands still writes nothing, so what is copied meanwhile is what a kill at that
moment would have left, which both come back from. Everybody waits as long as the copy takes; where
the file system shares blocks (btrfs, XFS) that is a moment.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import psutil

from creditbus.stack.errors import NotKept
from creditbus.stack.folder import OWNER_ONLY_FOLDER, SOURCE_WEBHOOKS, Folder, StackFile
from creditbus.stack.interrupts import held_back
from creditbus.stack.processes import POLL_S, Identity, is_alive, recorded

SERVERS: Final = ("kafka", "registry")
_STILL_BOUND_S: Final = 10.0
PASSED_OVER: Final = ("tmp", "data.lost*", "data.filling")


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What was copied, and for how long everybody waited."""

    bytes: int
    stood_still_s: float


def back_up(folder: Folder, into: Path) -> Backup:
    """Copy what a bus cannot do without into a new folder: broker, registry, passwords, tokens.

    The rest is built again by the first start. Raises ``NotKept`` with what to do.
    """
    if into.exists() and any(into.iterdir()):
        raise NotKept(f"{into} holds something already: name a folder that is empty or not there")
    if not folder.stack_file.exists():
        raise NotKept(f"no bus was started in {folder.path}: name it with --home")
    brokers = StackFile.load(folder.stack_file).brokers
    parts = [*(folder.broker(number + 1) for number in range(brokers)), folder.registry]
    needed = sum(_size(part) for part in parts)
    into.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    if shutil.disk_usage(into).free < needed:
        raise NotKept(f"{into} has no room for {needed // 1_000_000} MB: name another disk")
    with _standing_still(folder) as began:
        for part in parts:
            copy_part(part, into / part.name)
        for name in ("stack.json", "tokens.json", SOURCE_WEBHOOKS):
            if (folder.path / name).exists():
                shutil.copy2(folder.path / name, into / name)
    return Backup(bytes=needed, stood_still_s=round(time.monotonic() - began, 2))


@contextmanager
def _standing_still(folder: Folder) -> Iterator[float]:
    """Let the servers stand still, if they run, and go on whatever happens meanwhile."""
    servers = [
        each
        for each in recorded(folder.records)
        if each.name.partition("-")[0] in SERVERS and is_alive(each)
    ]
    # Somebody who asks this program to end is heard when the servers go on again.
    with held_back():
        began = time.monotonic()
        try:
            for each in servers:
                os.kill(each.pid, signal.SIGSTOP)
            for each in servers:
                _wait_still(each)
            yield began
        finally:
            for each in servers:
                os.kill(each.pid, signal.SIGCONT)


def _wait_still(server: Identity) -> None:
    """Wait until the system has really stopped every thread of a process."""
    deadline = time.monotonic() + _STILL_BOUND_S
    while psutil.Process(server.pid).status() != psutil.STATUS_STOPPED:
        if time.monotonic() > deadline:
            raise NotKept(f"{server.name} (pid {server.pid}) does not stand still: try again")
        time.sleep(POLL_S)


def copy_part(part: Path, into: Path) -> None:
    """Copy one folder of the bus with its times and rights; raises ``NotKept``."""
    done = subprocess.run(
        ["/bin/cp", "-a", "--reflink=auto", str(part), str(into)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotKept(f"{part} could not be copied: {done.stderr.strip()}")
    for pattern in PASSED_OVER:
        for passed in into.glob(pattern):
            shutil.rmtree(passed)


def _size(part: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in part.rglob("*") if path.is_file())
