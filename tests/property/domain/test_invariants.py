"""The thirteen invariants of the entry machine, each over any history in any order.

Numbered as the law notes number them. What needs no history is beside it, in the same number.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from creditbus.dispatch.decide import build as build_dispatch
from creditbus.domain.acts.doors import door_faults
from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.acts.gates import Listing, first_fault
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.calendar import end_of_day
from creditbus.domain.effects.directives import Action, Directive, Lane
from creditbus.domain.entries.entry import Entry, Stage
from creditbus.domain.entries.standings import Standing, settle
from creditbus.domain.law.catalogue import MeasureClass
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.values import DictState, Output
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import build
from tests.acts import an_objection
from tests.effort import examples
from tests.examples import (
    COURT_LIST,
    DECIDED_ON,
    PERSON,
    a_bid_bar,
    a_catalogue,
    a_listing,
    a_removal,
    a_restriction,
    a_turn,
    decided,
    some_clocks,
    some_editions,
)
from tests.property.domain.folding import Said, Step, fold
from tests.property.domain.histories import DAYS, HISTORIES, LAST_DAY, logs

DECIDE: Final = build(some_editions(), some_clocks())
DISPATCH: Final = build_dispatch(some_editions())
QUIET: Final = examples(100)
IN_EFFECT: Final = {Stage.ACTIVE, Stage.GRACE, Stage.SUSPENDED}

ELEMENTS: Final[dict[str, list[Any]]] = {
    "bases": [(), ("NO-SUCH-LAW",), ("TBL-ART53",)],
    "document_number": ["", "  "],
    "ends_on": [None, date(2026, 3, 1), date(2032, 1, 1), date(2999, 12, 31)],
    "notice_served_on": [None, date(2026, 3, 3)],
    "rights_stated": [False],
    "provisions": [(), ("9",)],
    "measures": [("A03",), ("NONE",)],
}


def fault_of(event: EntryListed) -> Fault | None:
    definition = a_catalogue().lists[event.list_id]
    return first_fault(Listing(event, definition, a_catalogue()))


def published(outputs: list[Output]) -> list[Standing]:
    return [each.value for each in outputs if isinstance(each.value, Standing)]


def entries_of(log: list[Step]) -> list[tuple[Standing, Entry]]:
    ledger = fold(log)
    return [(standing, entry) for standing in ledger.published for entry in standing.entries]


@QUIET
@given(st.data())
def test_01_nothing_is_active_without_basis_document_term_and_notice(data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(ELEMENTS)))
    event = a_listing(**{field: data.draw(st.sampled_from(ELEMENTS[field]))})
    assert fault_of(event) is not None
    state = DictState()
    outputs = decided(DECIDE, state, [event, a_turn(LAST_DAY)])
    assert published(outputs) == []
    assert state.get_many(SUBJECTS, [event.envelope.subject_id]) == [None]


@QUIET
@given(st.none() | st.just(value=False), st.sampled_from([a_listing, a_restriction]))
def test_02_a_minor_is_refused_and_nothing_of_it_is_kept(
    adult: bool | None,  # noqa: FBT001 - what the gateway says
    listing: Any,
) -> None:
    event = listing(
        subject_id=PERSON,
        subject_kind=SubjectKind.NATURAL_PERSON,
        subject_name=None,
        adult_on_decision=adult,
    )
    (fault,) = door_faults(event, a_catalogue())
    assert fault.reason is Reason.SUBJECT_MINOR
    state = DictState()
    told = decided(DECIDE, state, [event])
    assert [each.stream for each in told] == ["refusals"]
    assert state.rows == {}


@QUIET
@given(st.data())
def test_03_reads_end_a_term_themselves(data: st.DataObject) -> None:
    log = data.draw(logs(data.draw(HISTORIES), data.draw(DAYS)))
    standing = fold(log).standing
    late = data.draw(DAYS)
    for entry in settle(standing, a_catalogue().lists, late).entries if standing else ():
        if entry.ends_at is not None:
            assert end_of_day(late - timedelta(days=1)) < entry.ends_at
            over: datetime = entry.ends_at
            assert not entry.is_active(over)


@QUIET
@given(HISTORIES)
def test_04_a_removal_passes_whatever_is_doubtful_about_the_original(said: list[Said]) -> None:
    state = DictState()
    decided(DECIDE, state, said)
    removal = a_removal(record_revision=9, list_id="NO-SUCH-LIST", document_number="", bases=())
    told = decided(DECIDE, state, [removal])
    assert "refusals" not in {each.stream for each in told}
    (standing,) = state.get_many(SUBJECTS, [removal.envelope.subject_id])
    own = [each for each in standing.entries if each.source == "court"] if standing else []
    assert all(each.is_removed for each in own)


@QUIET
@given(st.data())
def test_05_a_late_older_burden_resurrects_nothing(data: st.DataObject) -> None:
    said = data.draw(HISTORIES)
    removal = a_removal(record_revision=4)
    late = [each for each in said if each.envelope.source == "court"]
    ledger = fold([*data.draw(st.permutations(late)), removal, LAST_DAY])
    for step in data.draw(st.permutations(late)):
        ledger.take(step)
        entries = ledger.standing.entries if ledger.standing is not None else ()
        own = [each for each in entries if each.source == "court"]
        assert all(each.is_removed for each in own)


@QUIET
@given(st.data())
def test_06_a_repeat_changes_nothing(data: st.DataObject) -> None:
    said = data.draw(HISTORIES)
    state = DictState()
    decided(DECIDE, state, said)
    before = dict(state.rows.get(SUBJECTS.name, {}))
    again = [
        msgspec.structs.replace(
            each, envelope=msgspec.structs.replace(each.envelope, event_id="again", sequence=77)
        )
        for each in said
    ]
    assert published(decided(DECIDE, state, again)) == []
    assert state.rows.get(SUBJECTS.name, {}) == before


@QUIET
@given(
    st.dates(date(2019, 1, 1), date(2026, 3, 2)),
    st.integers(0, 6 * 366),
    st.integers(0, 8 * 366),
)
def test_07_no_disclosure_passes_five_years_from_the_end_of_the_act(
    ended_on: date, term: int, later: int
) -> None:
    bar = a_bid_bar(
        provisions=("60",), act_ended_on=ended_on, ends_on=DECIDED_ON + timedelta(days=term)
    )
    day = DECIDED_ON + timedelta(days=later)
    standing = fold([bar, day]).standing
    for entry in standing.entries if standing else ():
        if not entry.is_removed:
            assert day.toordinal() <= ended_on.toordinal() + 5 * 365 + 2


@QUIET
@given(st.data())
def test_08_the_mark_travels_in_the_same_delivery_as_the_entry(data: st.DataObject) -> None:
    objection = an_objection(record_id="own-9")
    said = [each for each in data.draw(HISTORIES) if type(each) is not EntryRemoved]
    standing = fold([*data.draw(st.permutations([*said, objection])), DECIDED_ON]).standing
    for entry in standing.entries if standing else ():
        if entry.source == "court" and entry.stage in IN_EFFECT:
            assert entry.disputed
    if standing is not None:
        for each in decided(DISPATCH, DictState(), [standing]):
            assert isinstance(each.value, Directive)
            grounds = [ground for ground in each.value.grounds if ground.source == "court"]
            assert all(ground.disputed for ground in grounds)
            assert each.value.disputed or not grounds


@QUIET
@given(st.text(max_size=12), st.sampled_from(["list_id", "bases", "measures", "provisions"]))
def test_09_what_is_unknown_is_refused_with_a_code(name: str, field: str) -> None:
    known = {"SPC-2017-7-ART1", "3", *a_catalogue().lists, *a_catalogue().bases}
    if name in known or name in a_catalogue().lists[COURT_LIST].provisions:
        return
    event = a_listing(**{field: name if field == "list_id" else (name,)})
    told = decided(DECIDE, DictState(), [event])
    assert [each.stream for each in told] == ["refusals"]
    assert told[0].value.reason in Reason  # type: ignore[attr-defined]


@QUIET
@given(st.sets(st.sampled_from("123456789"), min_size=1))
def test_10_what_reduces_a_persons_rights_is_advice_to_a_human(items: set[str]) -> None:
    order = a_restriction(provisions=tuple(sorted(items)))
    outputs = decided(DECIDE, DictState(), [order])
    for standing in published(outputs):
        for each in decided(DISPATCH, DictState(), [standing]):
            assert isinstance(each.value, Directive)
            measure = a_catalogue().measures[each.value.measure_id]
            if measure.measure_class is MeasureClass.A:
                assert each.value.human_review


@QUIET
@given(HISTORIES)
def test_11_a_replay_instructs_nobody(said: list[Said]) -> None:
    state, ledger = DictState(), DictState()
    log = [*said, a_turn(LAST_DAY)]
    first = published(decided(DECIDE, state, log))
    decided(DISPATCH, ledger, first)
    replayed = published(decided(DECIDE, DictState(), log))
    assert replayed == first
    assert decided(DISPATCH, ledger, replayed) == []


@QUIET
@given(st.data())
def test_12_red_is_suspended_only_by_an_active_serious_entry(data: st.DataObject) -> None:
    lists = a_catalogue().lists
    for standing in fold(data.draw(logs(data.draw(HISTORIES), LAST_DAY))).published:
        active = [each for each in standing.entries if each.stage is Stage.ACTIVE]
        is_serious = any(lists[each.list_id].serious for each in active)
        for entry in standing.entries:
            if lists[entry.list_id].polarity == "red" and entry.stage in {
                Stage.ACTIVE,
                Stage.SUSPENDED,
            }:
                by_serious = entry.suspended_by == "SERIOUS_ENTRY"
                assert by_serious == is_serious or entry.suspended_by == "STAY"


@QUIET
@given(st.data())
def test_13_the_way_out_never_travels_behind_a_burden(data: st.DataObject) -> None:
    state = DictState()
    for standing in fold(data.draw(logs(data.draw(HISTORIES), LAST_DAY))).published:
        for each in decided(DISPATCH, state, [standing]):
            assert isinstance(each.value, Directive)
            if each.value.action is Action.LIFT or each.value.is_correction:
                assert each.value.lane is Lane.LIFT
