"""What was freed goes back to the system, also after a large block has been freed."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from typing import Final

import pytest

KEEPS: Final = """
import resource, sys
from creditbus.runtime.workers.allocator import give_back_freed

def resident_mb():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() >> 20

if sys.argv[1] == "set":
    give_back_freed()
large = bytearray(24 << 20)
del large
before = resident_mb()
blocks = [bytearray(1 << 20) for _ in range(40)]
stays = [bytes(600) for _ in range(1000)]
del blocks
print(resident_mb() - before)
"""


def kept_mb(way: str) -> int:
    """Return how much of forty freed megabytes a process of its own holds on to."""
    told = subprocess.run(
        [sys.executable, "-c", KEEPS, way], capture_output=True, text=True, check=True
    )
    return int(told.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the setting is glibc's")
def test_freed_blocks_go_back_to_the_system() -> None:
    assert kept_mb("set") < 10
    assert kept_mb("as it is") > 20
