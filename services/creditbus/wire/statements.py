"""Statements: what a source is told of all its records of one day, signed so that it can be shown.

A statement is a JWS in compact form (RFC 7515) over the JSON of ``DayStatement``. The public keys
are a JWK set; whoever has them and the file needs nobody else to know that it is ours and whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

ISSUER: Final = "creditbus"
JOSE: Final = "application/jose"
KEYS_PATH: Final = "/.well-known/jwks.json"

_Counted = Annotated[int, Meta(ge=0, le=2**53)]
_ID_LENGTH: Final = 300

Run = tuple[int, int]
"""Running numbers without a gap: the first and the last of them."""


class ControlTotals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a source says that it has sent on a day; all but the day may be left out.

    An id is ``record_id@record_revision``; each counts once, however often it was sent. ``digest``
    is that of all of them (``digest_of``). Where ``ids`` are told, each that never came is named.
    The running numbers are those of the first and the last record of the day.
    """

    day: date
    count: _Counted | None = None
    first_sequence: _Counted | None = None
    last_sequence: _Counted | None = None
    digest: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    ids: tuple[Annotated[str, Meta(max_length=_ID_LENGTH)], ...] = ()


class StatedRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record that came in; ``reasons`` are why it was refused, or why nobody could read it.

    One that could not be read has the key that it came with, in place of an id. ``redriven`` is of
    one that a person of the bus put in once more: the offset at which the source had sent it.
    ``partition`` is told where the inbox has been widened. ``again`` is of one that was dead and
    was put in once more since: the offset there, and ``ended`` what came of it.
    """

    offset: int
    id: str = ""
    event_id: str = ""
    sequence: int = 0
    reasons: tuple[str, ...] = ()
    redriven: int | None = None
    partition: int = 0
    again: int | None = None
    ended: str = ""

    @property
    def place(self) -> str:
        """Where it lies in the inbox, in words: its offset, after its partition if that says more.

        >>> StatedRecord(offset=7).place, StatedRecord(offset=7, partition=2).place
        ('7', '2/7')
        """
        return f"{self.partition}/{self.offset}" if self.partition else str(self.offset)

    @property
    def why(self) -> str:
        """Why it stands where it does, in a few words; nothing of what was simply accepted."""
        again = () if self.redriven is None else (f"redriven, sent at {self.redriven}",)
        since = f"redriven since, at {self.again}: {self.ended or 'WAITING'}"
        return ", ".join((*self.reasons, *again, *(() if self.again is None else (since,))))


class StatementSums(msgspec.Struct, frozen=True, kw_only=True):
    """How many records came in, and what became of them: ``received`` is the sum of the others."""

    received: int
    accepted: int
    duplicate: int
    refused: int
    dead: int
    waiting: int

    @property
    def add_up(self) -> bool:
        """Return whether each record that came in is told exactly once."""
        told = self.accepted + self.duplicate + self.refused + self.dead + self.waiting
        return self.received == told


class MissingRecords(msgspec.Struct, frozen=True, kw_only=True):
    """What was announced and never came: by id, by running number, and how many by count alone."""

    ids: tuple[str, ...] = ()
    sequences: tuple[Run, ...] = ()
    count: int = 0


class DayStatement(msgspec.Struct, frozen=True, kw_only=True):
    """All that lies in a source's inbox of one civil day (Asia/Shanghai), by what became of it.

    The day of a record is that on which the broker took it. ``distinct`` is how many ids these are,
    ``digest`` that of all of them, ``unannounced`` those that were not announced. While
    ``is_final`` is false the day goes on or something waits, and what is missing may yet come.
    ``announced`` repeats what was announced, the ids by count and digest alone; ``agrees`` says
    whether all of it is found so. Both are null where nothing was announced.

    A redriven record is of the day on which its source sent it: what was sent on another day is
    told in its part and its sum, and left out of what is compared with the source's own counts
    (``distinct``, ``digest``, ``missing``, ``unannounced``, ``backward_steps``).
    """

    source: str
    day: date
    made_at: datetime
    is_final: bool
    sums: StatementSums
    distinct: int
    digest: str
    missing: MissingRecords
    unannounced: tuple[str, ...] = ()
    backward_steps: int = 0
    announced: ControlTotals | None = None
    agrees: bool | None = None
    accepted: tuple[StatedRecord, ...] = ()
    duplicate: tuple[StatedRecord, ...] = ()
    refused: tuple[StatedRecord, ...] = ()
    dead: tuple[StatedRecord, ...] = ()
    waiting: tuple[StatedRecord, ...] = ()
    issuer: str = ISSUER

    @property
    def adds_up(self) -> bool:
        """Return whether the sums are those of the records told, and add up."""
        sums = self.sums
        told = (self.accepted, self.duplicate, self.refused, self.dead, self.waiting)
        stated = (sums.accepted, sums.duplicate, sums.refused, sums.dead, sums.waiting)
        return sums.add_up and stated == tuple(map(len, told))


class PublishedKeys(msgspec.Struct, frozen=True):
    """The public keys with which statements are verified, as a JWK set (RFC 7517)."""

    keys: tuple[dict[str, str], ...] = ()


def id_of(record_id: str, revision: int) -> str:
    """Return the id of a record's revision in statements and control totals.

    >>> id_of("2026-0017", 2)
    '2026-0017@2'
    """
    return f"{record_id}@{revision}"


def digest_of(ids: Iterable[str]) -> str:
    """Return the SHA-256 of all ids: each once, sorted by their characters, a line each, in UTF-8.

    >>> digest_of(["b@1", "a@1", "b@1"]) == digest_of(["a@1", "b@1"])
    True
    """
    return sha256("".join(f"{each}\n" for each in sorted(set(ids))).encode()).hexdigest()
