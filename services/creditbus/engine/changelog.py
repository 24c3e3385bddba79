"""The changelog: bring one store up to the end of its partition of the changelog.

The end is asked for before reading and includes what is not committed: the end that a reader of
committed records sees may lie before a transaction that is just being committed. What indexes hold
follows from the rows that are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from creditbus.engine.alarm import Alarm
from creditbus.engine.breakage import StoreBroken, sign
from creditbus.engine.failures import Halt, Reaction, halt, rule_for
from creditbus.engine.layout import Layout
from creditbus.engine.slices import offset_of
from creditbus.engine.storage import Storage
from creditbus.engine.store import Row, Store, StoreMark
from creditbus.engine.surroundings import Logger
from creditbus.engine.values import Table

_BATCH = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One partition of the changelog as it stood when a restore began, at an instant in seconds."""

    topic: str
    partition: int
    start: int
    end: int
    layout: Layout
    at: int

    def objection_to(self, mark: StoreMark | None) -> str | None:
        """Return why a store with this mark cannot be brought up, None if it can."""
        if mark is None:
            return None
        if mark.topic_id != self.layout.topic_id:
            return "it belongs to another changelog: the topic was made anew"
        if mark.offset > self.end:
            return f"it is ahead of its changelog ({mark.offset} > {self.end})"
        if mark.offset < self.start:
            return f"its changelog begins behind it ({mark.offset} < {self.start})"
        if self.at - mark.at > self.layout.tombstone_seconds / 2:
            return "it is so old that the changelog may have forgotten deletions it never saw"
        return None


def open_store(storage: Storage, stretch: Stretch, logger: Logger) -> Store:
    """Return the partition's store, an empty one in its place when it cannot be brought up."""
    folder = storage.folder / f"p{stretch.partition}"
    objection = _broken_before(folder)
    if objection is None:
        try:
            store = Store(folder, storage)
        except StoreBroken as broken:
            objection = str(broken)
        else:
            objection = _objection(store, stretch)
            if objection is None:
                return store
            store.close()
    if stretch.start > 0:
        raise Halt(
            f"the state of {stretch.topic}/{stretch.partition} cannot be built: {objection};"
            f" the changelog begins at {stretch.start}, not at 0",
            "replay the sources under a new application id",
        )
    aside = _set_aside(folder)
    logger.warning(
        "a store was set aside and is built again from its changelog",
        store=folder.name,
        reason=objection,
        aside=aside.name,
    )
    return Store(folder, storage)


def _broken_before(folder: Path) -> str | None:
    """Return what an earlier process found broken in the store."""
    try:
        return f"an earlier start found it broken: {sign(folder).read_text()}"
    except FileNotFoundError:
        return None


def _objection(store: Store, stretch: Stretch) -> str | None:
    try:
        mark = store.mark
    except StoreBroken as broken:
        return str(broken)
    if mark is None and stretch.start > 0:
        return "it is empty"
    return stretch.objection_to(mark)


def _set_aside(folder: Path) -> Path:
    number = 1
    while (aside := folder.with_name(f"{folder.name}.aside-{number}")).exists():
        number += 1
    if folder.exists():
        folder.rename(aside)
    sign(folder).unlink(missing_ok=True)
    return aside


def follow(
    open_reader: Callable[[], Consumer],
    store: Store,
    stretch: Stretch,
    *,
    tables: Sequence[Table[Any, Any]],
    go_on: Callable[[int], bool],
    alarm: Alarm,
) -> bool:
    """Write the changelog into the store up to the end; whether it got there.

    After each batch ``go_on`` is asked, with the number of records in it. A store that is at the
    end already costs no reader: most restarts are of that kind.
    """
    indexed = Indexed(tables)
    if not indexed.build(store, go_on):
        return False
    mark = store.mark or StoreMark(topic_id=stretch.layout.topic_id, offset=0, at=stretch.at)
    if mark.offset < stretch.end:
        with closing(open_reader()) as reader:
            reader.assign([TopicPartition(stretch.topic, stretch.partition, mark.offset)])
            target = _Target(store, mark, indexed)
            if not _read_to_end(reader, target, stretch, go_on=go_on, alarm=alarm):
                return False
    reached = store.mark
    if reached is not None:
        end = max(reached.offset, stretch.end)
        store.write([], replace(reached, offset=end, at=stretch.at))
    return go_on(0)


