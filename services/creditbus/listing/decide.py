"""Listing: an event moves its subject's entries, once, by law.

An event seen before with the same content is a duplicate; with other content it is a conflict, and
only a removal passes then. A listing passes the gates. What is left moves the entry; the standing
that follows goes out when it changed. The turn of the day is an event like any other: it begins and
ends what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import msgspec

from creditbus.domain.aliases import SubjectAliasMapped
from creditbus.domain.calendar import DAY
from creditbus.domain.editions import EditionActivated, Editions
from creditbus.domain.entries import transition
from creditbus.domain.events import DayTurned, EntryListed, EntryRemoved, Envelope, content_digest
from creditbus.domain.gates import Listing, first_fault
from creditbus.domain.ids import EventId
from creditbus.domain.refusals import Fault, Reason, duplicate, refuse
from creditbus.domain.standings import Standing, advance, settle, turns
from creditbus.domain.subjects import kind_of
from creditbus.engine.values import Arrival, Draft, Outcome, Output, Slice, State, Table
from creditbus.listing.aliases import ALIASES, register

Logged = EntryListed | EntryRemoved | SubjectAliasMapped | DayTurned | EditionActivated
Arrivals = Sequence[Arrival[Envelope, Logged]]
Identity = tuple[str, str, str, int]
Due = tuple[date, str]

_SCAN_ROWS: Final = 1000
_TODAY: Final = "today"
_ACTIVE: Final = "active"


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
    return msgspec.msgpack.encode(identity)


def _unpack_identity(packed: bytes) -> Identity:
    identity: Identity = msgspec.msgpack.decode(packed, type=Identity)
    return identity


def _pack_due(due: Due) -> bytes:
    return f"{due[0].isoformat()} {due[1]}".encode()


def _unpack_due(packed: bytes) -> Due:
    day, _, subject = packed.decode().partition(" ")
    return date.fromisoformat(day), subject


SEEN: Final = Table[Identity, bytes](
    name="seen",
    pack_key=_pack_identity,
    unpack_key=_unpack_identity,
    pack_value=bytes,
    unpack_value=bytes,
)
"""What was applied of each record revision: the digest of its content."""

SUBJECTS: Final = Table[str, Standing](
    name="subjects",
    pack_key=_text,
    unpack_key=bytes.decode,
    pack_value=msgspec.msgpack.encode,
    unpack_value=lambda packed: msgspec.msgpack.decode(packed, type=Standing),
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

EDITIONS: Final = Table[str, str](
    name="editions",
    pack_key=_text,
    unpack_key=bytes.decode,
    pack_value=_text,
    unpack_value=bytes.decode,
)
"""The edition of the catalogue that the log activated last."""

TABLES: Final = (SEEN, SUBJECTS, DUE, DAYS, EDITIONS, ALIASES)


class _Shift:
    """The work on one slice: a draft of the state, and the outcome so far."""

    def __init__(self, editions: Editions, state: State) -> None:
        self.draft = Draft(state)
        self.active = self.draft.get(EDITIONS, _ACTIVE)
        self.editions = editions.upto(self.active or "")
        self.outcome = Outcome()
        self.today = self.draft.get(DAYS, _TODAY)

    def take(self, arrival: Arrival[Envelope, Logged]) -> None:
        """Move what one event moves."""
        event = arrival.body()
        if isinstance(event, DayTurned):
            self.turn(event)
            return
        if isinstance(event, EditionActivated):
            self.activate(event)
            return
        if isinstance(event, SubjectAliasMapped):
            for stream, value in register(self.draft, event, arrival.origin):
                self._say(stream, value, arrival.origin)
            return
        identity = _identity(event.envelope)
        digest = content_digest(event)
        known = self.draft.get(SEEN, identity)
        if known == digest:
            self._say("duplicates", duplicate(event.envelope, arrival.origin), arrival.origin)
            return
        fault = self._fault(event, conflict=known is not None)
        if fault is not None:
            refusal = refuse(event.envelope, fault, arrival.origin)
            self._say("refusals", refusal, arrival.origin)
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
        while due := self.draft.scan(DUE, (date.min, ""), (event.day + DAY, ""), _SCAN_ROWS):
            for key, _ in due:
                self.draft.put(DUE, key, None)
                standing = self.draft.get(SUBJECTS, key[1])
                if standing is not None:
                    self._settle(standing, standing, event.envelope.event_id, "")
        self.outcome.count("days")

    def activate(self, event: EditionActivated) -> None:
        """Decide what follows in the log with the edition, each event under the law of its day.

        Raises ``EditionUnknown`` when its file is not here: a guess would be another law.
        """
        known = self.editions
        # Until now this process's own newest stood for it, and may be younger than the log.
        first = self.active is None
        self.editions = known.upto(event.edition) if first else known.activated(event.edition)
        self.active = self.editions.latest.edition
        self.draft.put(EDITIONS, _ACTIVE, self.active)
        self.outcome.count("editions")

    def _begin(self, event: DayTurned) -> None:
        """Settle everyone on the first day ever; until now the decisions' own days stood for it."""
        self.today = event.day
        after: Due = (date.min, "")
        while rows := self.draft.scan(DUE, after, (date.max, ""), _SCAN_ROWS):
            for key, _ in rows:
                standing = self.draft.get(SUBJECTS, key[1])
                if standing is not None:
                    self._settle(standing, standing, event.envelope.event_id, "")
            last = rows[-1][0]
            after = (last[0], last[1] + "\0")

    def _fault(self, event: EntryListed | EntryRemoved, *, conflict: bool) -> Fault | None:
        # A removal passes even here: the doubt is about the record, and the way out never waits.
        if isinstance(event, EntryRemoved):
            return None
        if conflict:
            detail = (
                "this revision of the record was sent before with other content; send a new one"
            )
            return Fault(Reason.CONTENT_CONFLICT, "record_revision", "", detail)
        catalogue = self.editions.on(event.envelope.decided_on)
        definition = catalogue.lists.get(event.list_id)
        if definition is None:
            detail = f"the catalogue has no list {event.list_id}"
            return Fault(Reason.LIST_UNKNOWN, "list_id", "", detail)
        return first_fault(Listing(event, definition, catalogue))

    def _move(self, event: EntryListed | EntryRemoved, origin: str) -> None:
        subject = event.envelope.subject_id
        before = self.draft.get(SUBJECTS, subject)
        standing = before or Standing(subject_id=subject, subject_kind=kind_of(subject))
        known = standing.entry(transition(None, event).entry_id)
        moved = transition(known, event)
        if moved is known:
            # It says nothing that a newer act of the same source has not overtaken.
            detail = f"revision {known.record_revision} of the record is known and stands"
            fault = Fault(Reason.REVISION_SUPERSEDED, "record_revision", "", detail)
            self._say("refusals", refuse(event.envelope, fault, origin), origin)
            return
        self.outcome.count("listed" if isinstance(event, EntryListed) else "removed")
        after = standing.with_entry(moved)
        after = msgspec.structs.replace(
            after, synthetic=standing.synthetic or event.envelope.synthetic
        )
        self._settle(before, after, event.envelope.event_id, origin)

    def _settle(
        self, before: Standing | None, after: Standing, caused_by: EventId, origin: str
    ) -> None:
        present = self.editions.on(self.today) if self.today is not None else self.editions.latest
        settled = settle(
            msgspec.structs.replace(after, edition=present.edition), present.lists, self.today
        )
        moved = advance(before, settled, caused_by)
        if moved is None:
            return
        self.draft.put(SUBJECTS, moved.subject_id, moved)
        for day in turns(moved, self.today):
            self.draft.put(DUE, (day, moved.subject_id), b"")
        self._say("standings", moved, origin)

    def _say(self, stream: str, value: object, origin: str) -> None:
        self.outcome.outputs.append(Output(stream, value, origin))
        self.outcome.count(stream)


def build(editions: Editions) -> Callable[[Slice[Arrivals], State], Outcome]:
    """Return the decision over a slice of the log under these editions.

    Until the log activates one, their latest counts as active.
    """

    def decide(arrived: Slice[Arrivals], state: State) -> Outcome:
        shift = _Shift(editions, state)
        shift.draft.prefetch(SUBJECTS, {arrival.head.subject_id for arrival in arrived.columns})
        shift.draft.prefetch(SEEN, {_identity(arrival.head) for arrival in arrived.columns})
        for arrival in arrived.columns:
            shift.take(arrival)
        shift.outcome.changes = shift.draft.changes
        return shift.outcome

    return decide
