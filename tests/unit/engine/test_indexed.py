"""Indexes in a store: what a restore enters in them, and how a store tells that they are whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

import pytest
from confluent_kafka import Consumer, Message

from creditbus.engine import changelog
from creditbus.engine.alarm import Alarm
from creditbus.engine.changelog import Indexed, Stretch, follow
from creditbus.engine.job import Job
from creditbus.engine.layout import Layout
from creditbus.engine.store import Row, Store, StoreMark
from creditbus.engine.values import DictState, Draft, Index, Table

Days = tuple[int, ...]


def a_table(name: str, index: Index[str, Days] | None = None) -> Table[str, Days]:
    """Return a table of days by name."""
    return Table(
        name=name,
        pack_key=str.encode,
        unpack_key=bytes.decode,
        pack_value=bytes,
        unpack_value=tuple,
        index=index,
    )


DUE: Final[Table[str, bytes]] = Table(
    name="due",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=bytes,
    unpack_value=bytes,
)


def _by_day(key: str, days: Days) -> list[str]:
    return [f"{day} {key}" for day in days]


ROWS: Final = a_table("rows", Index(table=DUE, keys=_by_day))
MORE: Final = a_table("more", Index(table=DUE, keys=_by_day))
TABLES: Final = (ROWS, MORE, DUE)
WRITTEN: Final = StoreMark(topic_id="t", offset=7, at=3)


def a_row(table: Table[str, Days], key: str, *days: int) -> Row:
    """Return a row as it lies in the store."""
    return table.stored(key.encode()), bytes(days)


def go_on(_count: int) -> bool:
    """Let a restore go on."""
    return True


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "0")
    yield store
    store.close()


@pytest.fixture(name="small_batches")
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog, "_BATCH", 2)


class Log:
    """A changelog that gives its records two by two."""

    def __init__(self, rows: Sequence[Row], first: int = 0) -> None:
        self._rows = rows
        self._first = first
        self._next = first

    def assign(self, places: list[Any]) -> None:
        """Read on from a place."""
        self._next = places[0].offset

    def consume(self, _count: int, _seconds: float) -> list[Message]:
        """Return the next two records."""
        begin = self._next
        self._next = min(begin + 2, self._first + len(self._rows))
        return [
            Message(topic="log", partition=0, offset=offset, key=key, value=value)
            for offset, (key, value) in enumerate(
                self._rows[begin - self._first : self._next - self._first], start=begin
            )
        ]

    def close(self) -> None:
        """Nothing is open."""


def restored(store: Store, log: Log, end: int, cuts: Iterator[bool] | None = None) -> bool:
    """Bring a store up to the end of a log; the cuts say when to go on."""
    stretch = Stretch(
        topic="log",
        partition=0,
        start=0,
        end=end,
        layout=Layout(topic_id="t", tombstone_seconds=60),
        at=9,
    )
    return follow(
        lambda: cast("Consumer", log),
        store,
        stretch,
        tables=TABLES,
        go_on=go_on if cuts is None else lambda _: next(cuts),
        alarm=Alarm(),
    )


def due_in(store: Store) -> list[str]:
    """Return the keys of the date index in a store."""
    skip = len(DUE.prefix)
    return [key[skip:].decode() for key, _ in store.scan(DUE.prefix, b"due\1", 1000)]


@contextmanager
def reopened(folder: Path) -> Iterator[Store]:
    """Give the store of a folder that another process has closed."""
    store = Store(folder)
    try:
        yield store
    finally:
        store.close()


# "a" and what begins with it and a null: keys may follow upon each other as closely as that.
LEFT_BEHIND: Final = [
    a_row(ROWS, "", 1),
    a_row(ROWS, "a", 2),
    a_row(ROWS, "a\0b", 3),
    a_row(ROWS, "b", 4),
    a_row(ROWS, "c", 5),
    a_row(MORE, "z", 6),
    a_row(MORE, "zz", 7),
]
ALL_DUE: Final = ["1 ", "2 a", "3 a\0b", "4 b", "5 c", "6 z", "7 zz"]


@pytest.mark.usefixtures("small_batches")
def test_every_row_of_every_table_is_entered_whatever_the_batches(store: Store) -> None:
    store.write(LEFT_BEHIND, WRITTEN)
    assert Indexed(TABLES).build(store, go_on)
    assert due_in(store) == ALL_DUE
    assert store.mark == WRITTEN


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("after", range(4))
def test_an_index_cut_while_it_is_built_is_built_again(tmp_path: Path, after: int) -> None:
    indexed = Indexed(TABLES)
    with reopened(tmp_path / "0") as store:
        store.write(LEFT_BEHIND, WRITTEN)
        cuts = iter([True] * after + [False])
        assert not restored(store, Log([]), WRITTEN.offset, cuts)
        assert not store.holds(indexed.names)
        assert store.mark == WRITTEN
    with reopened(tmp_path / "0") as store:
        assert restored(store, Log([]), WRITTEN.offset, iter([True] * 10))
        assert due_in(store) == ALL_DUE
        assert store.holds(indexed.names)


@pytest.mark.usefixtures("small_batches")
def test_a_restore_that_is_cut_while_it_builds_reads_no_changelog(store: Store) -> None:
    store.write(LEFT_BEHIND, WRITTEN)
    log = Log([a_row(ROWS, "new", 8)], first=WRITTEN.offset)
    assert not restored(store, log, WRITTEN.offset + 1, iter([False, True, True, True]))
    assert store.mark == WRITTEN
    assert not store.holds(Indexed(TABLES).names)


def test_a_built_index_is_not_built_again_after_what_its_program_wrote(tmp_path: Path) -> None:
    indexed = Indexed(TABLES)
    with reopened(tmp_path / "0") as store:
        assert indexed.build(store, go_on)
        store.write([a_row(ROWS, "a", 2)], WRITTEN)
        later = replace(WRITTEN, offset=11)
        store.write([a_row(ROWS, "b", 4)], later)
    with reopened(tmp_path / "0") as store:
        assert store.holds(indexed.names)
        assert indexed.build(store, go_on)
        assert due_in(store) == []


def test_a_store_whose_indexes_are_others_is_entered_anew(store: Store) -> None:
    elsewhere = replace(DUE, name="elsewhere")
    other = a_table("rows", Index(table=elsewhere, keys=_by_day))
    assert Indexed((other, elsewhere)).build(store, go_on)
    store.write(LEFT_BEHIND, WRITTEN)
    assert not store.holds(Indexed(TABLES).names)
    assert Indexed(TABLES).build(store, go_on)
    assert due_in(store) == ALL_DUE
    assert store.holds(Indexed(TABLES).names)
    assert not store.holds(Indexed((other, elsewhere)).names)


def test_an_index_whose_keys_are_others_by_now_is_built_again(store: Store) -> None:
    def _by_week(key: str, days: Days) -> list[str]:
        return [f"week {day // 7} {key}" for day in days]

    assert Indexed(TABLES).build(store, go_on)
    store.write(LEFT_BEHIND, WRITTEN)
    weekly = a_table("rows", Index(table=DUE, keys=_by_week, version=2))
    assert not store.holds(Indexed((weekly, MORE, DUE)).names)
    assert Indexed((weekly, MORE, DUE)).build(store, go_on)
    assert any(key.startswith("week ") for key in due_in(store))
    assert store.holds(Indexed((weekly, MORE, DUE)).names)


def test_a_second_table_that_leads_to_an_index_is_entered_in_what_the_first_filled(
    store: Store,
) -> None:
    assert Indexed((ROWS, DUE)).build(store, go_on)
    store.write([a_row(MORE, "z", 6)], WRITTEN)
    assert Indexed(TABLES).build(store, go_on)
    assert due_in(store) == ["6 z"]


def test_what_is_read_of_a_changelog_leaves_the_instant_until_all_is_read(store: Store) -> None:
    store.write([], WRITTEN)
    log = Log([a_row(ROWS, "a", 2), a_row(ROWS, "b", 3)], first=WRITTEN.offset)
    cuts = iter([False])
    assert not restored(store, log, WRITTEN.offset + 2, cuts)
    assert store.mark == replace(WRITTEN, offset=WRITTEN.offset + 2)
    assert due_in(store) == ["2 a", "3 b"]


def test_a_deletion_that_an_earlier_program_logged_takes_no_key_of_a_row_beside_it(
    store: Store,
) -> None:
    deleted = DUE.stored(b"5 a")
    assert restored(store, Log([(deleted, None), a_row(ROWS, "a", 5)]), 2)
    assert due_in(store) == ["5 a"]


def test_of_a_deleted_row_an_index_gains_nothing_and_an_empty_row_is_asked() -> None:
    always = a_table("rows", Index(table=DUE, keys=lambda key, days: [f"{len(days)} {key}"]))
    rows = [(always.stored(b"gone"), None), (always.stored(b"empty"), b"")]
    entries = list(Indexed((always, DUE)).entries([*rows, (b"\0source\0facts", b"12345678")]))
    assert entries == [(DUE.stored(b"0 empty"), b"")]


def test_a_row_that_is_known_enters_what_is_new_of_it_alone() -> None:
    draft = Draft(DictState({"rows": {b"a": (1, 2)}}))
    draft.prefetch(ROWS, ["a"])
    draft.put(ROWS, "a", (2, 3))
    assert draft.changes[DUE] == {"3 a": b""}
    draft.put(ROWS, "a", None)
    draft.put(ROWS, "a", (2,))
    assert draft.changes[DUE] == {"3 a": b"", "2 a": b""}


def test_a_row_that_nobody_looked_at_enters_all_of_its_keys() -> None:
    draft = Draft(DictState({"rows": {b"a": (1, 2)}}))
    draft.put(ROWS, "a", (1, 3))
    assert draft.changes[DUE] == {"1 a": b"", "3 a": b""}


def _a_job(*tables: Table[Any, Any]) -> Job[Any]:
    return Job(
        application="rooms",
        name="rooms-0",
        sources=("facts",),
        tables=tables,
        read=cast("Any", None),
        decide=cast("Any", None),
        write=cast("Any", None),
    )


def test_a_job_holds_the_table_of_its_index_and_no_index_of_an_index() -> None:
    assert _a_job(ROWS, DUE).tables == (ROWS, DUE)
    with pytest.raises(AssertionError, match="lacks the table of an index"):
        _a_job(ROWS)
    below: Table[Any, Any] = a_table("below", Index(table=DUE, keys=_by_day))
    with pytest.raises(AssertionError, match="an index of an index"):
        _a_job(a_table("above", Index(table=below, keys=_by_day)), below, DUE)
