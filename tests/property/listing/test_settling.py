"""Settling asks again what an act, a day or a law may have moved, and gives what all anew would.

The two ways are compared after every event of any history: over turns of the day, over an edition
that is activated or comes into force in between, over serious entries that suspend red ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.activations import EditionActivated, edition_activated
from creditbus.domain.acts.events import DayTurned, EntryListed
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.endings import Rules
from creditbus.domain.entries.entry import Entry
from creditbus.domain.entries.standings import Standing, entries_on, turns, with_entries
from creditbus.domain.law.editions import Edition, Editions
from creditbus.domain.law.numbers import NUMBERS
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.changelog import Indexed
from creditbus.engine.values import DictState, Slice
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import DAYS as TURNED
from creditbus.listing.decide import TABLES, build
from creditbus.listing.memory import DOSSIERS, DUE, Due
from tests.acts import a_stay
from tests.effort import examples
from tests.examples import (
    BID_LIST,
    COURT_LIST,
    DECIDED_ON,
    FIRM,
    a_bid_bar,
    a_catalogue,
    a_grade_a,
    a_listing,
    a_removal,
    a_turn,
    an_arrival,
    decided,
    some_clocks,
    state_hash,
)
from tests.property.domain.folding import Said
from tests.property.domain.histories import HISTORIES, LAST_DAY, logs

Event = Said | DayTurned | EditionActivated

_SOURCES: Final = {
    name: msgspec.structs.replace(source, events=tuple(NUMBERS))
    for name, source in a_catalogue().sources.items()
}
OLD: Final = Edition(catalogue=msgspec.structs.replace(a_catalogue(), sources=_SOURCES))
_LISTS: Final = {
    **OLD.catalogue.lists,
    COURT_LIST: msgspec.structs.replace(
        OLD.catalogue.lists[COURT_LIST], serious=False, closing_days=2, retention_days=9
    ),
    BID_LIST: msgspec.structs.replace(OLD.catalogue.lists[BID_LIST], disclosure_cap_years=0),
}
NEW_CATALOGUE: Final = msgspec.structs.replace(OLD.catalogue, edition="new", lists=_LISTS)


KEEPERS: Final[list[Callable[..., EntryListed]]] = [a_listing, a_bid_bar, a_grade_a]
SOON: Final = st.integers(0, 10).map(lambda number: DECIDED_ON + timedelta(days=number))
LAGS: Final = st.sampled_from([3, 5, 7, 9, 11])
KINDS: Final = [
    "listing",
    "listing",
    "removal",
    "late removal",
    "late removal",
    "stay",
    "days",
    "days",
    "days",
]


def said(draw: st.DrawFn, kind: str, number: int) -> Event:
    """Return what is said of one of the firm's entries, lawful and never seen before."""
    keeper = draw(st.sampled_from(KEEPERS))
    begins = draw(SOON)
    ends = begins + timedelta(days=draw(st.integers(3, 30)))
    listing: EntryListed = keeper(record_revision=2 * number, effective_on=begins, ends_on=ends)
    about: dict[str, Any] = {
        "source": listing.envelope.source,
        "record_id": listing.envelope.record_id,
        "list_id": listing.list_id,
        "decided_on": draw(SOON),
    }
    match kind:
        case "stay":
            entry = RecordReference(source=about["source"], record_id=about["record_id"])
            return a_stay(**(about | {"record_id": f"ST-{number}", "entry": entry}))
        case "removal" | "late removal":
            # A late one is older than what listed, and moves nothing but what others said.
            revision = 2 * number if kind == "removal" else max(1, 2 * number - draw(LAGS))
            return a_removal(**about, record_revision=revision)
        case _:
            return listing


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Draw what befalls a firm in the order of the days, nearly all of it applied."""
    log: list[Event] = [a_turn(DECIDED_ON)] if draw(st.booleans()) else []
    day = DECIDED_ON
    for number, kind in enumerate(
        draw(st.lists(st.sampled_from(KINDS), min_size=6, max_size=24)), start=1
    ):
        if kind == "days":
            day += timedelta(days=draw(st.integers(1, 5)))
            log.append(a_turn(day))
        else:
            log.append(said(draw, kind, number))
    return log


@st.composite
def lived(draw: st.DrawFn) -> tuple[Editions, list[Event]]:
    """Draw the editions that may come to be in force, and a log that activates the newer one."""
    new = Edition(catalogue=NEW_CATALOGUE, in_force_from=draw(SOON), follows=OLD.id)
    shelf = {OLD.id: OLD, new.id: new}
    log = draw(lives() | lives() | chances())
    log.insert(draw(st.integers(0, len(log))), edition_activated(new, 0))
    return Editions(OLD, shelf.get), log


@st.composite
def chances(draw: st.DrawFn) -> list[Event]:
    """Draw any history of any acts, in any order."""
    steps = draw(logs(draw(HISTORIES), LAST_DAY))
    return [a_turn(step) if isinstance(step, date) else step for step in steps]


def entries_in(state: DictState) -> tuple[Entry, ...]:
    """Return the entries of the firm's standing."""
    (standing,) = state.get_many(SUBJECTS, [FIRM])
    return standing.entries if standing is not None else ()


