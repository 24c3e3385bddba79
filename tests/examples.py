"""Small named values for tests: one lawful case, of which each test changes what it is about.

All subjects are synthetic: their codes hold an organisation body that no registry gives out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from creditbus.domain.acts.events import (
    DayTurned,
    EntryAct,
    EntryListed,
    EntryRemoved,
    Envelope,
    OwnAct,
    RemovalCause,
    SubjectAct,
)
from creditbus.domain.acts.mappings import AliasKind, Confidence, SubjectAliasMapped
from creditbus.domain.calendar import SHANGHAI, Calendar
from creditbus.domain.effects.directives import Acknowledgement, Directive
from creditbus.domain.effects.directives import Outcome as Answer
from creditbus.domain.entries.deadlines import Clocks
from creditbus.domain.entries.dossiers import Dossier, about_entry, about_subject
from creditbus.domain.entries.endings import Rules
from creditbus.domain.entries.entry import Entry
from creditbus.domain.entries.standings import Standing, entries_on, with_entries
from creditbus.domain.ids import BasisId, EventId, ListId, SourceId, SubjectId, derive_event_id
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import SubjectKind, kind_of
from creditbus.engine.values import (
    Arrival,
    DictState,
    Output,
    Position,
    Slice,
    SliceOutcome,
    State,
    Table,
)
from creditbus.runtime.law.calendars import load_calendar, load_terms, load_timers
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.law.editions import load_editions
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas

ROOT: Final = Path(__file__).parents[1]
CATALOGUE_FOLDER: Final = ROOT / "deploy" / "catalogue"
EDITIONS_FOLDER: Final = ROOT / "deploy" / "editions"
SCHEMA_FOLDER: Final = ROOT / "schemas" / "avro"

FIRM: Final = SubjectId("uscc:913702000000000A2F")
OTHER_FIRM: Final = SubjectId("uscc:91370200M000100Y4G")
OLD_CODE: Final = "0000000A2"
"""The organisation code inside the firm's, which no registry gives out."""
INDIVIDUAL_BUSINESS: Final = SubjectId("uscc:923702000000000B07")
PERSON: Final = SubjectId("person:" + "0123456789abcdef" * 4)

COURT_LIST: Final = ListId("BL-COURT-SX")
CONSUMPTION: Final = ListId("RG-COURT-XX")
BID_LIST: Final = ListId("BL-BID-ZT")
TAX_LIST: Final = ListId("BL-TAX-ZD")
GRADE_A: Final = ListId("RD-TAX-A")

DECIDED_ON: Final = date(2026, 3, 2)
ENDS_ON: Final = date(2028, 3, 2)

OF_OLD: Final[dict[str, Any]] = {
    "decided_on": date(2025, 3, 2),
    "notice_served_on": date(2025, 1, 12),
    "effective_on": None,
}
"""A decision old enough for a bar of a year, the shortest of article 53, to end in these days."""

_ENVELOPE_FIELDS: Final = frozenset(Envelope.__struct_fields__)


@cache
def a_catalogue() -> Catalogue:
    """Return the catalogue that ships."""
    return load_catalogue(CATALOGUE_FOLDER)


@cache
def a_calendar() -> Calendar:
    """Return the years that ship."""
    return load_calendar(CATALOGUE_FOLDER)


@cache
def some_editions() -> Editions:
    """Return the editions that ship: the catalogue, and what it follows."""
    return load_editions(CATALOGUE_FOLDER, EDITIONS_FOLDER)


@cache
def some_clocks() -> Clocks:
    """Return the timers and terms of the law that ship, and the calendar."""
    folder = CATALOGUE_FOLDER
    return Clocks(load_timers(folder), a_calendar(), load_terms(folder))


def an_envelope(*, kind: str = "entry_listed", **changes: Any) -> Envelope:
    """Return the court's envelope about a firm; its event id follows from its identity."""
    envelope = Envelope(
        event_id=derive_event_id("", "", 0, kind),
        source=SourceId("court"),
        record_id="SX-2026-001",
        record_revision=1,
        sequence=1,
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=FIRM,
        occurred_at=datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
        decided_on=DECIDED_ON,
        document_number="（2026）测01执1号",
        bases=(BasisId("SPC-2017-7-ART1"),),
        synthetic=True,
    )
    envelope = msgspec.structs.replace(envelope, **changes)
    derived = derive_event_id(
        envelope.source, envelope.record_id, envelope.record_revision, kind, envelope.subject_id
    )
    event_id = changes.get("event_id", derived)
    return msgspec.structs.replace(envelope, event_id=event_id)


