"""One fact is one fact: the same list and document about the same subject is one entry.

Several keepers of a list report the same decisions under records and revisions of their own, and
take them off; in any order, in any slices, with days that turn among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.entries.entry import Entry
from creditbus.domain.entries.registers import decision_of
from creditbus.domain.ids import EntryId
from creditbus.engine.values import DictState
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import TABLES, build
from creditbus.listing.memory import GRAVES
from tests.examples import (
    BID_LIST,
    DECIDED_ON,
    FIRM,
    a_bid_bar,
    a_removal,
    a_turn,
    decided,
    restored,
    some_clocks,
    some_editions,
)
from tests.property.listing.logs import cut

DECIDE: Final = build(some_editions(), some_clocks())
KEEPERS: Final = ("tender", "housing", "transport")
DOCUMENTS: Final = ("测罚〔2026〕1号", "测罚〔2026〕2号")
TYPED: Final = {DOCUMENTS[0]: "测罚[2026] 1号", DOCUMENTS[1]: "测罚（２０２６）2号"}
DAYS: Final = st.integers(0, 6).map(lambda number: DECIDED_ON + timedelta(days=number))
LATER: Final = DECIDED_ON + timedelta(days=30)

Log = list[Any]


@st.composite
def reports(draw: st.DrawFn) -> EntryListed | EntryRemoved:
    """Draw a report of one of two decisions, or its removal; each record is of one decision."""
    source = draw(st.sampled_from(KEEPERS))
    number = draw(st.integers(0, 1))
    record = {
        "source": source,
        "record_id": f"{source}-{draw(st.integers(1, 2))}-{number}",
        "record_revision": draw(st.integers(1, 4)),
        "decided_on": draw(DAYS),
        "list_id": BID_LIST,
    }
    if draw(st.sampled_from([False, False, True])):
        return a_removal(**record)
    document = draw(st.sampled_from([DOCUMENTS[number], TYPED[DOCUMENTS[number]]]))
    return a_bid_bar(
        **record, document_number=document, ends_on=date(2027, 12, draw(st.integers(1, 3)))
    )


def identity(act: Any) -> tuple[str, str, int]:
    return act.envelope.source, act.envelope.record_id, act.envelope.record_revision


LOGS: Final = st.lists(reports(), min_size=1, max_size=10, unique_by=identity)


def lived(slices: Sequence[Sequence[Any]], state: DictState | None = None) -> DictState:
    state = DictState() if state is None else state
    for log in slices:
        decided(DECIDE, state, log)
        state = restored(state, TABLES)
    return state


def entries(state: DictState) -> tuple[Entry, ...]:
    (standing,) = state.get_many(SUBJECTS, [FIRM])
    return standing.entries if standing is not None else ()


def standing_now(state: DictState) -> dict[bytes, Entry]:
    """Return the entries in effect by the decision that each states; there is one of each."""
    found = [each for each in entries(state) if not each.is_removed]
    by_decision = {decision_of(each.list_id, each.document_number): each for each in found}
    assert len(by_decision) == len(found), "two entries state one decision"
    return by_decision


def lawful(log: Log) -> dict[bytes, date]:
    """Return by plain counting which decisions stand, and the latest day each was decided on.

    A record states what its newest revision states, unless its removal is as new or its decision
    is older than a removal; beside another record's removal it must be decided later.
    """
    removals = [each for each in log if isinstance(each, EntryRemoved)]
    standing: dict[bytes, date] = {}
    for record in {identity(each)[:2] for each in log}:
        own = [each for each in log if identity(each)[:2] == record]
        listings = [each for each in own if isinstance(each, EntryListed)]
        if not listings:
            continue
        last = max(listings, key=lambda each: each.envelope.record_revision)
        decision = decision_of(last.list_id, last.envelope.document_number)
        day = last.envelope.decided_on
        number = record[1][-1]
        if any(
            each.envelope.record_revision >= last.envelope.record_revision
            or each.envelope.decided_on > day
            for each in own
            if isinstance(each, EntryRemoved)
        ):
            continue
        listed = {identity(each)[:2] for each in log if isinstance(each, EntryListed)}
        others = [
            each
            for each in removals
            if identity(each)[:2] != record
            and identity(each)[:2] in listed
            and each.envelope.record_id[-1] == number
        ]
        if all(each.envelope.decided_on < day for each in others):
            standing[decision] = max(standing.get(decision, day), day)
    return standing


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_one_decision_is_one_entry_in_any_order_and_ends_by_any_removal(
    data: st.DataObject,
) -> None:
    log: Log = data.draw(LOGS)
    places = data.draw(st.lists(st.integers(0, 12), max_size=4))
    first = lived(cut([*data.draw(st.permutations(log)), a_turn(LATER)], places))
    second = lived(cut([a_turn(LATER), *data.draw(st.permutations(log))], places))
    expected = lawful(log)
    assert set(standing_now(first)) == set(expected)
    assert set(standing_now(second)) == set(expected)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_second_report_of_what_stands_changes_nothing(data: st.DataObject) -> None:
    log: Log = data.draw(LOGS)
    state = lived([[*log, a_turn(LATER)]])
    listings = [each for each in log if isinstance(each, EntryListed)]
    for number, listing in enumerate(listings):
        decision = decision_of(listing.list_id, listing.envelope.document_number)
        known = standing_now(state).get(decision)
        if known is None:
            continue
        before = entries(state)
        envelope = msgspec.structs.replace(
            listing.envelope,
            source="commerce",
            record_id=f"again-{number}",
            record_revision=data.draw(st.integers(1, 9)),
            decided_on=known.decided_on,
        )
        decided(DECIDE, state, [msgspec.structs.replace(listing, envelope=envelope)])
        assert entries(state) == before


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_older_decision_never_resurrects_under_any_revision_or_record(
    data: st.DataObject,
) -> None:
    """Once a decision was removed, nothing decided before brings it back, erased or not."""
    log: Log = [each for each in data.draw(LOGS) if isinstance(each, EntryListed)]
    if not log:
        return
    removed = data.draw(st.sampled_from(log))
    day = DECIDED_ON + timedelta(days=7)
    removal = a_removal(
        source=removed.envelope.source,
        record_id=removed.envelope.record_id,
        record_revision=9,
        list_id=BID_LIST,
        decided_on=day,
    )
    state = lived([[*log, removal]])
    is_erased = data.draw(st.booleans())
    if is_erased:
        decided(DECIDE, state, [a_turn(day + timedelta(days=400))])
        state = restored(state, TABLES)
        assert state.rows.get(GRAVES.name), "the decision is remembered when its entry is erased"
    decision = decision_of(removed.list_id, removed.envelope.document_number)
    assert decision not in standing_now(state)
    for _ in range(3):
        source = data.draw(st.sampled_from(KEEPERS))
        own = data.draw(st.booleans())
        late = a_bid_bar(
            source=removed.envelope.source if own else source,
            record_id=removed.envelope.record_id if own else data.draw(st.sampled_from(["x", "y"])),
            record_revision=data.draw(st.integers(10, 99)),
            decided_on=data.draw(DAYS),
            document_number=data.draw(
                st.sampled_from(
                    [removed.envelope.document_number, TYPED[DOCUMENTS[0]], DOCUMENTS[0]]
                    if removed.envelope.record_id[-1] == "0"
                    else [removed.envelope.document_number, TYPED[DOCUMENTS[1]], DOCUMENTS[1]]
                )
            ),
            ends_on=date(2027, 12, 31),
        )
        decided(DECIDE, state, [late])
        state = restored(state, TABLES)
        assert decision not in standing_now(state)
        ids: set[EntryId] = {each.entry_id for each in entries(state)}
        assert len(ids) == len(entries(state))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_removal_alone_is_no_entry_and_names_no_list(data: st.DataObject) -> None:
    log: Log = data.draw(LOGS)
    removals = [
        msgspec.structs.replace(each, list_id=data.draw(st.sampled_from(["BL-BID", BID_LIST])))
        for each in log
        if isinstance(each, EntryRemoved)
    ]
    assert entries(lived([[*removals, a_turn(LATER)]])) == ()
    state = lived([[*data.draw(st.permutations([*log, *removals])), a_turn(LATER)]])
    assert {each.list_id for each in entries(state)} <= {BID_LIST}
