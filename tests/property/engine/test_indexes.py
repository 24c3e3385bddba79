"""Indexes: what follows from rows is in the store whatever happened to it, and never in the log.

Rows change, days turn and take what is due, checkpoints are taken, and the store is struck: its
last write is missing, it is gone, or a program that keeps no index has written to it. After each of
these every key of every row that is still to come is found, and no key that no row ever had.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import pytest
from confluent_kafka import Consumer, Message
from hypothesis import given
from hypothesis import strategies as st

from creditbus.engine.alarm import Alarm
from creditbus.engine.changelog import Stretch, follow
from creditbus.engine.layout import Layout
from creditbus.engine.shares import Share
from creditbus.engine.store import Row, Store, StoreMark
from creditbus.engine.values import Draft, Index, Table
from tests.effort import examples

SOURCE: Final = "facts"
Days = tuple[int, ...]
Key = tuple[int, str]


def _pack_key(key: Key) -> bytes:
    return key[0].to_bytes(2, "big") + key[1].encode()


DUE: Table[Key, bytes] = Table(
    name="due",
    pack_key=_pack_key,
    unpack_key=lambda packed: (int.from_bytes(packed[:2], "big"), packed[2:].decode()),
    pack_value=bytes,
    unpack_value=bytes,
)
# Two rows of one owner may come to the same key, as two facts of a subject may.
ROWS: Table[str, Days] = Table(
    name="rows",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=bytes,
    unpack_value=tuple,
    index=Index(table=DUE, keys=lambda key, days: [(day, key[:1]) for day in days]),
)
TABLES: Final = (ROWS, DUE)

values = st.none() | st.lists(st.integers(0, 9), max_size=3).map(tuple)
changes = st.dictionaries(st.sampled_from(["a1", "a2", "b1"]), values, max_size=3)
ENDS: Final = ("goes on", "checkpoint", "crash", "lost write", "lost store", "other program")
steps = st.lists(st.tuples(changes, st.booleans(), st.sampled_from(ENDS)), min_size=1, max_size=6)


class Reader:
    """Reads a changelog from where it is told, as the client does."""

    def __init__(self, log: list[Row]) -> None:
        self._log = log
        self._next = 0

    def assign(self, places: list[Any]) -> None:
        self._next = places[0].offset

    def consume(self, count: int, _seconds: float) -> list[Message]:
        first = self._next
        self._next = min(len(self._log), first + min(count, 2))
        return [
            Message(topic="log", partition=0, offset=offset, key=key, value=value)
            for offset, (key, value) in enumerate(self._log[first : self._next], start=first)
        ]

    def close(self) -> None:
        """Nothing is open."""


class Life:
    """One partition's share, its changelog, and what its rows must come to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.log: list[Row] = []
        self.day = -1
        self.committed: dict[str, Days] = {}
        self.open: dict[str, Days] = {}
        self.ever: set[Key] = set()
        self._store = Store(folder / "0")
        self.share = self._begin()

    def change(self, changed: dict[str, Days | None], *, turns: bool) -> None:
        """Decide once: some rows change, and a day turns, which takes what is due."""
        draft = Draft(self.share.overlay)
        draft.prefetch(ROWS, {*changed})
        for key, days in changed.items():
            # As a decision does: nothing is put down for a day that has come.
            coming = None if days is None else tuple(day for day in days if day > self.day)
            draft.put(ROWS, key, coming)
            if coming is None:
                self.open.pop(key, None)
            else:
                self.open[key] = coming
                self.ever.update((day, key[:1]) for day in coming)
        if turns:
            self.day += 1
            for due, _ in draft.scan(DUE, (0, ""), (self.day + 1, ""), 100):
                draft.put(DUE, due, None)
        self.check(draft)
        self.share.keep([], draft.changes, {})
        self.share.advance(SOURCE, len(self.log) + 1, 1)

    def end(self, how: str) -> None:
        """End a turn in one of the ways."""
        if how == "goes on":
            return
        if how == "crash":
            # The day is a row too: what was decided since the last checkpoint is decided again.
            self.open, self.day = dict(self.committed), self._day
        else:
            rows = self.share.rows
            self.log += rows
            self.committed, self._day = dict(self.open), self.day
            mark = StoreMark(topic_id="t", offset=len(self.log), at=0)
            if how == "checkpoint":
                self.share.settle(rows, mark)
                return
            if how == "other program":
                self._store.indexes = b""
                self._store.write(rows, mark)
        self.share.close()
        if how == "lost store":
            shutil.rmtree(self._folder / "0")
        self._store = Store(self._folder / "0")
        self.share = self._begin()

    def check(self, state: Draft | None = None) -> None:
        """See that the index has all that is to come of the rows, and nothing that never was."""
        found = (state or self.share.overlay).scan(DUE, (0, ""), (99, ""), 1000)
        held = {key for key, _ in found}
        wanted = {(day, key[:1]) for key, days in self.open.items() for day in days}
        assert {key for key in wanted if key[0] > self.day} <= held
        assert held <= self.ever

    def rebuilt(self) -> tuple[set[Key], set[Key]]:
        """Return an index that is built from the compacted changelog, and what its rows say."""
        last = dict(self.log)
        with_rows = Store(self._folder / "rebuilt")
        try:
            self._restore(with_rows, [(key, value) for key, value in last.items() if value])
            share = Share(0, {SOURCE: 0}, with_rows, TABLES)
            entries = {key for key, _ in share.overlay.scan(DUE, (0, ""), (99, ""), 1000)}
        finally:
            with_rows.close()
        days = self.committed.items()
        return entries, {(day, key[:1]) for key, own in days for day in own}

    def close(self) -> None:
        """Let go of the store."""
        self.share.close()

    _day = -1

    def _begin(self) -> Share:
        self._restore(self._store, self.log)
        return Share(0, {SOURCE: 0}, self._store, TABLES)

    @staticmethod
    def _restore(store: Store, log: list[Row]) -> None:
        stretch = Stretch(
            topic="log",
            partition=0,
            start=0,
            end=len(log),
            layout=Layout(topic_id="t", tombstone_seconds=60),
            at=0,
        )
        reader = cast("Consumer", Reader(log))
        whole = follow(
            lambda: reader, store, stretch, tables=TABLES, go_on=lambda _: True, alarm=Alarm()
        )
        assert whole


