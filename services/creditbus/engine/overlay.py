"""The overlay: what a decision sees, changed by the slices since the last checkpoint."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from creditbus.engine.failures import Halt
from creditbus.engine.store import Row, Store
from creditbus.engine.values import Changes, K, Table, V, kept_locally

_ASK: Final[Any] = object()  # the store must be asked


class Overlay:
    """Uncommitted changes over a store; it is a ``State``.

    Changed values stay unpacked for the slices that follow, and are packed once, for the
    checkpoint; after it a table's most recent ones stay for a while, equal to the store's. Values
    are shared, so nobody may alter one in place.
    """

    def __init__(self, store: Store | None, tables: Sequence[Table[Any, Any]]) -> None:
        self._store = store
        self._changed: Changes = {table: {} for table in tables}
        self._recent: Changes = {table: {} for table in tables if table.recent}
        self._order: dict[Table[Any, Any], list[tuple[bytes, Any]]] = {}
        self._local = kept_locally(tables)

    def get_many(self, table: Table[K, V], keys: Sequence[K]) -> list[V | None]:
        """Return the values under the keys: changed ones first, the rest from one look below."""
        changed, recent = self._changed[table], self._recent.get(table)
        if recent:
            known = [changed.get(key, recent.get(key, _ASK)) for key in keys]
        elif changed:
            known = [changed.get(key, _ASK) for key in keys]
        else:
            return self._fetch(table, keys)
        missing = [key for key, value in zip(keys, known, strict=True) if value is _ASK]
        fetched = self._fetch(table, missing)
        below = iter(fetched)
        return [next(below) if value is _ASK else value for value in known]

    def scan(self, table: Table[K, V], start: K, stop: K, limit: int) -> list[tuple[K, V]]:
        """Return the first rows in the range as they will be after the checkpoint."""
        first, last = table.stored(table.pack_key(start)), table.stored(table.pack_key(stop))
        if limit <= 0 or first >= last:
            return []
        changed = self._changed_between(table, first, last)
        # Every changed key may hide one row of the store, so ask for that many more.
        beneath = self._store.scan(first, last, limit + len(changed)) if self._store else []
        skip = len(table.prefix)
        rows: dict[bytes, tuple[K, V | None]] = {
            stored: (table.unpack_key(stored[skip:]), table.unpack_value(packed))
            for stored, packed in beneath
        }
        values = self._changed[table]
        rows.update((stored, (key, values[key])) for stored, key in changed)
        found = (rows[stored] for stored in sorted(rows))
        return [(key, value) for key, value in found if value is not None][:limit]

    def take(self, changes: Changes) -> None:
        """Take the changes of one decision, the later one of a key over the earlier."""
        for table, rows in changes.items():
            if table not in self._changed:
                raise Halt(
                    f"a decision changed the table {table.name}, which its job does not hold",
                    "declare the table in the job",
                )
            self._changed[table].update(rows)
            self._order.pop(table, None)

    @property
    def rows(self) -> list[Row]:
        """The changed rows, packed, for the changelog and the store; indexes are not among them.

        In the order of their change: to sort them costs more than it saves the store, whose write
        buffers are small, and takes the client library through the memory to and fro.
        """
        return self._packed(table for table in self._changed if table not in self._local)

    @property
    def entries(self) -> list[Row]:
        """The changed rows of indexes, packed, for the store alone."""
        return self._packed(self._local)

    def _packed(self, tables: Iterable[Table[Any, Any]]) -> list[Row]:
        rows: list[Row] = []
        for table in tables:
            prefix, pack_key, pack_value = table.prefix, table.pack_key, table.pack_value
            rows += [
                (prefix + pack_key(key), None if value is None else pack_value(value))
                for key, value in self._changed[table].items()
            ]
        return rows

    @property
    def changes(self) -> Changes:
        """The changed rows; ``clear`` leaves them as they are and begins anew."""
        return self._changed

    def clear(self) -> None:
        """Forget the changes, but for the most recent: they are in the store now."""
        for table, recent in self._recent.items():
            recent.update(self._changed[table])
            for key in list(islice(recent, max(0, len(recent) - table.recent))):
                del recent[key]
        self._changed = {table: {} for table in self._changed}
        self._order = {}

    def _fetch(self, table: Table[K, V], keys: Sequence[K]) -> list[V | None]:
        if not keys or self._store is None:
            return [None] * len(keys)
        prefix, pack_key, unpack_value = table.prefix, table.pack_key, table.unpack_value
        found = self._store.fetch([prefix + pack_key(key) for key in keys])
        return [None if packed is None else unpack_value(packed) for packed in found]

    def _changed_between(
        self, table: Table[K, V], first: bytes, last: bytes
    ) -> list[tuple[bytes, K]]:
        if table not in self._order:
            stored = ((table.stored(table.pack_key(key)), key) for key in self._changed[table])
            self._order[table] = sorted(stored, key=itemgetter(0))
        order = self._order[table]
        low, high = (bisect_left(order, bound, key=itemgetter(0)) for bound in (first, last))
        return order[low:high]
