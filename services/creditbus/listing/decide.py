"""Listing: an event moves its subject's entries, once, by law.

An event seen before with the same content is a duplicate; with other content it is a conflict, and
only a removal passes then. A listing passes the gates. What is left moves the entry; the standing
that follows goes out when it changed. The turn of the day is an event like any other: it begins and
ends what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.aliases import SubjectAliasMapped
from creditbus.domain.calendar import DAY
from creditbus.domain.catalogue import Catalogue
from creditbus.domain.entries import transition
from creditbus.domain.events import DayTurned, EntryListed, EntryRemoved, Envelope, content_digest
from creditbus.domain.gates import Listing, first_fault
from creditbus.domain.ids import EventId, derive_entry_id
from creditbus.domain.refusals import Fault, Reason, duplicate, refuse
from creditbus.domain.standings import Standing, advance, settle, turns
from creditbus.domain.subjects import kind_of
from creditbus.engine.values import Arrival, Draft, Outcome, Output, Slice, State, Table
from creditbus.listing.aliases import ALIASES, register

Logged = EntryListed | EntryRemoved | SubjectAliasMapped | DayTurned
Arrivals = Sequence[Arrival[Logged]]
Identity = tuple[str, str, str, int]
Due = tuple[date, str]

_SCAN_ROWS: Final = 1000
_TODAY: Final = "today"
_ENCODER: Final = msgspec.msgpack.Encoder()


def _text(value: str) -> bytes:
    return value.encode()


def _identity(envelope: Envelope) -> Identity:
    """Return what a record revision is known by: for its subject, that no other's can meet it."""
    return (
        envelope.subject_id,
        envelope.source,
        envelope.record_id,
        envelope.record_revision,
    )


def _pack_identity(identity: Identity) -> bytes:
    return _ENCODER.encode(identity)


def _pack_due(due: Due) -> bytes:
    return f"{due[0].isoformat()} {due[1]}".encode()


def _unpack_due(packed: bytes) -> Due:
    day, _, subject = packed.decode().partition(" ")
    return date.fromisoformat(day), subject


SEEN: Final = Table[Identity, bytes](
    name="seen",
    pack_key=_pack_identity,
    unpack_key=msgspec.msgpack.Decoder(Identity).decode,
    pack_value=bytes,
    unpack_value=bytes,
)
"""What was applied of each record revision: the digest of its content."""

SUBJECTS: Final = Table[str, Standing](
    name="subjects",
    pack_key=_text,
    unpack_key=bytes.decode,
    pack_value=_ENCODER.encode,
    unpack_value=msgspec.msgpack.Decoder(Standing).decode,
)
"""The standing of each subject."""

DUE: Final = Table[Due, bytes](
    name="due", pack_key=_pack_due, unpack_key=_unpack_due, pack_value=bytes, unpack_value=bytes
)
"""The date index: which subjects time alone moves on which day."""

DAYS: Final = Table[str, date](
    name="days",
    pack_key=_text,
    unpack_key=bytes.decode,
    pack_value=lambda day: day.isoformat().encode(),
    unpack_value=lambda packed: date.fromisoformat(packed.decode()),
)
"""The last civil day that has turned, so that a late listing of an ended term ends at once."""

TABLES: Final = (SEEN, SUBJECTS, DUE, DAYS, ALIASES)


