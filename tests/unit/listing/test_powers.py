"""Powers in listing: asked first, under the edition of the day, and for a way out under any."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.entries.dossiers import Dossier
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.registers import Registers
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import SourceId
from creditbus.domain.law.editions import Edition, Editions
from creditbus.engine.values import DictState, Output
from creditbus.listing.agenda import SUBJECTS
from creditbus.listing.decide import build
from creditbus.listing.memory import DOSSIERS, TOMBSTONES
from tests import acts
from tests.examples import (
    BID_LIST,
    COURT_LIST,
    DECIDED_ON,
    FIRM,
    INDIVIDUAL_BUSINESS,
    a_bid_bar,
    a_catalogue,
    a_grade_a,
    a_listing,
    a_mapping,
    a_removal,
    a_turn,
    decided,
    some_clocks,
    some_editions,
)

DECIDE: Final = build(some_editions(), some_clocks())
REFORM: Final = date(2026, 6, 1)


def refusals(outputs: list[Output]) -> list[tuple[Reason, str]]:
    found = [each.value for each in outputs if isinstance(each.value, Refusal)]
    return [(each.reason, each.field) for each in found]


def stages(state: DictState) -> dict[str, Stage]:
    (standing,) = state.get_many(SUBJECTS, [FIRM])
    return {each.list_id: each.stage for each in standing.entries} if standing else {}


@pytest.mark.parametrize(
    ("act", "reason", "field"),
    [
        (a_listing(list_id="BL-NONE"), Reason.LIST_UNKNOWN, "list_id"),
        (a_listing(list_id="BL-DEF-GF"), Reason.LIST_DISABLED, "list_id"),
        (a_bid_bar(source="court"), Reason.SOURCE_NOT_COMPETENT, "list_id"),
        (
            a_grade_a(subject_id=INDIVIDUAL_BUSINESS, subject_name=None, adult_on_decision=True),
            Reason.SUBJECT_NOT_ADMITTED,
            "subject_id",
        ),
        (a_mapping(source="court"), Reason.SOURCE_NOT_COMPETENT, "source"),
        (acts.a_penalty(source="metro"), Reason.SOURCE_NOT_COMPETENT, "source"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_who_may_speak_of_whom_is_told_with_its_field(act: Any, reason: Reason, field: str) -> None:
    state = DictState()
    assert refusals(decided(DECIDE, state, [act])) == [(reason, field)]
    assert not any(state.rows.values()), "nothing of it is kept"


def reformed() -> Editions:
    """The bid list passes from the tender office to the housing bureau on a day."""
    catalogue = a_catalogue()
    lists = {**catalogue.lists}
    lists[BID_LIST] = msgspec.structs.replace(lists[BID_LIST], keepers=(SourceId("housing"),))
    after = msgspec.structs.replace(catalogue, edition="after", lists=lists)
    before = Edition(catalogue=msgspec.structs.replace(catalogue, edition="before"))
    latest = Edition(catalogue=after, in_force_from=REFORM, follows="before")
    return Editions(latest, {"before": before}.get)


def test_a_keeper_that_a_reform_replaced_lists_no_more_and_still_removes() -> None:
    decide, state = build(reformed(), some_clocks()), DictState()
    own = {"source": "tender", "record_id": "ZB-2026-001", "list_id": BID_LIST}
    late = {"decided_on": REFORM, "notice_served_on": REFORM}
    assert refusals(decided(decide, state, [a_bid_bar()])) == []
    anew = a_bid_bar(**late, record_id="ZB-2", record_revision=1)
    assert refusals(decided(decide, state, [anew])) == [(Reason.SOURCE_NOT_COMPETENT, "list_id")]
    dismissed = acts.an_objection_ruling(
        ObjectionResult.DISMISSED,
        source="tender",
        list_id=BID_LIST,
        entry=RecordReference(source=SourceId("tender"), record_id="ZB-2026-001"),
        decided_on=REFORM,
    )
    assert refusals(decided(decide, state, [dismissed])) == [
        (Reason.SOURCE_NOT_COMPETENT, "source")
    ]
    assert refusals(decided(decide, state, [a_removal(**own, decided_on=REFORM)])) == []
    assert stages(state) == {"BL-BID-ZT": Stage.REMOVED}


def test_power_is_asked_before_a_conflict_of_contents() -> None:
    state = DictState()
    lawful = acts.an_objection_ruling(ObjectionResult.REMOVED)
    decided(DECIDE, state, [a_listing(), lawful])
    other = acts.an_objection_ruling(ObjectionResult.DISMISSED, entry=acts.OBJECTED)
    assert refusals(decided(DECIDE, state, [other])) == [(Reason.SOURCE_NOT_COMPETENT, "source")]


def test_a_removal_that_an_earlier_program_kept_is_shown_as_before() -> None:
    """Registers of a state that was written before had no ``on``: they name a removed entry."""
    state = DictState()
    decided(DECIDE, state, [a_turn(DECIDED_ON), a_listing(), a_removal()])
    (dossier,) = state.get_many(DOSSIERS, [FIRM])
    assert dossier is not None
    (registers,) = dossier.entries
    old = msgspec.msgpack.decode(msgspec.msgpack.encode(registers))[:-1]
    read = msgspec.convert(old, Registers)
    assert read.on is not None
    assert (read.is_known, read.list_id) == (True, COURT_LIST)
    state.apply({DOSSIERS: {FIRM: Dossier(entries=(read,))}})
    decided(DECIDE, state, [acts.an_objection()])
    assert stages(state) == {"BL-COURT-SX": Stage.REMOVED}


def test_a_removal_waits_unseen_and_voids_its_listing_on_any_later_day() -> None:
    state = DictState()
    outputs = decided(DECIDE, state, [a_turn(DECIDED_ON), a_removal()])
    assert [each for each in outputs if isinstance(each.value, Standing)] == []
    assert state.get_many(SUBJECTS, [FIRM]) == [None]
    late = decided(DECIDE, state, [a_turn(date(2026, 5, 5)), a_listing()])
    assert refusals(late) == [(Reason.REVISION_SUPERSEDED, "record_revision")]
    assert stages(state) == {"BL-COURT-SX": Stage.CLOSED}


def test_a_removal_that_waited_as_long_as_an_entry_is_remembered_leaves_a_tombstone() -> None:
    state = DictState()
    decided(DECIDE, state, [a_turn(DECIDED_ON), a_removal()])
    last = DECIDED_ON + timedelta(days=a_catalogue().lists[COURT_LIST].retention_days)
    decided(DECIDE, state, [a_turn(last - timedelta(days=1))])
    assert state.get_many(DOSSIERS, [FIRM]) != [Dossier(erased=1, turns=())]
    assert decided(DECIDE, state, [a_turn(last)]) == []
    assert state.get_many(DOSSIERS, [FIRM]) == [Dossier(erased=1, turns=())]
    (tombstone,) = state.rows[TOMBSTONES.name].values()
    assert (tombstone.list_id, tombstone.revision) == (COURT_LIST, 2)
    assert refusals(decided(DECIDE, state, [a_listing()])) == [
        (Reason.REVISION_SUPERSEDED, "record_revision")
    ]
    assert stages(state) == {}
