"""Tokens: those of one party told apart, given beside one another, and taken away.

A file of credentials is changed whole, by one hand at a time, and a running gateway reads it anew.
Of a token only its hash is kept: whoever lost it gets another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from stat import S_IMODE
from typing import Final

import msgspec
from filelock import FileLock

from creditbus.runtime.http.credentials import (
    CallerRole,
    Credential,
    Credentials,
    TokenScope,
    file_of,
    hash_of,
    issue,
)
from creditbus.stack.bus import token_name
from creditbus.stack.errors import NotWritable
from creditbus.stack.folder import OWNER_ONLY_FILE, StackFile, leave_to_owner_of, write_private

_LOCK_BOUND_S: Final = 10.0


class NoSuchToken(ValueError):
    """There is no token to be taken away, of this party or with this id; the message says."""


class Tokens:
    """The credentials in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, party: str) -> list[Credential]:
        """Return a party's tokens, those that were taken away included, in the order of giving."""
        return [row for row in Credentials.load(self._path).rows if row.party == party]

    def parties(self) -> set[str]:
        """Return whoever has, or once had, a token."""
        return {row.party for row in Credentials.load(self._path).rows}

    def give(
        self,
        party: str,
        role: CallerRole,
        on: date,
        *,
        good_until: date | None = None,
        only: TokenScope | None = None,
    ) -> tuple[str, Credential]:
        """Give a party one more token and return it, to be told once and kept nowhere."""
        token, row = issue(party, role, good_until, on, only)
        with self._changed() as rows:
            rows.append(row)
        return token, row

    def end(self, party: str, last_day: date, *, but: str) -> list[Credential]:
        """Let all tokens of a party but one be good until a day at the longest; return them."""
        return self._replaced(
            party,
            lambda row: row.id != but and row.revoked_on is None and _outlives(row, last_day),
            lambda row: msgspec.structs.replace(row, expires_on=last_day),
        )

    def revoke(self, party: str, on: date, token_id: str = "") -> list[Credential]:
        """Take away one token of a party, or all of them, and return those; at once.

        Raises ``NoSuchToken``.
        """
        known = self.of(party)
        if token_id and not any(row.id == token_id for row in known):
            ids = ", ".join(row.id for row in known) or "none"
            raise NoSuchToken(f"{party} has no token {token_id}; there are {ids}")
        taken = self._replaced(
            party,
            lambda row: row.revoked_on is None and token_id in {"", row.id},
            lambda row: msgspec.structs.replace(row, revoked_on=on),
        )
        if not taken:
            which = f"token {token_id}" if token_id else "every token"
            raise NoSuchToken(f"{which} of {party} was taken away before")
        return taken

    def _replaced(
        self,
        party: str,
        is_meant: Callable[[Credential], bool],
        changed: Callable[[Credential], Credential],
    ) -> list[Credential]:
        found = []
        with self._changed() as rows:
            for place, row in enumerate(rows):
                if row.party == party and is_meant(row):
                    rows[place] = changed(row)
                    found.append(rows[place])
        return found

    @contextmanager
    def _changed(self) -> Iterator[list[Credential]]:
        """Give the rows to be changed, and replace the file by them with the rights that it had."""
        lock = self._path.with_suffix(".lock")
        with _held(lock):
            if self._path.exists() and os.geteuid() == 0:
                leave_to_owner_of(self._path, lock)  # or root's lock would shut the owner out
            rows = list(Credentials.load(self._path).rows)
            yield rows
            write_private(self._path, file_of(rows), self._mode())

    def _mode(self) -> int:
        return S_IMODE(self._path.stat().st_mode) if self._path.exists() else OWNER_ONLY_FILE


def _held(lock: Path) -> AbstractContextManager[object]:
    try:
        return FileLock(lock, timeout=_LOCK_BOUND_S).acquire()
    except OSError as error:  # its Timeout is one too
        raise NotWritable(
            f"the credentials beside {lock} cannot be changed: {error.strerror or error}; nothing"
            " is changed. Do it as the user who may write there."
        ) from error


def forget(file: StackFile, party: str, rows: list[Credential]) -> bool:
    """Drop a party's token from the stack's own file where it is one of these; return whether."""
    kept = file.secrets.get(token_name(party), "")
    if not kept or hash_of(kept) not in {row.hash for row in rows}:
        return False
    del file.secrets[token_name(party)]
    return True


def _outlives(row: Credential, day: date) -> bool:
    return row.expires_on is None or row.expires_on > day