def a_listing(**changes: Any) -> EntryListed:
    """Return the lawful listing of a firm on the court list for two years.

    A change names a field of the listing or of its envelope.
    """
    envelope, body = _split(changes)
    listing = EntryListed(
        envelope=an_envelope(kind="entry_listed", **envelope),
        list_id=COURT_LIST,
        subject_name="（测）第一贸易有限公司",
        provisions=("3",),
        ends_on=ENDS_ON,
        notice_served_on=date(2026, 1, 12),
        rights_stated=True,
    )
    return msgspec.structs.replace(listing, **body)


def a_bid_bar(**changes: Any) -> EntryListed:
    """Return the lawful bar of a firm from bidding, under article 53, for two years."""
    lawful = {
        "source": "tender",
        "record_id": "ZB-2026-001",
        "bases": (BasisId("TBL-ART53"),),
        "list_id": BID_LIST,
        "provisions": ("53",),
    }
    return a_listing(**(lawful | changes))


def a_restriction(**changes: Any) -> EntryListed:
    """Return a lawful consumption restriction of a natural person, until performed."""
    lawful = {
        "record_id": "XX-2026-001",
        "subject_id": PERSON,
        "subject_kind": SubjectKind.NATURAL_PERSON,
        "adult_on_decision": True,
        "bases": (BasisId("SPC-2015-17-ART3"),),
        "list_id": CONSUMPTION,
        "subject_name": None,
        "provisions": ("1", "9"),
        "ends_on": None,
        "until_performed": True,
        "notice_served_on": None,
        "rights_stated": False,
    }
    return a_listing(**(lawful | changes))


def a_grade_a(**changes: Any) -> EntryListed:
    """Return the lawful grant of tax grade A to a firm, for a year."""
    lawful = {
        "source": "tax",
        "record_id": "A-2026-001",
        "bases": (BasisId("STA-2025-12"),),
        "list_id": GRADE_A,
        "provisions": (),
        "ends_on": date(2027, 3, 2),
        "notice_served_on": None,
        "rights_stated": False,
    }
    return a_listing(**(lawful | changes))


def a_removal(**changes: Any) -> EntryRemoved:
    """Return the removal of the court's listing, at the next revision of its record."""
    envelope, body = _split({"record_revision": 2, "bases": (), **changes})
    removal = EntryRemoved(
        envelope=an_envelope(kind="entry_removed", **envelope),
        list_id=COURT_LIST,
        cause=RemovalCause.PERFORMED,
    )
    return msgspec.structs.replace(removal, **body)


def a_mapping(**changes: Any) -> SubjectAliasMapped:
    """Return the registrar's claim that an organisation code stands for the firm, since ever."""
    lawful = {"source": "market", "record_id": "XJM-1", "bases": (), "document_number": ""}
    envelope, body = _split({**lawful, **changes})
    fact = SubjectAliasMapped(
        envelope=an_envelope(kind="subject_alias_mapped", **envelope),
        alias_kind=AliasKind.ORG9,
        alias=OLD_CODE,
        confidence=Confidence.ISSUED,
    )
    return msgspec.structs.replace(fact, **body)


def a_turn(day: date) -> DayTurned:
    """Return the turn of the day, as the clock writes it."""
    midnight = datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)
    envelope = Envelope(
        event_id=derive_event_id("clock", day.isoformat(), 1, "day_turned"),
        source=SourceId("clock"),
        record_id=day.isoformat(),
        record_revision=1,
        sequence=day.toordinal(),
        subject_kind=SubjectKind.NONE,
        subject_id=SubjectId(""),
        occurred_at=midnight,
        decided_on=day,
    )
    return DayTurned(envelope=envelope, day=day)


def a_standing(*events: EntryListed, revision: int = 1) -> Standing:
    """Return the standing that these listings of one subject lead to, before any day has turned."""
    subject = events[0].envelope.subject_id if events else FIRM
    settled = standing_on(a_dossier(*events), None, subject=subject)
    return msgspec.structs.replace(settled, revision=revision, caused_by=EventId(f"e{revision}"))