class _Shift:
    """The work on one slice: a draft of the state, and the outcome so far."""

    def __init__(self, catalogue: Catalogue, state: State) -> None:
        self.catalogue = catalogue
        self.draft = Draft(state)
        self.outcome = Outcome()
        self.today = self.draft.get(DAYS, _TODAY)

    def take(self, arrival: Arrival[Logged]) -> None:
        """Move what one event moves."""
        event = arrival.value
        if isinstance(event, DayTurned):
            self.turn(event)
            return
        if isinstance(event, SubjectAliasMapped):
            for stream, value in register(self.draft, event, arrival.origin):
                self._say(stream, value, arrival.origin)
            return
        envelope = event.envelope
        identity = _identity(envelope)
        digest = content_digest(event)
        known = self.draft.get(SEEN, identity)
        if known == digest:
            self._say("duplicates", duplicate(envelope, arrival.origin), arrival.origin)
            return
        fault = self._fault(event, conflict=known is not None)
        if fault is not None:
            self._say("refusals", refuse(envelope, fault, arrival.origin), arrival.origin)
            return
        self.draft.put(SEEN, identity, digest)
        self._move(event, arrival.origin)

    def turn(self, event: DayTurned) -> None:
        """Begin and end what is due on the day; a day that has turned before turns nothing."""
        if self.today is not None and event.day <= self.today:
            return
        if self.today is None:
            self._begin(event)
        self.today = event.day
        self.draft.put(DAYS, _TODAY, event.day)
        for due in self._due(event.day + DAY):
            self.draft.put(DUE, due, None)
            self._age(due[1], event)
        self.outcome.count("days")

    def _begin(self, event: DayTurned) -> None:
        """Settle everyone on the first day ever; until now the decisions' own days stood for it."""
        self.today = event.day
        for due in self._due(date.max):
            self._age(due[1], event)

    def _due(self, until: date) -> Iterator[Due]:
        """Yield the rows of the date index before a day, with their subjects read ahead."""
        after: Due = (date.min, "")
        while rows := self.draft.scan(DUE, after, (until, ""), _SCAN_ROWS):
            self.draft.prefetch(SUBJECTS, {subject for (_, subject), _ in rows})
            yield from (due for due, _ in rows)
            last = rows[-1][0]
            after = (last[0], last[1] + "\0")

    def _age(self, subject: str, event: DayTurned) -> None:
        """Settle a subject on the day that has turned."""
        standing = self.draft.get(SUBJECTS, subject)
        if standing is not None:
            self._settle(standing, standing, event.envelope.event_id, "")

    def _fault(self, event: EntryListed | EntryRemoved, *, conflict: bool) -> Fault | None:
        # A removal passes even here: the doubt is about the record, and the way out never waits.
        if isinstance(event, EntryRemoved):
            return None
        if conflict:
            detail = (
                "this revision of the record was sent before with other content; send a new one"
            )
            return Fault(Reason.CONTENT_CONFLICT, "record_revision", "", detail)
        definition = self.catalogue.lists.get(event.list_id)
        if definition is None:
            detail = f"the catalogue has no list {event.list_id}"
            return Fault(Reason.LIST_UNKNOWN, "list_id", "", detail)
        return first_fault(Listing(event, definition, self.catalogue))

    def _move(self, event: EntryListed | EntryRemoved, origin: str) -> None:
        subject = event.envelope.subject_id
        before = self.draft.get(SUBJECTS, subject)
        standing = before or Standing(subject_id=subject, subject_kind=kind_of(subject))
        envelope = event.envelope
        entry_id = derive_entry_id(subject, envelope.source, envelope.record_id)
        known = standing.entry(entry_id)
        moved = transition(known, event)
        if moved is known:
            # It says nothing that a newer act of the same source has not overtaken.
            detail = f"revision {known.record_revision} of the record is known and stands"
            fault = Fault(Reason.REVISION_SUPERSEDED, "record_revision", "", detail)
            self._say("refusals", refuse(event.envelope, fault, origin), origin)
            return
        self.outcome.count("listed" if isinstance(event, EntryListed) else "removed")
        after = standing.with_entry(moved)
        if envelope.synthetic and not standing.synthetic:
            after = msgspec.structs.replace(after, synthetic=True)
        self._settle(before, after, event.envelope.event_id, origin)

    def _settle(
        self, before: Standing | None, after: Standing, caused_by: EventId, origin: str
    ) -> None:
        edition = self.catalogue.edition
        settled = settle(
            msgspec.structs.replace(after, edition=edition), self.catalogue.lists, self.today
        )
        moved = advance(before, settled, caused_by)
        if moved is None:
            return
        self.draft.put(SUBJECTS, moved.subject_id, moved)
        for day in turns(moved, self.today, before if before is not after else None):
            self.draft.put(DUE, (day, moved.subject_id), b"")
        self._say("standings", moved, origin)

    def _say(self, stream: str, value: object, origin: str) -> None:
        self.outcome.outputs.append(Output(stream, value, origin))
        self.outcome.count(stream)


def build(catalogue: Catalogue) -> Callable[[Slice[Arrivals], State], Outcome]:
    """Return the decision over a slice of the log under this catalogue."""

    def decide(arrived: Slice[Arrivals], state: State) -> Outcome:
        shift = _Shift(catalogue, state)
        shift.draft.prefetch(
            SUBJECTS, {arrival.value.envelope.subject_id for arrival in arrived.columns}
        )
        shift.draft.prefetch(
            SEEN, {_identity(arrival.value.envelope) for arrival in arrived.columns}
        )
        for arrival in arrived.columns:
            shift.take(arrival)
        shift.outcome.changes = shift.draft.changes
        return shift.outcome

    return decide
