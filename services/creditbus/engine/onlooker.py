"""Onlookers: who acts on what a worker has committed, beside its loop.

A decision is pure, and what must be done in the world follows from rows that are committed, never
from those that may yet be undone. So a job may name an onlooker: it is told of each partition that
this worker holds, may look into its rows from any thread, and hears what every checkpoint changed.
It must not hold the loop up: its methods take note and return.
"""

from __future__ import annotations

from typing import Protocol

from creditbus.engine.values import Changes, State


class Onlooker(Protocol):
    """Is told by the worker's own threads; whatever it raises ends the worker."""

    def begins(self, partition: int, state: State) -> None:
        """Take over a partition; the state shows what is committed, until ``ends`` returns."""
        ...

    def changed(self, partition: int, changes: Changes) -> None:
        """Hear what a checkpoint has committed; the values are shared and must stay as they are."""
        ...

    def ends(self, partition: int) -> None:
        """Let go of a partition and of its state, at once: it is about to be closed."""
        ...
