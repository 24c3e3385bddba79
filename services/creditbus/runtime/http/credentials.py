"""Credentials of those who come by HTTP: who speaks, in which role, and until when.

A bearer token is 256 bits of chance, so its plain SHA-256 guards it well enough and only that is
stored: a stolen file opens no door. The file is read again when it changes, so that a token can be
given or taken without a restart.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

TOKEN_BYTES: Final = 32
ID_CHARACTERS: Final = 8

Why = Literal["missing", "unknown", "expired", "revoked"]


class CallerRole(StrEnum):
    """What a caller may do: sources and bodies file, subscribers read, operators look on."""

    SOURCE = "source"
    BODY = "body"
    SUBSCRIBER = "subscriber"
    OPERATOR = "operator"


class TokenScope(StrEnum):
    """What a token may be kept to: to state acts, or to ask what became of them."""

    STATE = "state"
    ASK = "ask"


class Credential(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One row of the file; ``expires_on`` is the last civil day on which the token is good.

    A token that is kept to one scope (``only``) opens no other door of its role.
    The row of a token that was taken away stays, with the day: it says so to whoever still shows
    it, and that its party has had one.
    """

    hash: str
    party: str
    role: CallerRole
    expires_on: date | None = None
    issued_on: date | None = None
    revoked_on: date | None = None
    only: TokenScope | None = None

    @property
    def id(self) -> str:
        """What tells this token from others without telling it: the beginning of its hash."""
        return self.hash[:ID_CHARACTERS]

    def is_good(self, day: date) -> bool:
        """Return whether the token opens the door on a civil day."""
        return self.revoked_on is None and (self.expires_on is None or day <= self.expires_on)


class Caller(msgspec.Struct, frozen=True):
    """Who speaks: the id of a source, body or subscriber as catalogued, or an operator's name."""

    party: str
    role: CallerRole
    only: TokenScope | None = None


class CredentialRefused(Exception):
    """The token opens no door; ``why`` is missing, unknown, expired or revoked."""

    def __init__(self, why: Why) -> None:
        super().__init__(_SENTENCES[why])
        self.why: Why = why


_SENTENCES: Final[dict[Why, str]] = {
    "missing": "send the header Authorization: Bearer and your token",
    "unknown": "no caller has this token; ask the operator of the bus for a new one",
    "expired": "the token's last day is over; ask the operator of the bus for a new one",
    "revoked": "the token was taken away; ask the operator of the bus for a new one",
}


def issue(
    party: str,
    role: CallerRole,
    expires_on: date | None = None,
    issued_on: date | None = None,
    only: TokenScope | None = None,
) -> tuple[str, Credential]:
    """Return a new token, to be told once and never kept, and the row that recognises it."""
    token = new_token()
    row = row_of(token, party, role, expires_on)
    return token, msgspec.structs.replace(row, issued_on=issued_on, only=only)


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def row_of(token: str, party: str, role: CallerRole, expires_on: date | None = None) -> Credential:
    """Return the row that recognises a token."""
    return Credential(hash=hash_of(token), party=party, role=role, expires_on=expires_on)


def file_of(rows: Sequence[Credential]) -> bytes:
    """Return the file's content for these rows."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n"


class CredentialsDamaged(ValueError):
    """The file cannot be read, or holds no credentials; the message names it and what to do."""


class Credentials:
    """The rows of the file as they are now; a file that is not there knows nobody.

    A damaged file opens no door either: every request fails until it is mended, because going on
    with the old rows would let in whom the new ones shut out.
    """

    def __init__(self, path: Path, rows: tuple[Credential, ...], stamp: tuple[int, int]) -> None:
        self._path = path
        self._rows = rows
        self._stamp = stamp

    @classmethod
    def load(cls, path: Path) -> Credentials:
        """Read the file; raises ``CredentialsDamaged`` for what cannot be read or is none."""
        stamp = _stamp(path)
        return cls(path, _read(path), stamp)

    @property
    def rows(self) -> tuple[Credential, ...]:
        """Return the rows as they were last read."""
        return self._rows

    def caller(self, token: str | None, day: date) -> Caller:
        """Return who holds the token on a civil day; raises ``CredentialRefused``."""
        if not token:
            raise CredentialRefused("missing")
        return self.holder(hash_of(token), day)

    def holder(self, hashed: str, day: date) -> Caller:
        """Return who holds the token with this hash on a day; raises ``CredentialRefused``."""
        self._refresh()
        # Every row is compared, each in constant time: no answer tells how near a guess was.
        found = [row for row in self._rows if hmac.compare_digest(row.hash, hashed)]
        if not found:
            raise CredentialRefused("unknown")
        valid = [row for row in found if row.is_good(day)]
        if not valid:
            raise CredentialRefused("expired" if found[0].revoked_on is None else "revoked")
        return Caller(valid[0].party, valid[0].role, valid[0].only)

    def _refresh(self) -> None:
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._rows = _read(self._path)
            self._stamp = stamp


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    except OSError as error:
        raise _unreadable(path, error) from error
    return found.st_mtime_ns, found.st_ino


def _read(path: Path) -> tuple[Credential, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Credential, ...])
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unreadable(path, error) from error
    except msgspec.DecodeError as error:
        raise CredentialsDamaged(
            f"{path.name} holds no credentials ({error}): write it anew, a row a caller, "
            "and replace the file whole, never in place"
        ) from error


def _unreadable(path: Path, error: OSError) -> CredentialsDamaged:
    return CredentialsDamaged(
        f"{path} cannot be read: {error.strerror or error}; name the file of credentials itself,"
        " which this user may read"
    )
