"""How large the cluster is: what was measured, and what follows for the records to plan for.

The page of the runbook tells this arithmetic, and the manifests take their numbers from it, so the
two cannot part.
"""

from __future__ import annotations

from math import ceil
from typing import Final

RECORDS: Final = 570_000_000
"""What the bus is planned for."""

EVENT_BYTES: Final = 405
"""An event in the log: value, headers and key; the mean of the synthetic city's, uncompressed."""
STATE_BYTES: Final = 224
"""What listing keeps of an event in its store (`listing` of 10,000,000 events: 2,240 MB)."""
EVENTS_PER_S: Final = 13_000
"""What a worker of listing decides in a second with such a store; a slow machine half of it."""
RESTORED_PER_S: Final = 250_000
"""How many rows of a changelog a worker takes in a second, on the slow machine."""
ROWS_PER_EVENT: Final = 6
"""How many rows of the changelog an event leaves (`recovery`: 1,826,880 of 300,000)."""

COPIES: Final = 3
WORKERS: Final = 4
"""Of each service with a store; its partitions (8) are the most that could be."""
HEADROOM: Final = 2.0
"""For compaction, which holds old and new at once, and for growth."""
OTHER_TOPICS: Final = 1.5
"""What the topics that end hold beside the log: inboxes of 30 days, a year of directives …"""

GB: Final = 1_000_000_000


def gigabytes(count: float) -> int:
    """Return bytes in gigabytes, rounded up to the next ten."""
    return ceil(count / GB / 10) * 10


LOG: Final = gigabytes(RECORDS * EVENT_BYTES)
STATE: Final = gigabytes(RECORDS * STATE_BYTES)
BROKER: Final = gigabytes((LOG * OTHER_TOPICS + 2 * STATE) * GB * HEADROOM)
"""A broker's disk: every broker of three holds a copy of all, changelogs and standings included."""
WORKER: Final = gigabytes(STATE / WORKERS * GB * HEADROOM)
"""A worker's disk: its share of the state, twice."""
REPLAY_H: Final = RECORDS / (EVENTS_PER_S * WORKERS) / 3600
RESTORE_MIN: Final = RECORDS * ROWS_PER_EVENT / WORKERS / RESTORED_PER_S / 60
