"""Failpoints: named places between the engine's steps, where a crash test may strike."""

from __future__ import annotations

from collections.abc import Callable

Failpoint = Callable[[str], None]

POINTS = (
    "sliced",  # a slice is decided and in the overlay, its outputs are not produced yet
    "sent",  # its outputs are in the open transaction
    "begun",  # a checkpoint has begun
    "logging",  # the changelog of one partition is in the transaction, others may not be
    "logged",  # the changelog and the positions are in the transaction
    "offered",  # the broker holds the offsets, nothing is committed
    "committed",  # the broker has committed, the disk knows nothing of it
    "written",  # the first of the stores is written
    "settled",  # all stores are written
    "asked",  # a restore knows where the group stands and where the changelog ends
    "opened",  # its store is open, nothing is read yet
    "followed",  # a restore has written one batch of the changelog
    "restored",  # a restore is complete, not yet handed over
    "begins",  # handed over, not yet assigned
    "revoking",  # a revoke is announced, before its checkpoint
    "released",  # after that checkpoint, before the stores are closed
    "parted",  # the stores are closed, the group is not told yet
    "lost",  # the group took partitions without asking, the transaction is still open
    "aborted",  # a transaction is aborted, what is owned is not produced again yet
)


def unharmed(point: str) -> None:
    """Pass the point: what a worker does outside crash tests."""
