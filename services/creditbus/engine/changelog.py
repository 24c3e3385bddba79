"""The changelog: bring one store up to the end of its partition of the changelog.

The end is asked for before reading and includes what is not committed: the end that a reader of
committed records sees may lie before a transaction that is just being committed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from creditbus.engine.alarm import Alarm
from creditbus.engine.breakage import StoreBroken, sign
from creditbus.engine.failures import Halt, Reaction, halt, rule_for
from creditbus.engine.layout import Layout
from creditbus.engine.slices import offset_of
from creditbus.engine.storage import Storage
from creditbus.engine.store import Store, StoreMark
from creditbus.engine.surroundings import Logger

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
    go_on: Callable[[int], bool],
    alarm: Alarm,
) -> bool:
    """Write the changelog into the store up to the end; whether it got there.

    After each batch ``go_on`` is asked, with the number of records in it. A store that is at the
    end already costs no reader: most restarts are of that kind.
    """
    mark = store.mark or StoreMark(topic_id=stretch.layout.topic_id, offset=0, at=stretch.at)
    if mark.offset < stretch.end:
        with closing(open_reader()) as reader:
            reader.assign([TopicPartition(stretch.topic, stretch.partition, mark.offset)])
            if not _read_to_end(reader, store, stretch, mark, go_on=go_on, alarm=alarm):
                return False
    reached = store.mark
    if reached is not None:
        end = max(reached.offset, stretch.end)
        store.write([], replace(reached, offset=end, at=stretch.at))
    return go_on(0)


def _read_to_end(
    reader: Consumer,
    store: Store,
    stretch: Stretch,
    mark: StoreMark,
    *,
    go_on: Callable[[int], bool],
    alarm: Alarm,
) -> bool:
    position = mark.offset
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
            _write(store, batch, mark)
        if not go_on(len(batch)):
            return False
    return True


def _write(store: Store, batch: list[Message], mark: StoreMark) -> None:
    rows = [(message.key() or b"", message.value()) for message in batch]
    offset = offset_of(batch[-1]) + 1
    # The instant stays the old one until the restore is complete.
    store.write(rows, StoreMark(topic_id=mark.topic_id, offset=offset, at=mark.at))


def _position_behind(error: KafkaError, message: Message, alarm: Alarm) -> int:
    if error.code() == KafkaError._PARTITION_EOF:
        return offset_of(message)
    if rule_for(error).kind in (Reaction.SILENT, Reaction.RETRY):
        alarm.hear(error)
        return 0
    raise halt("the changelog cannot be read", error)