def anew(state: DictState, editions: Editions) -> tuple[tuple[Entry, ...], set[date]]:
    """Return the firm's entries that follow from its dossier when every one is asked about.

    With them come the days on which time alone moves one of them.
    """
    (dossier,), (today,) = state.get_many(DOSSIERS, [FIRM]), state.get_many(TURNED, ["today"])
    present = editions.on(today) if today is not None else editions.latest
    blank = Standing(subject_id=FIRM, subject_kind=SubjectKind.LEGAL_PERSON)
    rules = Rules(present.lists, some_clocks())
    found = entries_on(blank, dossier or Dossier(), rules, today)
    coming = {day for day in turns(found) if today is None or day > today}
    return with_entries(blank, found).entries, coming


def days_carried_in(state: DictState) -> set[date]:
    """Return the days that the firm's dossier carries: a store is built from them alone."""
    (dossier,) = state.get_many(DOSSIERS, [FIRM])
    return {date.fromordinal(turn) for turn in dossier.turns or ()} if dossier else set()


@examples(150)
@given(lived())
def test_what_stands_is_always_what_settling_everything_anew_would_give(
    drawn: tuple[Editions, list[Event]],
) -> None:
    editions, log = drawn
    decide, state, whole = build(editions, some_clocks()), DictState(), DictState()
    decided(decide, whole, log)
    for offset, event in enumerate(log):
        arrival = an_arrival(event, offset=offset)
        outcome = decide(Slice(topic="credit.events.v1", partition=0, columns=[arrival]), state)
        state.apply(outcome.changes)
        if isinstance(event, EditionActivated):
            editions = editions.activated(event.edition)
        entries, coming = anew(state, editions)
        assert entries_in(state) == entries
        assert coming <= days_carried_in(state)
    assert state_hash(state, TABLES) == state_hash(whole, TABLES)


@examples(100)
@given(lived())
def test_the_date_index_has_every_day_to_come_that_a_row_tells(
    drawn: tuple[Editions, list[Event]],
) -> None:
    editions, log = drawn
    decide, state = build(editions, some_clocks()), DictState()
    for offset, event in enumerate(log):
        arrival = an_arrival(event, offset=offset)
        outcome = decide(Slice(topic="credit.events.v1", partition=0, columns=[arrival]), state)
        state.apply(outcome.changes)
        (today,) = state.get_many(TURNED, ["today"])
        coming = {DUE.pack_key(due) for due in told(state) if today is None or due[0] > today}
        assert coming <= state.rows.get(DUE.name, {}).keys()


@examples(150)
@given(lived(), st.integers(0, 30))
def test_rows_of_an_earlier_version_without_its_index_lead_to_the_same_standings(
    drawn: tuple[Editions, list[Event]], place: int
) -> None:
    editions, log = drawn
    decide, state, same = build(editions, some_clocks()), DictState(), DictState()
    place = min(place, len(log))
    decided(decide, state, log[:place])
    decided(decide, same, log[:place])
    # It kept its days in rows of their own, of which nothing may be left.
    dossiers = state.rows.get(DOSSIERS.name, {})
    for key, dossier in dossiers.items():
        dossiers[key] = msgspec.structs.replace(dossier, turns=None)
    state.rows[DUE.name] = {DUE.pack_key(due): b"" for due in told(state)}
    given_to_it = decided(decide, state, log[place:], first=place)
    assert given_to_it == decided(decide, same, log[place:], first=place)
    assert state.rows.get(SUBJECTS.name) == same.rows.get(SUBJECTS.name)


def told(state: DictState) -> Iterator[Due]:
    """Yield what the rows of a state tell of the date index, as a restore reads them."""
    rows = [
        (table.stored(key), table.pack_value(value))
        for table in TABLES
        for key, value in state.rows.get(table.name, {}).items()
    ]
    for stored, _ in Indexed(TABLES).entries(rows):
        yield DUE.unpack_key(stored[len(DUE.prefix) :])
