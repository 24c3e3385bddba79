"""Memory: the tables in which listing remembers what was said, beside the standings that follow.

``seen`` holds which record revisions were applied, ``dossiers`` the registers of each subject,
``tombstones`` what is left of an erased entry, ``graves`` until when its decision brings nobody
back, ``notes`` the facts that move none. ``due`` is the date index that follows from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from creditbus.domain.acts.events import Envelope, Fact
from creditbus.domain.calendar import days_after
from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.notes import Note, is_kept, note_of
from creditbus.domain.entries.registers import Tombstone
from creditbus.domain.ids import EntryId
from creditbus.domain.terms.clauses import TermClause
from creditbus.engine.values import Draft, Index, Table

Identity = tuple[str, str, str, int]
NoteKey = tuple[str, str, str, str]

SCAN_ROWS: Final = 1000
"""So many rows are looked through at once."""

AFTER_ALL: Final = "\uffff"
"""Comes after every id and name of a record in the order of keys."""

_ENCODER: Final = msgspec.msgpack.Encoder()
_LATER_THAN_ANY: Final = "~" * 256  # packed texts are ordered by length first; no source is so long

SEEN_DAYS: Final = 400
"""How many days a record revision is known by its content: a year, and a month for the late.

A repeat that comes later is refused as overtaken instead of being counted as a duplicate: the
revision in its entry's register, or in the tombstone, holds it off for good.
"""


class Seen(msgspec.Struct, frozen=True):
    """What was applied of a record revision: the digest of its content, and on which day."""

    digest: bytes
    day: date


def _pack_seen(seen: Seen) -> bytes:
    return seen.day.toordinal().to_bytes(4, "big") + seen.digest


def _unpack_seen(packed: bytes) -> Seen:
    return Seen(packed[4:], date.fromordinal(int.from_bytes(packed[:4], "big")))


Due = tuple[date, str]

_day_text: Final = lru_cache(maxsize=4096)(date.isoformat)


def _pack_due(due: Due) -> bytes:
    return f"{_day_text(due[0])} {due[1]}".encode()


def _unpack_due(packed: bytes) -> Due:
    day, _, subject = packed.decode().partition(" ")
    return date.fromisoformat(day), subject


def _forgotten_on(identity: Identity, seen: Seen) -> tuple[Due, ...]:
    return ((days_after(seen.day, SEEN_DAYS), identity[0]),)


def _turning_on(subject: str, dossier: Dossier) -> tuple[Due, ...]:
    if dossier.turns is None:
        # An earlier program kept its days elsewhere: the next day that turns finds them anew.
        return ((date.min, subject),)
    return tuple([(date.fromordinal(turn), subject) for turn in dossier.turns])


def _dropped_on(key: NoteKey, note: Note) -> tuple[Due, ...]:
    return () if note.kept_to is None else ((days_after(note.kept_to, 1), key[0]),)


def _entry_id(packed: bytes) -> EntryId:
    return EntryId(packed.decode())


def _pack_note_key(key: NoteKey) -> bytes:
    return "\0".join(each.replace("\0", " ") for each in key).encode()


def _unpack_note_key(packed: bytes) -> NoteKey:
    subject, record, source, record_id = packed.decode().split("\0")
    return subject, record, source, record_id


DUE: Final = Table[Due, bytes](
    name="due", pack_key=_pack_due, unpack_key=_unpack_due, pack_value=bytes, unpack_value=bytes
)
"""The date index: which subjects time alone moves, or makes forget, on which day."""

SEEN: Final = Table[Identity, Seen](
    name="seen",
    pack_key=_ENCODER.encode,
    unpack_key=msgspec.msgpack.Decoder(Identity).decode,
    pack_value=_pack_seen,
    unpack_value=_unpack_seen,
    index=Index(table=DUE, keys=_forgotten_on),
)
"""What was applied of each record revision, for a while."""

DOSSIERS: Final = Table[str, Dossier](
    name="dossiers",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=_ENCODER.encode,
    unpack_value=msgspec.msgpack.Decoder(Dossier).decode,
    index=Index(table=DUE, keys=_turning_on),
)
"""What each subject's standing follows from."""

TOMBSTONES: Final = Table[EntryId, Tombstone](
    name="tombstones",
    pack_key=str.encode,
    unpack_key=_entry_id,
    pack_value=_ENCODER.encode,
    unpack_value=msgspec.msgpack.Decoder(Tombstone).decode,
)
"""What is left of each erased entry: no subject and no document."""

GRAVES: Final = Table[str, date](
    name="graves",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=lambda day: day.isoformat().encode(),
    unpack_value=lambda packed: date.fromisoformat(packed.decode()),
)
"""Of each erased decision the day up to which no report of it lists anybody again."""

NOTES: Final = Table[NoteKey, Note](
    name="notes",
    pack_key=_pack_note_key,
    unpack_key=_unpack_note_key,
    pack_value=_ENCODER.encode,
    unpack_value=msgspec.msgpack.Decoder(Note).decode,
    index=Index(table=DUE, keys=_dropped_on),
)
"""The facts of each subject, by record, source and record id."""


def identity_of(envelope: Envelope) -> Identity:
    """Return what a record revision is known by: for its subject, that no other's can meet it."""
    return (
        envelope.subject_id,
        envelope.source,
        envelope.record_id,
        envelope.record_revision,
    )


def forget_seen(draft: Draft, subject: str, day: date) -> None:
    """Drop the record revisions of a subject that were applied longer ago than they are kept."""
    start: Identity = (subject, "", "", 0)
    stop: Identity = (subject, _LATER_THAN_ANY, "", 0)
    while rows := draft.scan(SEEN, start, stop, SCAN_ROWS):
        for identity, seen in rows:
            if seen.day + timedelta(days=SEEN_DAYS) <= day:
                draft.put(SEEN, identity, None)
        if len(rows) < SCAN_ROWS:
            return
        start = rows[-1][0]


def keep(draft: Draft, fact: Fact, day: date | None, clauses: Iterable[TermClause]) -> Note | None:
    """Keep a fact and return its note; None when a newer revision of its record is known."""
    note, subject = note_of(fact, clauses), fact.envelope.subject_id
    key = (subject, note.record, note.source, note.record_id)
    known = draft.get(NOTES, key)
    if known is not None and known.revision >= note.revision:
        return None
    draft.put(NOTES, key, note if is_kept(note, day) else None)
    return note


def forget(draft: Draft, subject: str, day: date) -> None:
    """Drop the facts of a subject that may be held no longer."""
    start, stop = (subject, "", "", ""), (subject, AFTER_ALL, "", "")
    while rows := draft.scan(NOTES, start, stop, SCAN_ROWS):
        for key, note in rows:
            if not is_kept(note, day):
                draft.put(NOTES, key, None)
        subject_, record, source, record_id = rows[-1][0]
        start = (subject_, record, source, f"{record_id}\x01")
