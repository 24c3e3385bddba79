"""Measures by the catalogue alone: what asks for them, how long, and how one gets out."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
import pytest

from creditbus.domain.calendar import end_of_day
from creditbus.domain.effects.measures import ends_at, grounds_of, in_force, remedies_of
from creditbus.domain.entries.entry import Stage
from creditbus.domain.ids import ListId, MeasureId
from tests.examples import (
    DECIDED_ON,
    ENDS_ON,
    a_bid_bar,
    a_catalogue,
    a_listing,
    a_restriction,
    a_standing,
)

BAR: Final = a_catalogue().measures[MeasureId("A03")]
FLIGHT: Final = a_catalogue().measures[MeasureId("A13")]
TOLERANCE: Final = a_catalogue().measures[MeasureId("B02")]


def test_only_the_named_provision_asks_for_a_measure() -> None:
    assert len(grounds_of(BAR, a_standing(a_bid_bar(provisions=("53",))))) == 1
    assert grounds_of(BAR, a_standing(a_bid_bar(provisions=("54",)))) == ()
    assert len(grounds_of(BAR, a_standing(a_bid_bar(provisions=("54", "53"))))) == 1


def test_trigger_without_provisions_takes_any() -> None:
    grounds = grounds_of(TOLERANCE, a_standing(a_listing(), a_bid_bar()))
    assert {ground.list_id for ground in grounds} == {"BL-COURT-SX", "BL-BID-ZT"}


def test_measure_out_of_use_asks_for_nothing() -> None:
    off = msgspec.structs.replace(BAR, enabled=False, note="at rest")
    assert grounds_of(off, a_standing(a_bid_bar())) == ()


def test_measure_reaches_only_its_kind_of_subject() -> None:
    assert grounds_of(FLIGHT, a_standing(a_restriction())) != ()
    person = msgspec.structs.replace(BAR, persons=True, organisations=False)
    assert grounds_of(person, a_standing(a_bid_bar())) == ()


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.ACTIVE])
def test_entry_without_effect_asks_for_nothing(stage: Stage) -> None:
    standing = a_standing(a_bid_bar())
    entry = msgspec.structs.replace(standing.entries[0], stage=stage)
    assert grounds_of(BAR, msgspec.structs.replace(standing, entries=(entry,))) == ()


def test_measure_ends_with_its_last_ground() -> None:
    short = a_bid_bar(ends_on=DECIDED_ON)
    long = a_bid_bar(record_id="ZB-2026-002", document_number="（2026）测01执2号")
    grounds = grounds_of(BAR, a_standing(short, long))
    assert ends_at(grounds) == end_of_day(ENDS_ON)
    instant = end_of_day(DECIDED_ON)
    assert len(in_force(grounds, instant - timedelta(microseconds=1))) == 2
    assert [ground.ends_at for ground in in_force(grounds, instant)] == [end_of_day(ENDS_ON)]


def test_measure_with_an_open_ended_ground_has_no_end() -> None:
    grounds = grounds_of(FLIGHT, a_standing(a_restriction()))
    assert ends_at(grounds) is None
    assert in_force(grounds, end_of_day(ENDS_ON)) == grounds
    assert ends_at(()) is None


def test_remedies_are_told_once_for_each_list_and_never_guessed() -> None:
    grounds = grounds_of(
        TOLERANCE, a_standing(a_listing(), a_listing(record_id="SX-2"), a_bid_bar())
    )
    lists = a_catalogue().lists
    assert set(remedies_of(grounds, a_catalogue())) == {
        lists[ListId("BL-COURT-SX")].remedy_zh,
        lists[ListId("BL-BID-ZT")].remedy_zh,
    }
    assert len(remedies_of(grounds, a_catalogue())) == 2
    unknown = msgspec.structs.replace(grounds[0], list_id=ListId("gone"))
    assert remedies_of([unknown], a_catalogue()) == ()
