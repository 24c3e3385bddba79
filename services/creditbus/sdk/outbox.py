"""The outbox: what a source handed over, in a file of its own, until the broker has it.

Records lie in groups, a row each: the disk is asked once a group, not once a record. What is kept
is on the disk when ``keep`` returns (SQLite, WAL, ``synchronous=FULL``), whatever is killed then.
They name subjects, so the file is made for its owner alone (0600), and SQLite makes those beside it
like it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from creditbus.sdk.pins import Framed
from creditbus.sdk.receipts import NotPublished, Outgoing

_FORM: Final = 1
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS about (source TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS groups (
    number INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL, records BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    event_id TEXT NOT NULL, why TEXT NOT NULL, record BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS schemas (
    registry TEXT NOT NULL, record TEXT NOT NULL, text TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (registry, record)
) WITHOUT ROWID;
"""
_PRAGMAS: Final = (
    "PRAGMA locking_mode = EXCLUSIVE",  # one process at a time; the lock ends with it
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 16777216",
)

_encode: Final = msgspec.msgpack.Encoder().encode
_groups: Final = msgspec.msgpack.Decoder(list[Outgoing]).decode


class Outbox:
    """One source's file; not for several threads at once, and for one process at a time.

    Raises ``NotPublished`` when the file cannot be used, with what to do.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        with self._usable():
            _make(path)
            self._file = sqlite3.connect(
                path, timeout=1, isolation_level=None, check_same_thread=False
            )
        try:
            with self._usable():
                self._open(source)
        except BaseException:
            self._file.close()
            raise

    def keep(self, records: Sequence[Outgoing], settled: Sequence[int] = ()) -> int:
        """Put a group on the disk and forget those that are settled; return its number."""
        with self._usable(), self._whole():
            self._file.executemany("DELETE FROM groups WHERE number = ?", [(n,) for n in settled])
            if not records:
                return 0
            added = self._file.execute(
                "INSERT INTO groups (size, records) VALUES (?, ?)", (len(records), _encode(records))
            )
            assert added.lastrowid is not None
            return added.lastrowid

    def after(self, number: int) -> tuple[int, list[Outgoing]] | None:
        """Return the first group after a number, with its own; None when there is none."""
        with self._usable():
            found = self._file.execute(
                "SELECT number, records FROM groups WHERE number > ? ORDER BY number LIMIT 1",
                (number,),
            ).fetchone()
        return None if found is None else (found[0], _groups(found[1]))

    def waiting(self) -> int:
        """Return how many records are in the groups that nobody has settled."""
        with self._usable():
            found = self._file.execute("SELECT coalesce(sum(size), 0) FROM groups").fetchone()
        return int(found[0])

    def last(self) -> int:
        """Return the number of the newest group, 0 when there is none."""
        with self._usable():
            return int(
                self._file.execute("SELECT coalesce(max(number), 0) FROM groups").fetchone()[0]
            )

    def refuse(self, record: Outgoing, why: str) -> None:
        """Set one record aside that the broker will never take."""
        with self._usable():
            self._file.execute(
                "INSERT INTO refused VALUES (?, ?, ?)", (record.event_id, why, _encode(record))
            )

    def refused(self) -> list[tuple[str, str]]:
        """Return event id and reason of all that was set aside."""
        with self._usable():
            return self._file.execute("SELECT event_id, why FROM refused").fetchall()

    def framed(self, registry: str) -> Mapping[str, Framed]:
        """Return the schemas kept of a registry, by record."""
        with self._usable():
            rows = self._file.execute(
                "SELECT record, text, number FROM schemas WHERE registry = ?", (registry,)
            ).fetchall()
        return {record: Framed(text, number) for record, text, number in rows}

    def keep_framed(self, registry: str, framed: Mapping[str, Framed]) -> None:
        """Keep the schemas of a registry for a start without it."""
        if self.framed(registry) == framed:
            return
        with self._usable(), self._whole():
            self._file.executemany(
                "INSERT OR REPLACE INTO schemas VALUES (?, ?, ?, ?)",
                [(registry, record, each.text, each.number) for record, each in framed.items()],
            )

    def close(self) -> None:
        """Let the file go, for the next process."""
        self._file.close()

    def _open(self, source: str) -> None:
        for pragma in _PRAGMAS:
            self._file.execute(pragma)
        form = self._file.execute("PRAGMA user_version").fetchone()[0]
        if form not in {0, _FORM}:
            raise NotPublished(f"{self.path} was written by a newer SDK: use that one")
        with self._whole():
            for statement in _TABLES.strip().split(";\n"):
                self._file.execute(statement)
            self._file.execute(f"PRAGMA user_version = {_FORM}")
            owner = self._file.execute("SELECT source FROM about").fetchone()
            if owner is None:
                self._file.execute("INSERT INTO about VALUES (?)", (source,))
            elif owner[0] != source:
                raise NotPublished(
                    f"{self.path} is the outbox of {owner[0]}: give {source} one of its own"
                )

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Do all of it or nothing."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            # On a full disk SQLite has rolled back by itself, or has not: both happen.
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as fault:
            if "locked" in str(fault):
                raise NotPublished(
                    f"{self.path} is in use, as another process's outbox or another publisher's:"
                    " give each one of its own"
                ) from fault
            raise NotPublished(
                f"the outbox {self.path} cannot be used: {fault}. Is its folder there and writable,"
                " is there room, is it an outbox? What was not kept was not handed over"
            ) from fault


def _make(path: Path) -> None:
    """Make the file, unless it is there; SQLite would make it as open as the umask lets it.

    One that is there is never opened here: closing it again would let go SQLite's locks on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    except FileExistsError:
        # An older SDK may have made it, and been killed beside what SQLite writes ahead.
        for each in (path, path.with_name(f"{path.name}-wal")):
            # Another user's, say, who lets this one write it: that is not ours to change.
            with suppress(FileNotFoundError, PermissionError):
                if each.stat().st_mode & _OTHERS:
                    each.chmod(_OWNER_ONLY)
