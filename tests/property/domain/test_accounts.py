"""Law 9 for whoever asks why: nothing in effect is left without document, basis, article, remedy.

Any history, as listing takes it in: what it refuses moves nothing and explains nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from creditbus.cli.replays import replay
from creditbus.domain.accounts.assembly import account_of
from creditbus.domain.accounts.words import told
from creditbus.domain.effects.measures import asked_of, grounds_of
from creditbus.domain.entries.entry import Stage
from tests.effort import examples
from tests.examples import (
    FIRM,
    a_bid_bar,
    a_grade_a,
    a_listing,
    a_turn,
    some_clocks,
    some_editions,
)
from tests.property.domain.histories import DAYS, HISTORIES

LAWFUL: Final = st.lists(
    st.sampled_from([a_listing(), a_bid_bar(), a_grade_a(), a_listing(record_revision=3)]),
    max_size=3,
)
"""Listings that run beyond every day that a history speaks of."""

IN_EFFECT: Final = {Stage.ACTIVE, Stage.GRACE, Stage.SUSPENDED}


@examples(150)
@given(st.data(), DAYS)
def test_whatever_is_in_effect_is_explained(data: st.DataObject, day: date) -> None:
    said = data.draw(st.permutations([*data.draw(LAWFUL), *data.draw(HISTORIES)]))
    found = replay(FIRM, [*said, a_turn(day)], some_editions(), some_clocks())
    account = account_of(found.known, found.law, day, some_clocks())
    standing = found.standing
    stages = {each.entry_id: each.stage for each in standing.entries} if standing else {}
    assert {each.entry_id: each.stage for each in account.entries} == stages
    for entry in account.entries:
        if entry.stage in IN_EFFECT:
            assert entry.document_number
            assert entry.bases
            assert all(basis.document and basis.article for basis in entry.bases)
            assert entry.remedy_zh
            assert entry.remedy_en
            assert entry.done_by is not None
            assert entry.passages
            assert all(each.passed for each in entry.passages)
        elif entry.removal_cause is not None:
            assert entry.removed_on is not None
            assert (entry.ended_by is None) is (entry.removal_cause == "EXPIRED")
    law = found.law.as_of(day)
    following = {
        measure.id
        for measure in (asked_of(standing, law) if standing else ())
        if standing and grounds_of(measure, standing, law)
    }
    assert {each.measure.id for each in account.measures} == following
    active = {each.entry_id for each in account.entries if each.stage is Stage.ACTIVE}
    for measure in account.measures:
        assert measure.bases
        assert all(basis.document and basis.article for basis in measure.bases)
        assert measure.grounds
        assert all(each.entry_id in active and each.document_number for each in measure.grounds)
        assert measure.remedies
        assert all(each.zh and each.en for each in measure.remedies)
    chinese, english = told(account, "zh"), told(account, "en")
    assert len(chinese) == len(english)
