"""The store: one RocksDB folder for one partition's tables, and how far its changelog is in it.

A batch of rows and the mark that goes with it are one write, so the disk is never between two
checkpoints. RocksDB holds its lock until the last iterator is gone, so none outlives its call.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import rocksdict

from creditbus.engine.breakage import guarded
from creditbus.engine.storage import Storage

Row = tuple[bytes, bytes | None]  # a stored key with its packed value, none for a deletion

_BUFFER_BYTES = 8 << 20  # small ones stay in the processor's cache: half the time of large ones
_BACKGROUND_JOBS = 3  # one of them flushes, so a long merge leaves one for the short
_MARK_KEY = b"\0mark"
_INDEXES_KEY = b"\0indexes"
_MARK = struct.Struct(">qq")
_OFFSET = struct.Struct(">q")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreMark:
    """How far a store has come: which changelog, its next offset there, and when (seconds)."""

    topic_id: str
    offset: int
    at: int


def position_key(topic: str) -> bytes:
    """Return the key, in store and changelog, of the next offset to read of a source topic."""
    return b"\0source\0" + topic.encode()


def pack_offset(offset: int) -> bytes:
    """Return an offset as bytes."""
    return _OFFSET.pack(offset)


class Store:
    """The rows of one partition on disk.

    ``indexes`` are the names of the indexes that whoever writes keeps. They are written with every
    mark, so that a store tells when a program that keeps others, or none, has written to it.
    """

    indexes: bytes = b""

    @guarded
    def __init__(self, folder: Path, storage: Storage | None = None) -> None:
        self.folder = folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._storage = storage or Storage(folder.parent)
        self._rows = rocksdict.Rdict(str(folder), _options(self._storage))

    @guarded
    def fetch(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the packed values under the keys, in one look and in their order."""
        # The library's own types do not say that a list is answered by a list.
        values: Any = self._rows.get(cast("Any", keys))
        found: list[bytes | None] = values
        return found

    @guarded
    def scan(self, start: bytes, stop: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return the first rows with start <= key < stop."""
        reading = rocksdict.ReadOptions()
        reading.set_iterate_upper_bound(stop)
        cursor = self._rows.iter(reading)
        rows: list[tuple[bytes, bytes]] = []
        try:
            cursor.seek(start)
            while len(rows) < limit and cursor.valid():
                rows.append((cursor.key(), cursor.value()))
                cursor.next()
            cursor.status()
        finally:
            del cursor
        return rows

    @guarded
    def write(self, rows: Iterable[Row], mark: StoreMark) -> None:
        """Write the rows and the mark, all or nothing."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        put = batch.put
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                put(key, value)
        batch.put(_MARK_KEY, _MARK.pack(mark.offset, mark.at) + mark.topic_id.encode())
        if self.indexes:
            batch.put(_INDEXES_KEY, _OFFSET.pack(mark.offset) + self.indexes)
        self._rows.write(batch)

    @guarded
    def holds(self, indexes: bytes) -> bool:
        """Return whether all that was ever written is in these indexes."""
        mark = self.mark
        if mark is None or not indexes:
            return True
        held: bool = self._rows.get(_INDEXES_KEY) == _OFFSET.pack(mark.offset) + indexes
        return held

    @property
    @guarded
    def mark(self) -> StoreMark | None:
        """How far the store has come; None when nothing was ever written."""
        raw = self._rows.get(_MARK_KEY)
        if raw is None:
            return None
        offset, at = _MARK.unpack_from(raw)
        return StoreMark(topic_id=raw[_MARK.size :].decode(), offset=offset, at=at)

    @guarded
    def position(self, topic: str) -> int | None:
        """Return the next offset of the source topic that the rows stand for."""
        raw = self._rows.get(position_key(topic))
        return None if raw is None else int(_OFFSET.unpack(raw)[0])

    def check_room(self) -> None:
        """Stop when the disk is nearly full."""
        self._storage.check_room()

    def close(self) -> None:
        """Let go of the folder."""
        self._rows.close()


def _options(storage: Storage) -> rocksdict.Options:
    blocks = rocksdict.BlockBasedOptions()
    blocks.set_block_cache(storage.cache)
    blocks.set_bloom_filter(10, False)
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_compression_type(rocksdict.DBCompressionType.lz4())
    options.set_write_buffer_size(_BUFFER_BYTES)
    options.set_write_buffer_manager(storage.buffers)
    # Half the work of levels for rows that change often, and no write waits for it: over levels,
    # one in a hundred waited a third of a second. Its price is twice the disk while it merges all.
    options.set_compaction_style(rocksdict.DBCompactionStyle.universal())
    options.set_max_background_jobs(_BACKGROUND_JOBS)
    # Most look-ups of a deduplicating table find nothing; the filter answers them in memory.
    options.set_memtable_prefix_bloom_ratio(0.1)
    options.set_memtable_whole_key_filtering(True)
    options.set_keep_log_file_num(2)
    return options
