"""Failpoints: named places between the engine's steps, where a crash test may strike."""

from __future__ import annotations

from collections.abc import Callable

Failpoint = Callable[[str], None]

POINTS = (
    "sliced",  # a slice is decided and in the overlay, its outputs are not produced yet
    "sent",  # its outputs are in the open transaction
    "begun",  # a checkpoint has begun
    "logged",  # the changelog and the positions are in the transaction
    "offered",  # the broker holds the offsets, nothing is committed
    "committed",  # the broker has committed, the disk knows nothing of it
    "written",  # the first of the stores is written
    "settled",  # all stores are written
    "followed",  # a restore has written one batch of the changelog
    "restored",  # a restore is complete, not yet handed over
    "revoking",  # a revoke is announced, before its checkpoint
    "released",  # after that checkpoint, before the stores are closed
)


def unharmed(point: str) -> None:
    """Pass the point: what a worker does outside crash tests."""
