"""Jobs: what one worker does, as its service states it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from confluent_kafka import Message

from creditbus.engine.onlooker import Onlooker
from creditbus.engine.turnstile import Quota
from creditbus.engine.values import (
    Output,
    Produced,
    Slice,
    SliceOutcome,
    State,
    Table,
    Unreadable,
    kept_locally,
)

C = TypeVar("C")


@dataclass(frozen=True)
class Job(Generic[C]):
    """What a worker reads, holds, decides and writes.

    ``application`` is the group, and names the changelog; ``name`` is this one worker's stable
    name: its group instance, transactional id and data folder. ``read`` makes columns of a slice's
    records, ``decide`` is pure, ``write`` turns an output into a record, ``bury`` makes a dead
    letter of a record that cannot be read; without it such a record stops the worker. ``onlooker``
    hears what is committed; only a job with tables has one. ``may_wait`` are the sources that are
    parked alone when they cannot be read; without them such a source stops the worker.
    ``quota`` says which sources wait for a moment because they bring too much at once. ``foresee``
    is shown all records of one fetch before its slices are read, one after the other, so that what
    must be asked elsewhere is asked once; it must be quick, and what it learns may be forgotten.
    """

    application: str
    name: str
    sources: tuple[str, ...]
    tables: tuple[Table[Any, Any], ...]
    read: Callable[[Sequence[Message]], tuple[C, list[Unreadable]]]
    decide: Callable[[Slice[C], State], SliceOutcome]
    write: Callable[[Output], Produced]
    bury: Callable[[Unreadable], Produced] | None = None
    onlooker: Onlooker | None = None
    may_wait: frozenset[str] = frozenset()
    quota: Quota | None = None
    foresee: Callable[[Sequence[Message]], None] | None = None

    def __post_init__(self) -> None:
        names = [table.name for table in self.tables]
        assert self.sources, f"{self.name} reads nothing"
        assert self.tables or not self.onlooker, f"{self.name} has nothing to look at"
        assert self.may_wait <= {*self.sources}, f"{self.name} does not read all that may wait"
        assert not (self.may_wait and self.tables), f"{self.name} has a state that cannot wait"
        assert self.bury or not self.may_wait, f"{self.name} has no place for what is skipped"
        assert not (self.quota and self.tables), f"{self.name} has a state that cannot wait"
        assert len(set(names)) == len(names), f"{self.name} has two tables of one name"
        assert kept_locally(self.tables) <= {*self.tables}, (
            f"{self.name} lacks the table of an index"
        )
        assert not any(each.index for each in kept_locally(self.tables)), "an index of an index"
        assert all(name and "\0" not in name for name in names), f"bad table name in {names}"

    @property
    def changelog(self) -> str:
        """The topic that holds every change of the tables, keyed and compacted."""
        return f"{self.application}-changelog"

    @property
    def is_eager(self) -> bool:
        """Whether equal partition numbers of several topics must meet in one worker."""
        return bool(self.tables) and len(self.sources) > 1
