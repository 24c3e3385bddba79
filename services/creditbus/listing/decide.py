"""Listing: an event moves its subject's entries, once, by law.

An event seen before with the same content is a duplicate; with other content it is a conflict, and
only what eases passes then. Who may state an act is asked of every kind, and what burdens passes
the gates. What is left moves the registers of an entry, or of the subject, or is kept as a fact;
the standing that follows goes out when it changed. The turn of the day is an event like any other:
it begins and ends what is due. So is an edition of the catalogue: on its first day whoever stands
on a list that it changes is settled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from creditbus.domain.acts.activations import EditionActivated
from creditbus.domain.acts.doors import faults_of
from creditbus.domain.acts.events import (
    Act,
    Burden,
    DayTurned,
    EntryAct,
    EntryListed,
    EntryRemoved,
    Envelope,
    Fact,
    OwnAct,
    SourceStatement,
    SubjectAct,
    content_digest,
)
from creditbus.domain.acts.kinds import ACTS, STATEMENTS, is_way_out, kinds_below
from creditbus.domain.acts.mappings import SubjectAliasMapped
from creditbus.domain.acts.powers import power_fault
from creditbus.domain.acts.refusals import (
    Fault,
    SilentEffect,
    duplicate,
    precedence,
    refuse,
    taken,
)
from creditbus.domain.calendar import DAY
from creditbus.domain.entries.deadlines import NO_CLOCKS, Clocks
from creditbus.domain.entries.dossiers import (
    Dossier,
    about_entry,
    about_subject,
    barred_on,
)
from creditbus.domain.entries.endings import Rules
from creditbus.domain.entries.registers import Tombstone
from creditbus.domain.entries.standings import Standing, advance, entries_on, turns, with_entries
from creditbus.domain.entries.transitions import is_overtaken
from creditbus.domain.ids import EntryId, EventId, SubjectId
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import kind_of
from creditbus.engine.values import Arrival, Draft, Output, Slice, SliceOutcome, State, Table
from creditbus.listing.agenda import (
    SUBJECTS,
    due_before,
    missed,
    reached_by,
    without_erased,
    without_waiting,
)
from creditbus.listing.aliases import ALIASES, register
from creditbus.listing.faults import CONFLICT, OVERTAKEN, too_old
from creditbus.listing.memory import (
    DOSSIERS,
    DUE,
    GRAVES,
    NOTES,
    SEEN,
    TOMBSTONES,
    Seen,
    forget,
    forget_seen,
    identity_of,
    keep,
)

Logged = SourceStatement | DayTurned | EditionActivated
LOGGED: Final[tuple[type[msgspec.Struct], ...]] = (*STATEMENTS, DayTurned, EditionActivated)
Arrivals = Sequence[Arrival[Logged]]

_TODAY: Final = "today"
_COUNTS: Final = {EntryListed: "listed", EntryRemoved: "removed"}
_ACTIVE: Final = "active"


def _is_in(standing: Standing, entry: EntryId) -> bool:
    return any(each.entry_id == entry for each in standing.entries)


DAYS: Final = Table[str, date](
    name="days",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=lambda day: day.isoformat().encode(),
    unpack_value=lambda packed: date.fromisoformat(packed.decode()),
)
"""The last civil day that has turned, so that a late listing of an ended term ends at once."""

EDITIONS: Final = Table[str, str](
    name="editions",
    pack_key=str.encode,
    unpack_key=bytes.decode,
    pack_value=str.encode,
    unpack_value=bytes.decode,
)
"""The edition of the catalogue that the log activated last."""

TABLES: Final = (SEEN, SUBJECTS, DOSSIERS, TOMBSTONES, GRAVES, NOTES, DUE, DAYS, EDITIONS, ALIASES)


class _Cause(msgspec.Struct, frozen=True):
    """What led to a settling: the event, where it came in, and the one entry that it moved.

    ``is_reform``: the law has changed for an entry, so that its days and its effects may be others.
    """

    event_id: EventId
    origin: str = ""
    moved: EntryId | None = None
    act: Envelope | None = None
    is_reform: bool = False


class _Shift:
    """The work on one slice: a draft of the state, and the outcome so far."""

    def __init__(self, editions: Editions, clocks: Clocks, state: State) -> None:
        self.clocks = clocks
        self.draft = Draft(state)
        self.active = self.draft.get(EDITIONS, _ACTIVE)
        self.editions = editions.upto(self.active or "")
        self.outcome = SliceOutcome()
        self.today = self.draft.get(DAYS, _TODAY)
        self.rules = self._present_rules()

    def take(self, arrival: Arrival[Logged]) -> None:
        """Move what one event moves."""
        _TAKEN[type(arrival.value)](self, arrival.value, arrival.origin)

    def act(self, event: Act, origin: str) -> None:
        """Move what an act moves, once; a repeat and what breaks a rule are told."""
        envelope = event.envelope
        identity = identity_of(envelope)
        digest = content_digest(event)
        known = self.draft.get(SEEN, identity)
        if known is not None and known.digest == digest:
            self._say("duplicates", duplicate(envelope, origin), origin)
            return
        faults = self._faults(event, conflict=known is not None)
        if faults:
            self._refuse(event, faults, origin)
            return
        # What is seen again after a conflict is no younger for it: a second replay moves nothing.
        day = known.day if known is not None else self.today or envelope.decided_on
        self.draft.put(SEEN, identity, Seen(digest, day))
        _MOVES[type(event)](self, event, origin)

    def alias(self, event: SubjectAliasMapped, origin: str) -> None:
        """Enter what a registrar says of an old code."""
        fault = power_fault(event, self.editions.on(event.envelope.decided_on))
        if fault is not None:
            self._refuse(event, (fault,), origin)
            return
        for stream, value in register(self.draft, event, origin):
            self._say(stream, value, origin)

    def turn(self, event: DayTurned, _origin: str) -> None:
        """Begin and end what is due on the day; a day that has turned before turns nothing."""
        if self.today is not None and event.day <= self.today:
            return
        cause = _Cause(event.envelope.event_id)
        is_first, self.today = self.today is None, event.day
        before, self.rules = self.rules, self._present_rules()
        if self.rules.edition != before.edition:
            self._reform(event)
        if is_first:
            self._begin(cause)
        self.draft.put(DAYS, _TODAY, event.day)
        for due in due_before(self.draft, event.day + DAY):
            self.draft.put(DUE, due, None)
            self._again(due[1], cause)
            forget(self.draft, due[1], event.day)
            forget_seen(self.draft, due[1], event.day)
        self.outcome.count("days")

    def activate(self, event: EditionActivated, _origin: str) -> None:
        """Decide what follows in the log with the edition, each event under the law of its day.

        Raises ``EditionUnknown`` when its file is not here: a guess would be another law.
        """
        known = self.editions
        # Until now this process's own newest stood for it, and may be younger than the log.
        first = self.active is None
        self.editions = known.upto(event.edition) if first else known.activated(event.edition)
        self.active = self.editions.latest.edition
        self.draft.put(EDITIONS, _ACTIVE, self.active)
        self.rules = self._present_rules()
        self._reform(event)
        self.outcome.count("editions")

    def _present_rules(self) -> Rules:
        """Return what standings follow from; asked again when the day or the edition turns."""
        present = self.editions.on(self.today) if self.today is not None else self.editions.latest
        return Rules(present.lists, self.clocks, present.edition)

    def _reform(self, event: DayTurned | EditionActivated) -> None:
        """Settle whoever stands on a list that the law in force has changed."""
        cause = _Cause(event.envelope.event_id, is_reform=True)
        for subject in reached_by(self.draft, self.rules.edition, self.editions):
            self._again(subject, cause)

    def _begin(self, cause: _Cause) -> None:
        """Settle everyone on the first day ever; until now the decisions' own days stood for it."""
        for due in due_before(self.draft, date.max):
            self._again(due[1], cause)

    def _again(self, subject: str, cause: _Cause) -> None:
        """Settle a subject that no act has moved."""
        standing, dossier = self.draft.get(SUBJECTS, subject), self.draft.get(DOSSIERS, subject)
        if dossier is None:
            return
        if standing is None:
            named = SubjectId(subject)
            standing = Standing(subject_id=named, subject_kind=kind_of(named))
        self._settle(standing, dossier, cause)

    def _faults(self, event: Act, *, conflict: bool) -> tuple[Fault, ...]:
        # Asked before anything of the act is remembered: an act without power takes no revision of
        # a record, and no place in any register.
        faults = faults_of(event, self.editions)
        # What eases passes even here: the doubt is about the record, and no way out waits for it.
        if not conflict or is_way_out(event):
            return faults
        if not isinstance(event, Burden):
            return (*faults, CONFLICT)
        return tuple(sorted((*faults, CONFLICT), key=precedence))

    def move_entry(self, event: OwnAct | EntryAct, origin: str) -> None:
        """Move the registers of one entry."""
        subject = event.envelope.subject_id
        dossier = self.draft.get(DOSSIERS, subject) or Dossier()
        known, registers = about_entry(dossier, event, self._tombstone, self._buried_on)
        barred = barred_on(dossier, event, self._buried_on)
        if registers is not known:
            dossier = dossier.with_entry(registers)
        if registers is known:
            self._overtaken(event, origin, barred)
        elif barred is not None or is_overtaken(known, event):
            self._overtaken(event, origin, barred)
            # Where a life ended that nobody knew of, what was said in it counts no longer; and a
            # removal that waited has found its listing.
            self._settle(self._standing(event), dossier, _Cause(event.envelope.event_id))
        else:
            self._moved(event, dossier, origin, registers.entry_id)

    def move_subject(self, event: SubjectAct, origin: str) -> None:
        """Move what reaches all of a subject's entries."""
        subject = event.envelope.subject_id
        known = self.draft.get(DOSSIERS, subject) or Dossier()
        dossier = about_subject(known, event)
        if dossier is known:
            self._overtaken(event, origin)
        else:
            self._moved(event, dossier, origin)

    def _moved(
        self, event: Act, dossier: Dossier, origin: str, touched: EntryId | None = None
    ) -> None:
        """Settle the subject after an act that says something new."""
        self.outcome.count(_COUNTS.get(type(event), "moved"))
        cause = _Cause(event.envelope.event_id, origin, touched, event.envelope)
        self._settle(self._standing(event), dossier, cause)

    def _standing(self, event: Act) -> Standing:
        """Return the standing of an act's subject, a blank one while it has none."""
        subject, synthetic = event.envelope.subject_id, event.envelope.synthetic
        standing = self.draft.get(SUBJECTS, subject)
        if standing is None:
            kind = kind_of(subject)
            return Standing(subject_id=subject, subject_kind=kind, synthetic=synthetic)
        if synthetic and not standing.synthetic:
            return msgspec.structs.replace(standing, synthetic=True)
        return standing

    def _tombstone(self, entry_id: EntryId) -> Tombstone | None:
        return self.draft.get(TOMBSTONES, entry_id)

    def _buried_on(self, grave: str) -> date | None:
        return self.draft.get(GRAVES, grave)

    def keep_fact(self, event: Fact, origin: str) -> None:
        """Keep what moves no entry."""
        note = keep(self.draft, event, self.today, self.clocks.terms.values())
        if note is None:
            self._overtaken(event, origin)
            return
        self.outcome.count("kept")
        self._say("taken", taken(event.envelope, SilentEffect.KEPT, origin), origin)

    def _overtaken(self, event: Act, origin: str, barred: date | None = None) -> None:
        # It says nothing that a newer act has not overtaken.
        self._refuse(event, (OVERTAKEN if barred is None else too_old(barred),), origin)

    def _settle(self, standing: Standing, dossier: Dossier, cause: _Cause) -> None:
        """Keep the dossier, and say the standing that follows from it on this day, if another."""
        subject, rules = standing.subject_id, self.rules
        known = self.draft.get(DOSSIERS, subject)
        dossier, waits = without_waiting(self.draft, dossier, rules.lists, self.today)
        # An act may move an entry that goes by another record's id: then all are asked anew.
        alone = cause.moved if not dossier.joints else None
        found = entries_on(standing, dossier, rules, self.today, alone)
        dossier, found = without_erased(self.draft, subject, dossier, found)
        before = standing if standing.revision else None
        is_settled_anew = cause.is_reform or bool(dossier.joints) or dossier.turns is None
        days = turns(found, before if not is_settled_anew else None, cause.moved)
        days.update(waits)
        # A day that has come alone is no reason to write the row: a day too many is harmless.
        if dossier is not known or not dossier.knows(days):
            self.draft.put(DOSSIERS, subject, dossier.turning_on(days, self.today))
        after = msgspec.structs.replace(with_entries(standing, found), edition=rules.edition)
        moved = advance(before, after, cause.event_id, is_reform=cause.is_reform)
        if moved is not None:
            self.draft.put(SUBJECTS, subject, moved)
            self._say("standings", moved, cause.origin)
            for each in missed(before, moved, found):
                self._say("breaches", each, cause.origin)
                self.outcome.count(f"missed {each.party} {each.deadline}")
        elif cause.act is not None:
            is_known = cause.moved is None or dossier.joints or _is_in(after, cause.moved)
            effect = SilentEffect.UNCHANGED if is_known else SilentEffect.WAITING
            self._say("taken", taken(cause.act, effect, cause.origin), cause.origin)

    def _refuse(self, event: SourceStatement, faults: Sequence[Fault], origin: str) -> None:
        self.outcome.count("refused", event.envelope.source, faults[0].reason)
        self._say("refusals", refuse(event.envelope, faults, origin), origin)

    def _say(self, stream: str, value: object, origin: str) -> None:
        self.outcome.outputs.append(Output(stream, value, origin))
        self.outcome.count(stream)


