"""Attestations: how the gateway vouches for a record to intake, and how the key of it is changed.

Several keys may count at once, with a comma between them: the first signs, and every one of them is
believed. So a record that was signed with the old one and not read yet keeps its word.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Final, Self

_SEPARATOR: Final = ","
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Attestation:
    """The keys, the newest first."""

    keys: tuple[bytes, ...]

    @classmethod
    def of(cls, setting: str) -> Self:
        """Read the setting; raises ``ValueError`` when it names no key."""
        keys = tuple(key.strip().encode() for key in setting.split(_SEPARATOR) if key.strip())
        if not keys:
            raise ValueError("there is no key")
        return cls(keys)

    def sign(self, raw: bytes) -> bytes:
        """Return what the gateway puts beside a record."""
        return hmac.digest(self.keys[0], raw, "sha256")

    def holds(self, stated: bytes, raw: bytes) -> bool:
        """Return whether one of the keys has signed the record."""
        # Each is compared in constant time: no answer tells how near a guess was.
        found = [hmac.compare_digest(stated, hmac.digest(key, raw, "sha256")) for key in self.keys]
        return any(found)


def renewed(setting: str) -> str:
    """Return the setting with a new key before the one that has signed until now, and no other.

    >>> renewed("newer,oldest").partition(",")[2]
    'newer'
    """
    last = setting.partition(_SEPARATOR)[0]
    return _SEPARATOR.join(filter(None, (secrets.token_hex(_BYTES), last)))
