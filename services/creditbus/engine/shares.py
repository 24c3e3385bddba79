"""Shares: what a worker owns of one partition, from its assignment to its revocation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from creditbus.engine.health import Source
from creditbus.engine.onlooker import Onlooker
from creditbus.engine.overlay import Overlay
from creditbus.engine.store import Row, Store, StoreMark, pack_offset, position_key
from creditbus.engine.values import Changes, Produced, Table

ShareKey = tuple[str, int]


def share_key(source: Source, *, has_tables: bool) -> ShareKey:
    """Return a source's share: with tables, equal partition numbers share one."""
    topic, partition = source
    return ("", partition) if has_tables else (topic, partition)


class Share:
    """One partition: where it stands, its state, and what it did since the last checkpoint.

    The produced records are kept until their transaction commits, so that after an abort the next
    transaction can produce them again.
    """

    def __init__(
        self,
        partition: int,
        positions: Mapping[str, int],
        store: Store | None = None,
        tables: Sequence[Table[Any, Any]] = (),
        onlooker: Onlooker | None = None,
    ) -> None:
        self.partition = partition
        self.positions = dict(positions)
        self.overlay = Overlay(store, tables)
        self.kept: list[Produced] = []
        self.counts: Counter[str] = Counter()
        self.moved: set[str] = set()
        self.records = 0
        self.sent = 0
        self.transaction = 0
        self._store = store
        self._onlooker = onlooker
        if onlooker is not None:
            # Its own view of the store, without what is not committed.
            onlooker.begins(partition, Overlay(store, tables))

    @property
    def sources(self) -> list[Source]:
        """The topics and partitions that this share reads."""
        return [(topic, self.partition) for topic in self.positions]

    def advance(self, topic: str, position: int, records: int) -> None:
        """Note that the records of a topic before this position are decided."""
        self.positions[topic] = position
        self.moved.add(topic)
        self.records += records

    def keep(
        self, produced: Sequence[Produced], changes: Changes, counts: Mapping[str, int]
    ) -> None:
        """Keep what a decision did until the checkpoint."""
        self.overlay.take(changes)
        self.kept.extend(produced)
        self.counts.update(counts)

    @property
    def rows(self) -> list[Row]:
        """What the changelog gains: changed rows and, last, the positions of the moved topics."""
        if self._store is None:
            return []
        places: list[Row] = [
            (position_key(topic), pack_offset(self.positions[topic]))
            for topic in sorted(self.moved)
        ]
        return self.overlay.rows + places

    def check_room(self) -> None:
        """Stop when the disk of the store is nearly full."""
        if self._store is not None:
            self._store.check_room()

    def settle(self, rows: Sequence[Row], mark: StoreMark | None) -> None:
        """Write to disk what the broker has committed and what indexes gain by it; begin anew."""
        if self._store is not None:
            assert mark is not None, "the broker reported no offset for the changelog"
            self._store.write([*rows, *self.overlay.entries], mark)
        if self._onlooker is not None:
            self._onlooker.changed(self.partition, self.overlay.changes)
        self.overlay.clear()
        self.kept = []
        self.counts = Counter()
        self.moved = set()
        self.records = self.sent = 0

    def close(self, caught_up_at: int | None = None) -> None:
        """Let go of the store, dropping what is not committed.

        Say when the share was known to be caught up; say nothing when it was lost.
        """
        if self._store is None:
            return
        if self._onlooker is not None:
            self._onlooker.ends(self.partition)
        mark = self._store.mark
        if mark is not None and caught_up_at is not None:
            self._store.write([], replace(mark, at=caught_up_at))
        self._store.close()