_TAKEN: Final[dict[type, Callable[[_Shift, Any, str], None]]] = {
    **dict.fromkeys(ACTS, _Shift.act),
    SubjectAliasMapped: _Shift.alias,
    DayTurned: _Shift.turn,
    EditionActivated: _Shift.activate,
}
"""What each kind of event of the log does; it is found by its type, which costs nothing."""

_MOVES: Final[dict[type, Callable[[_Shift, Any, str], None]]] = {
    **dict.fromkeys((*kinds_below(OwnAct), *kinds_below(EntryAct)), _Shift.move_entry),
    **dict.fromkeys(kinds_below(SubjectAct), _Shift.move_subject),
    **dict.fromkeys(kinds_below(Fact), _Shift.keep_fact),
}
"""What each kind of act moves."""

assert set(_TAKEN) == set(LOGGED), "listing takes all that the log holds"
assert set(_MOVES) == set(ACTS), "every act moves something, or is kept"


def build(
    editions: Editions, clocks: Clocks = NO_CLOCKS
) -> Callable[[Slice[Arrivals], State], SliceOutcome]:
    """Return the decision over a slice of the log under these editions, with the law's clocks.

    Until the log activates one, their latest counts as active.
    """

    def decide(arrived: Slice[Arrivals], state: State) -> SliceOutcome:
        shift = _Shift(editions, clocks, state)
        subjects = {arrival.value.envelope.subject_id for arrival in arrived.columns}
        shift.draft.prefetch(SUBJECTS, subjects)
        shift.draft.prefetch(DOSSIERS, subjects)
        shift.draft.prefetch(
            SEEN, {identity_of(arrival.value.envelope) for arrival in arrived.columns}
        )
        for arrival in arrived.columns:
            shift.take(arrival)
        shift.outcome.changes = shift.draft.changes
        return shift.outcome

    return decide
