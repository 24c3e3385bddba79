"""The overlay: what a decision sees, changed by the slices since the last checkpoint."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from creditbus.engine.failures import Halt
from creditbus.engine.store import Row, Store
from creditbus.engine.values import Change, K, Table, V


class Overlay:
    """Uncommitted changes over a store; it is a ``State``.

    A changed value is packed once, when the change is taken, and kept unpacked beside it for the
    slices that follow. Values are shared, so nobody may alter one in place.
    """

    def __init__(self, store: Store | None, tables: Sequence[Table[Any, Any]]) -> None:
        self._store = store
        self._names = {table.name for table in tables}
        self._values: dict[bytes, Any | None] = {}
        self._packed: dict[bytes, bytes | None] = {}
        self._order: list[bytes] | None = None

    def get_many(self, table: Table[K, V], keys: Sequence[K]) -> list[V | None]:
        """Return the values under the keys: changed ones first, the rest from one look below."""
        stored = [table.stored(table.pack_key(key)) for key in keys]
        values = self._values
        missing = {key for key in stored if key not in values}
        found = self._store.fetch(missing) if self._store and missing else {}
        return [
            values[key] if key in values else _unpacked(table, found.get(key)) for key in stored
        ]

    def scan(self, table: Table[K, V], start: K, stop: K, limit: int) -> list[tuple[K, V]]:
        """Return the first rows in the range as they will be after the checkpoint."""
        first = table.stored(table.pack_key(start))
        last = table.stored(table.pack_key(stop))
        if limit <= 0 or first >= last:
            return []
        changed = self._changed_between(first, last)
        # Every changed key may hide one row of the store, so ask for that many more.
        beneath = self._store.scan(first, last, limit + len(changed)) if self._store else []
        rows: dict[bytes, Any] = {key: table.unpack_value(value) for key, value in beneath}
        rows.update((key, self._values[key]) for key in changed)
        skip = len(table.stored(b""))
        kept = sorted(key for key, value in rows.items() if value is not None)
        return [(table.unpack_key(key[skip:]), rows[key]) for key in kept[:limit]]

    def take(self, changes: Sequence[Change]) -> None:
        """Take the changes of one decision, the later one of a key over the earlier."""
        for change in changes:
            table = change.table
            if table.name not in self._names:
                raise Halt(
                    f"a decision changed the table {table.name}, which its job does not hold",
                    "declare the table in the job",
                )
            key = table.stored(table.pack_key(change.key))
            self._values[key] = change.value
            self._packed[key] = None if change.value is None else table.pack_value(change.value)
        self._order = None

    @property
    def rows(self) -> list[Row]:
        """The changed rows, packed, for the changelog and the store."""
        return list(self._packed.items())

    def clear(self) -> None:
        """Forget the changes: they are in the store now."""
        self._values = {}
        self._packed = {}
        self._order = None

    def _changed_between(self, first: bytes, last: bytes) -> list[bytes]:
        if self._order is None:
            self._order = sorted(self._values)
        return self._order[bisect_left(self._order, first) : bisect_left(self._order, last)]


def _unpacked(table: Table[K, V], packed: bytes | None) -> V | None:
    return None if packed is None else table.unpack_value(packed)
