"""Attention stays inside: a row is what a subject is on, and what a check says of it."""

from __future__ import annotations

from datetime import date
from typing import Final

import pytest

from creditbus.domain.acts.events import EntryListed
from creditbus.domain.effects.checks import Check, Verdict
from creditbus.domain.ids import ItemId, ListId
from tests.examples import FIRM, a_bid_bar, a_catalogue, a_grade_a, a_listing, a_standing
from tests.unit.query.test_decide import BIDDING, asked

INSPECTIONS: Final = Check(
    subject=FIRM, matter=ItemId("reduced-inspection"), purpose="inspection-planning"
)
ATTENTION: Final = a_listing(
    source="market",
    record_id="GZ-1",
    list_id=ListId("AT-CITY-GZ"),
    bases=("SD-CREDIT-ART28",),
    provisions=(),
    ends_on=date(2027, 3, 2),
)

ROWS: Final[dict[str, tuple[Check, tuple[EntryListed, ...], bool, Verdict]]] = {
    "nothing": (BIDDING, (), False, Verdict.YES),
    "attention alone, asked by who tenders": (BIDDING, (ATTENTION,), False, Verdict.YES),
    "attention alone, asked by who plans inspections": (
        INSPECTIONS,
        (ATTENTION,),
        False,
        Verdict.NO,
    ),
    "attention and the court's list": (BIDDING, (ATTENTION, a_listing()), True, Verdict.YES),
    "attention and a bar from bidding": (BIDDING, (ATTENTION, a_bid_bar()), True, Verdict.NO),
    "attention and an honour": (BIDDING, (ATTENTION, a_grade_a()), True, Verdict.YES),
    "a list that no edition knows any more": (
        BIDDING,
        (a_listing(list_id=ListId("BL-GONE")),),
        True,
        Verdict.YES,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_check_says(name: str) -> None:
    check, on, listed, verdict = ROWS[name]
    given = asked(check, a_standing(*on) if on else None)
    assert (given.listed, given.verdict) == (listed, verdict)


@pytest.mark.parametrize("name", ROWS)
def test_nothing_that_reduces_rights_names_attention(name: str) -> None:
    check, on, _, _ = ROWS[name]
    given = asked(check, a_standing(*on) if on else None)
    measures = a_catalogue().measures
    for finding in given.barred:
        if any(ground.list_id == "AT-CITY-GZ" for ground in finding.grounds):
            assert measures[finding.measure_id].measure_class == "B"
            assert check is INSPECTIONS
