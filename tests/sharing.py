"""Which tests one worker of pytest-xdist plays: those that share what is dear to make.

Tests on the whole bus share one, those of a folder on real servers a stack, all tests of a seed the
history that it lived. A worker that is done with one takes the next: each starts one stack at most.
(The grouping by marks that pytest-xdist brings does nothing under pytest 9.2, without a word.)
"""

from __future__ import annotations

import re
from typing import Final

from xdist.scheduler import LoadScopeScheduling

ON_THE_BUS: Final = ("tests/integration/bus/", "tests/siege/")
ON_SERVERS: Final = re.compile(r"tests/(integration/\w+|crash)/")
SEED: Final = re.compile(r"\[SEED=(\d+)\]$")


class BySharedWork(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Hands out the tests one by one, but for those that share a stack or a seed's history."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(ON_THE_BUS):
            return "bus"
        servers = ON_SERVERS.match(nodeid)
        if servers:
            return servers[0]
        seed = SEED.search(nodeid)
        return f"{nodeid.partition('::')[0]} {seed[0]}" if seed else nodeid
