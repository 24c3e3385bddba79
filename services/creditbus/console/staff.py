"""Staff: who may log in to the console, in which role, and by which password.

Passwords are kept as argon2id hashes alone. The file is read again when it changes, so that a
login can be given or taken without a restart; a session whose row has gone or changed ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from creditbus.domain.acts.interventions import OperatorStep

FEWEST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 200
"""A longer password would only cost time."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class StaffRole(StrEnum):
    """What a person may do: viewers look, auditors also see the bytes of what nobody could read.

    Reviewers judge content, so they may redrive a dead letter, and be the second person who
    approves a batch; operators may do everything.
    """

    VIEWER = "viewer"
    AUDITOR = "auditor"
    REVIEWER = "reviewer"
    OPERATOR = "operator"


STEPS: Final[dict[StaffRole, frozenset[OperatorStep]]] = {
    StaffRole.VIEWER: frozenset(),
    StaffRole.AUDITOR: frozenset(),
    StaffRole.REVIEWER: frozenset(
        {OperatorStep.REDRIVE, OperatorStep.APPROVE, OperatorStep.REJECT}
    ),
    StaffRole.OPERATOR: frozenset(OperatorStep),
}
"""Which acts upon the bus each role may do."""

SEES_BYTES: Final = frozenset({StaffRole.AUDITOR, StaffRole.REVIEWER, StaffRole.OPERATOR})
"""Who sees what a source has sent: it may be anything, a person's data too."""


class StaffMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the file; ``since`` is the day on which the password was set."""

    name: str
    role: StaffRole
    password: str
    since: date


class Visitor(msgspec.Struct, frozen=True):
    """Who is logged in, and as what; a token says of nobody in particular who it is."""

    name: str
    role: StaffRole
    by_token: bool = False

    def may(self, step: OperatorStep) -> bool:
        """Return whether this person may do an act upon the bus."""
        return step in STEPS[self.role]


class StaffRefused(ValueError):
    """A row cannot be as it was asked; the sentence says why."""


class Staff:
    """The rows of the file as they are now; a file that is not there knows nobody.

    A damaged file lets nobody in: going on with the old rows would let in whom the new ones shut
    out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hasher = PasswordHasher()
        self._stamp: tuple[int, int] | None = None
        self._rows: dict[str, StaffMember] = {}
        # Whoever is unknown takes as long to refuse as whoever is known.
        self._nobody = self._hasher.hash("nobody")

    @property
    def rows(self) -> tuple[StaffMember, ...]:
        """Everybody by name; raises ``ValueError`` with the file's name when it is damaged."""
        self._refresh()
        return tuple(self._rows[name] for name in sorted(self._rows))

    def member(self, name: str) -> StaffMember | None:
        """Return who has a name, None for nobody."""
        self._refresh()
        return self._rows.get(name)

    def verified(self, name: str, password: str) -> StaffMember | None:
        """Return whoever has this name and password, None for a wrong one; takes 50 ms."""
        found = self.member(name)
        stored = found.password if found is not None else self._nobody
        try:
            self._hasher.verify(stored, password[:MOST_CHARACTERS])
        except (VerificationError, InvalidHashError):
            return None
        return found

    def hired(self, name: str, role: StaffRole, password: str, day: date) -> StaffMember:
        """Return a new row; raises ``StaffRefused`` for a name or password that cannot be."""
        if not _NAME.fullmatch(name):
            raise StaffRefused(
                f"{name!r} is no name: up to 40 small letters, digits, dots, hyphens"
            )
        if not FEWEST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
            raise StaffRefused(
                f"a password has {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters;"
                f" this one has {len(password)}"
            )
        if password.strip().lower() in {name, name * 2} or len(set(password)) < 5:
            raise StaffRefused("anybody would guess this password: take some words together")
        return StaffMember(name=name, role=role, password=self._hasher.hash(password), since=day)

    def _refresh(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._rows = None, {}
            return
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp != self._stamp:
            self._rows = {row.name: row for row in _read(self._path)}
            self._stamp = stamp


def staff_file(rows: Iterable[StaffMember]) -> bytes:
    """Return the file's content for these rows."""
    return msgspec.json.format(msgspec.json.encode(list(rows)), indent=2) + b"\n"


def _read(path: Path) -> tuple[StaffMember, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[StaffMember, ...])
    except OSError as fault:
        raise ValueError(f"{path} cannot be read ({fault.strerror}), so nobody is known") from fault
    except msgspec.DecodeError as error:
        raise ValueError(
            f"{path.name} holds no accounts ({error}): restore it, or remove it and add everybody"
            " anew with `creditbus accounts add`"
        ) from error
