"""What a service and the engine say to each other: tables, slices, state and outcomes.

This module imports nothing of the engine, so that a pure ``decide`` may use it. A *slice* is what
one fetch brought of one partition; *state* is all that a decision can see; an *outcome* is all it
can do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

import msgspec

K = TypeVar("K")
V = TypeVar("V")
C_co = TypeVar("C_co", covariant=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Table(Generic[K, V]):
    """A keyed table in the store of one partition; its changelog follows from the application.

    Packed keys keep their order as bytes: that is what ``State.scan`` walks. Equal keys pack alike.
    A table is itself the key under which its changes are kept, so there is one object of each.
    ``recent`` is how many rows, those changed last, each partition keeps unpacked in memory: worth
    it where a row that was changed is soon asked for again. Rows of a table with an ``index`` are
    changed through a ``Draft``, which enters in the index what follows from them.
    """

    name: str
    pack_key: Callable[[K], bytes]
    unpack_key: Callable[[bytes], K]
    pack_value: Callable[[V], bytes]
    unpack_value: Callable[[bytes], V]
    recent: int = 0
    index: Index[K, V] | None = None

    @property
    def prefix(self) -> bytes:
        """What the table's keys begin with in the store and the changelog."""
        return self.name.encode() + b"\x00"

    def stored(self, packed: bytes) -> bytes:
        """Return the key under which a packed key lies in the store and the changelog."""
        return self.prefix + packed


@dataclass(frozen=True, kw_only=True, eq=False)
class Index(Generic[K, V]):
    """Which keys of another table follow from each row of one, by the row alone.

    Of ``table`` the changelog holds nothing: the store keeps it, and a restore builds it again from
    the rows. A key is never missing while its row stands and the decision has not deleted it. It
    may outlive the row that it came from, and come back with a restore, because several rows may
    share one: whoever finds a key looks at the rows, and deletes it when it has served. Whoever
    changes ``keys`` raises ``version``: then stores of before are built again.
    """

    table: Table[Any, bytes]
    keys: Callable[[K, V], Iterable[Any]]
    version: int = 1


def kept_locally(tables: Iterable[Table[Any, Any]]) -> frozenset[Table[Any, Any]]:
    """Return the tables that are indexes of others, which the changelog does not hold."""
    return frozenset(table.index.table for table in tables if table.index is not None)


class State(Protocol):
    """All that a decision may see: the tables of the slice's own partition."""

    def get_many(self, table: Table[K, V], keys: Sequence[K]) -> list[V | None]:
        """Return the values under the keys, none where there is none, in the order asked."""
        ...

    def scan(self, table: Table[K, V], start: K, stop: K, limit: int) -> list[tuple[K, V]]:
        """Return at most ``limit`` rows with start <= key < stop, in the order of packed keys."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record lies: the topic, its partition and its offset."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class Arrival(msgspec.Struct, Generic[V], frozen=True):
    """One readable record of a slice.

    ``origin`` is where the fact first came in, which outputs carry on; ``raw`` are the bytes as
    they came.
    """

    value: V
    origin: str
    raw: bytes
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[C_co]):
    """One partition's readable records of one fetch; the engine never looks into ``columns``."""

    topic: str
    partition: int
    columns: C_co


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record whose bytes are no event, kept whole with the reason."""

    position: Position
    reason: str
    detail: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Output(msgspec.Struct, frozen=True):
    """A value for a stream; ``app.py`` turns the stream's name into topic, key and bytes."""

    stream: str
    value: object
    origin: str = ""
    partition: int | None = None