@contextmanager
def a_life() -> Iterator[Life]:
    """Give a share in a folder that goes."""
    folder = Path(tempfile.mkdtemp())
    life = Life(folder)
    try:
        yield life
    finally:
        life.close()
        shutil.rmtree(folder)


@examples(100)
@given(steps=steps)
def test_an_index_has_what_its_rows_say_whatever_befell_the_store(
    steps: list[tuple[dict[str, Days | None], bool, str]],
) -> None:
    with a_life() as life:
        for changed, turns, end in steps:
            life.change(changed, turns=turns)
            life.check()
            life.end(end)
            life.check()
        life.end("checkpoint")
        assert not [key for key, _ in life.log if key.startswith(DUE.prefix)]
        entries, wanted = life.rebuilt()
        assert entries == wanted


@pytest.mark.parametrize("end", ENDS)
def test_a_key_that_two_rows_share_outlives_one_of_them(end: str) -> None:
    with a_life() as life:
        life.change({"a1": (5,), "a2": (5,)}, turns=False)
        life.end("checkpoint")
        life.change({"a1": None}, turns=False)
        life.end(end)
        life.check()


def test_an_index_is_no_part_of_the_log_and_in_the_store_with_its_rows() -> None:
    with a_life() as life:
        life.change({"a1": (1, 2)}, turns=False)
        life.end("checkpoint")
        assert [key.split(b"\0")[0] for key, _ in life.log] == [b"rows", b""]
        assert [key for key, _ in life.share.overlay.scan(DUE, (0, ""), (9, ""), 9)] == [
            (1, "a"),
            (2, "a"),
        ]