def a_dossier(*acts: OwnAct | EntryAct | SubjectAct) -> Dossier:
    """Return what is remembered of a subject after these acts, in the order in which they came."""
    dossier = Dossier()
    for act in acts:
        if isinstance(act, SubjectAct):
            dossier = about_subject(dossier, act)
        else:
            _, registers = about_entry(dossier, act, lambda _entry_id: None)
            dossier = dossier.with_entry(registers)
    return dossier


def standing_on(dossier: Dossier, day: date | None, *, subject: SubjectId = FIRM) -> Standing:
    """Return the standing that follows from a dossier on a day."""
    blank = Standing(subject_id=subject, subject_kind=kind_of(subject))
    return with_entries(
        blank, entries_on(blank, dossier, Rules(a_catalogue().lists, some_clocks()), day)
    )


def entry_after(*acts: OwnAct | EntryAct | SubjectAct, day: date | None = None) -> Entry:
    """Return the one entry that these acts of one subject lead to on a day."""
    (entry,) = standing_on(a_dossier(*acts), day, subject=acts[0].envelope.subject_id).entries
    return entry


def an_acknowledgement(
    directive: Directive, outcome: Answer = Answer.APPLIED, **changes: Any
) -> Acknowledgement:
    """Return a body's answer to a directive, as it lies in the body's inbox."""
    record_id = f"{directive.directive_id}:{outcome}"
    envelope = an_envelope(
        kind="acknowledgement",
        source=SourceId(directive.body),
        record_id=record_id,
        subject_id=directive.subject_id,
        subject_kind=directive.subject_kind,
        bases=(),
        document_number="",
    )
    answer = Acknowledgement(
        envelope=envelope,
        directive_id=directive.directive_id,
        obligation_id=directive.obligation_id,
        measure_id=directive.measure_id,
        action=directive.action,
        revision=directive.revision,
        outcome=outcome,
    )
    return msgspec.structs.replace(answer, **changes)


@cache
def a_codec() -> Codec:
    """Return a codec over the schemas that ship; its registry knows no others."""
    schemas = load_schemas(SCHEMA_FOLDER)
    ids = {key: number for number, key in enumerate(sorted(schemas.versions), start=1)}
    return Codec(schemas, ids, lambda _number: None)


def an_arrival(
    value: msgspec.Struct,
    *,
    topic: str = "credit.events.v1",
    offset: int = 0,
    origin: str = "",
    headers: tuple[tuple[str, bytes | None], ...] = (),
) -> Arrival[Any]:
    """Return the value as a worker meets it.

    Without an origin it came in where it lies.
    """
    return Arrival(
        value=value,
        origin=origin or str(Position(topic, 0, offset)),
        raw=a_codec().encode(value),
        headers=headers,
    )


Decide = Callable[[Slice[Any], State], SliceOutcome]


def decided(
    decide: Decide,
    state: DictState,
    values: Sequence[msgspec.Struct],
    *,
    topic: str = "credit.events.v1",
    first: int = 0,
) -> list[Output]:
    """Return what a decision says to one slice of these values; the state takes its changes."""
    arrivals = [
        an_arrival(value, topic=topic, offset=offset)
        for offset, value in enumerate(values, start=first)
    ]
    outcome = decide(Slice(topic=topic, partition=0, columns=arrivals), state)
    state.apply(outcome.changes)
    return outcome.outputs


def state_hash(state: DictState, tables: Sequence[Table[Any, Any]]) -> str:
    """Return the digest of all rows as the store would hold them, in the order of their keys."""
    digest = sha256()
    for table in tables:
        for raw, value in sorted(state.rows.get(table.name, {}).items()):
            digest.update(table.stored(raw) + b"=" + table.pack_value(value) + b"\n")
    return digest.hexdigest()


def restored(state: DictState, tables: Sequence[Table[Any, Any]]) -> DictState:
    """Return the state as another process finds it: packed, and read again."""
    rows = {
        table.name: {
            raw: table.unpack_value(table.pack_value(value))
            for raw, value in state.rows.get(table.name, {}).items()
        }
        for table in tables
    }
    return DictState(rows)


def _split(changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    envelope = {name: value for name, value in changes.items() if name in _ENVELOPE_FIELDS}
    body = {name: value for name, value in changes.items() if name not in _ENVELOPE_FIELDS}
    return envelope, body