class Produced(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it goes to the broker; no partition means: by the key, with murmur2."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


Changes = dict[Table[Any, Any], dict[Any, Any]]
"""Of each table, the rows that are set to a value, or deleted with none."""


@dataclass(slots=True)
class SliceOutcome:
    """All that a decision about one slice does: outputs, changed rows, counts for metrics."""

    outputs: list[Output] = field(default_factory=list)
    changes: Changes = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def rows(self, table: Table[K, V]) -> dict[K, V | None]:
        """Return the changed rows of a table, to be filled: a value sets, none deletes."""
        return self.changes.setdefault(table, {})

    def count(self, *words: str, by: int = 1) -> None:
        """Add to a count; of several words the first names it, the others are what it is about."""
        name = " ".join(words)
        self.counts[name] = self.counts.get(name, 0) + by


class Draft:
    """The state as it will be after the changes made so far in this slice.

    A slice holds many events of one subject; each must see what the one before it did. Reads go to
    the draft's own changes first, then to the state beneath. It is itself a ``State``.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: Changes = {}
        self._orders: dict[Table[Any, Any], _Order] = {}
        self.changes: Changes = {}

    def prefetch(self, table: Table[K, V], keys: Collection[K]) -> None:
        """Read many rows at once, so that ``get`` finds them without asking beneath."""
        known = self._known.setdefault(table, {})
        asked = [key for key in keys if key not in known]
        if asked:
            values = self._state.get_many(table, asked)
            known.update(zip(asked, values, strict=True))

    def get(self, table: Table[K, V], key: K) -> V | None:
        """Return one row's value; ``prefetch`` the rows before a loop of these."""
        known: dict[K, V | None] = self._known.get(table, {})
        if key in known:
            return known[key]
        return self._state.get_many(table, [key])[0]

    def get_many(self, table: Table[K, V], keys: Sequence[K]) -> list[V | None]:
        """Return the values under the keys, the draft's own changes first."""
        known: dict[K, V | None] = self._known.get(table, {})
        asked = [key for key in keys if key not in known]
        if not asked:
            return [known[key] for key in keys]
        values = self._state.get_many(table, asked)
        found: dict[K, V | None] = dict(zip(asked, values, strict=True))
        return [known[key] if key in known else found[key] for key in keys]

    def put(self, table: Table[K, V], key: K, value: V | None) -> None:
        """Set a row, or delete it with none; what newly follows from it is entered in its index."""
        index = table.index
        if index is not None and value is not None:
            before: V | None = self._known.get(table, {}).get(key)
            entered = () if before is None else {*index.keys(key, before)}
            for each in index.keys(key, value):
                if each not in entered:
                    self.put(index.table, each, b"")
        self.changes.setdefault(table, {})[key] = value
        self._known.setdefault(table, {})[key] = value

    def scan(self, table: Table[K, V], start: K, stop: K, limit: int) -> list[tuple[K, V]]:
        """Return the first rows in the range as they will be after this draft's changes."""
        changed: dict[K, V | None] = self.changes.get(table, {})
        order = self._orders.setdefault(table, _Order(table.pack_key))
        order.extend(changed)
        own = order.between(table.pack_key(start), table.pack_key(stop))
        # Every own change in the range may hide one row beneath, so ask for that many more.
        rows: dict[bytes, tuple[K, V | None]] = {
            table.pack_key(key): (key, value)
            for key, value in self._state.scan(table, start, stop, limit + len(own))
        }
        rows.update((packed, (key, changed[key])) for packed, key in own)
        ordered = [rows[packed] for packed in sorted(rows)]
        return [(key, value) for key, value in ordered if value is not None][:limit]


class _Order:
    """A table's changed keys in the order of their packed form, so that a scan sees its part.

    A draft only ever adds keys, so each is packed once, and a list in order stays nearly so.
    """

    def __init__(self, pack: Callable[[Any], bytes]) -> None:
        self._pack = pack
        self._packed: list[bytes] = []
        self._keys: dict[bytes, Any] = {}

    def extend(self, changed: Mapping[Any, Any]) -> None:
        """Take in the keys that were changed since the last time."""
        if len(changed) == len(self._packed):
            return
        new = {self._pack(key): key for key in islice(changed, len(self._packed), None)}
        self._keys.update(new)
        self._packed.extend(new)
        self._packed.sort()

    def between(self, first: bytes, last: bytes) -> list[tuple[bytes, Any]]:
        """Return the packed and the plain keys with first <= packed < last."""
        low, high = bisect_left(self._packed, first), bisect_left(self._packed, last)
        return [(packed, self._keys[packed]) for packed in self._packed[low:high]]


class DictState:
    """A state in plain dictionaries, for tests; bound to the store by a contract test."""

    def __init__(self, rows: Mapping[str, Mapping[bytes, Any]] | None = None) -> None:
        self.rows: dict[str, dict[bytes, Any]] = {
            name: dict(table) for name, table in (rows or {}).items()
        }

    def get_many(self, table: Table[K, V], keys: Sequence[K]) -> list[V | None]:
        """Return the values under the keys, none where there is none."""
        rows = self.rows.get(table.name, {})
        return [rows.get(table.pack_key(key)) for key in keys]

    def scan(self, table: Table[K, V], start: K, stop: K, limit: int) -> list[tuple[K, V]]:
        """Return the first rows in the range, in the order of packed keys."""
        rows = self.rows.get(table.name, {})
        packed = sorted(rows)
        low, high = (bisect_left(packed, table.pack_key(key)) for key in (start, stop))
        return [(table.unpack_key(raw), rows[raw]) for raw in packed[low:high][:limit]]

    def apply(self, changes: Changes) -> None:
        """Write the changes, as the engine does at a checkpoint."""
        for table, changed in changes.items():
            rows = self.rows.setdefault(table.name, {})
            for key, value in changed.items():
                packed = table.pack_key(key)
                if value is None:
                    rows.pop(packed, None)
                else:
                    rows[packed] = value