class _Target:
    """The store that a changelog is read into, with what follows from its rows."""

    def __init__(self, store: Store, mark: StoreMark, indexed: Indexed) -> None:
        self._store = store
        self.mark = mark
        self._indexed = indexed

    def write(self, batch: list[Message]) -> None:
        """Write a batch of the changelog's records."""
        rows = [(message.key() or b"", message.value()) for message in batch]
        offset = offset_of(batch[-1]) + 1
        # The instant stays the old one until the restore is complete.
        mark = StoreMark(topic_id=self.mark.topic_id, offset=offset, at=self.mark.at)
        self._store.write([*rows, *self._indexed.entries(rows)], mark)


class Indexed:
    """Tables whose rows have an index, as a restore meets them."""

    def __init__(self, tables: Sequence[Table[Any, Any]]) -> None:
        self._tables = {table.prefix: table for table in tables if table.index is not None}
        # By both names: a second table that leads to an index is in it only once it is built.
        names = {
            f"{table.name} {table.index.table.name} {table.index.version}"
            for table in tables
            if table.index
        }
        self.names = "\0".join(sorted(names)).encode()

    def build(self, store: Store, go_on: Callable[[int], bool]) -> bool:
        """Bring the indexes of a store up to its rows, if another program left them behind."""
        mark = store.mark
        if mark is not None and not store.holds(self.names):
            for prefix in self._tables:
                after, behind = prefix, prefix[:-1] + b"\1"
                while rows := store.scan(after, behind, _BATCH):
                    # Not said to hold them before the last row is in.
                    store.write(self.entries(rows), mark)
                    after = rows[-1][0] + b"\0"
                    if not go_on(0):
                        return False
        store.indexes = self.names
        if mark is not None and self.names:
            store.write([], mark)
        return True

    def entries(self, rows: Iterable[tuple[bytes, bytes | None]]) -> Iterator[Row]:
        """Yield what the indexes hold by stored rows; of a deleted one they gain nothing."""
        if not self._tables:
            return
        for stored, packed in rows:
            prefix = stored[: stored.find(b"\0") + 1]
            table = self._tables.get(prefix)
            if table is None or table.index is None or packed is None:
                continue
            index, key = table.index, table.unpack_key(stored[len(prefix) :])
            target = index.table
            for each in index.keys(key, table.unpack_value(packed)):
                yield target.stored(target.pack_key(each)), target.pack_value(b"")


def _read_to_end(
    reader: Consumer,
    target: _Target,
    stretch: Stretch,
    *,
    go_on: Callable[[int], bool],
    alarm: Alarm,
) -> bool:
    position = target.mark.offset
    while position < stretch.end:
        batch: list[Message] = []
        for message in reader.consume(_BATCH, 0.05):
            error = message.error()
            if error is None:
                batch.append(message)
            else:
                # An empty stretch of aborted records and markers ends with this notice.
                position = max(position, _position_behind(error, message, alarm))
        if batch:
            alarm.answered()
            position = max(position, offset_of(batch[-1]) + 1)
            target.write(batch)
        if not go_on(len(batch)):
            return False
    return True


def _position_behind(error: KafkaError, message: Message, alarm: Alarm) -> int:
    if error.code() == KafkaError._PARTITION_EOF:
        return offset_of(message)
    if rule_for(error).kind in (Reaction.SILENT, Reaction.RETRY):
        alarm.hear(error)
        return 0
    raise halt("the changelog cannot be read", error)
