"""The join: any order, any repeats and any lateness of the same acts end in the same entries."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.events import EntryListed, EntryRemoved, OwnAct
from creditbus.domain.entries.entry import Stage
from tests.effort import examples
from tests.examples import DECIDED_ON, standing_on
from tests.property.domain.folding import Said, content, fold
from tests.property.domain.histories import DAYS, HISTORIES, LAST_DAY, logs


@examples(300)
@given(st.data())
def test_any_order_any_repeats_and_any_days_end_in_one_dossier(data: st.DataObject) -> None:
    said, last = data.draw(HISTORIES), data.draw(DAYS)
    first, second = fold(data.draw(logs(said, last))), fold(data.draw(logs(said, last)))
    assert first.dossier == second.dossier
    assert content(first.standing) == content(second.standing)


@examples(100)
@given(HISTORIES, DAYS)
def test_a_history_lived_day_by_day_equals_one_told_on_the_last_day(
    said: list[Said], last: date
) -> None:
    days = range((last - DECIDED_ON).days + 1)
    every_day = [DECIDED_ON + timedelta(days=number) for number in days]
    lived, told = fold([*said, *every_day]), fold([last, *said])
    assert content(lived.standing) == content(told.standing)


@examples(100)
@given(HISTORIES, DAYS)
def test_the_date_index_names_every_day_on_which_time_moves_an_entry(
    said: list[Said], last: date
) -> None:
    ledger = fold([*said, DECIDED_ON])
    for number in range((last - DECIDED_ON).days + 1):
        day = DECIDED_ON + timedelta(days=number)
        ledger.take(day)
        found = ledger.standing.entries if ledger.standing is not None else ()
        assert found == standing_on(ledger.dossier, day).entries


@examples(100)
@given(st.data())
def test_the_revision_rises_by_one_with_each_change_and_never_without(
    data: st.DataObject,
) -> None:
    published = fold(data.draw(logs(data.draw(HISTORIES), LAST_DAY))).published
    assert [each.revision for each in published] == list(range(1, len(published) + 1))
    for before, after in pairwise(published):
        assert content(before) != content(after)


@examples(200)
@given(st.data())
def test_no_act_but_a_newer_listing_brings_a_removed_entry_back(data: st.DataObject) -> None:
    said = data.draw(HISTORIES)
    removals = [each for each in said if isinstance(each, EntryRemoved)]
    for removal in removals:
        source, revision = removal.envelope.source, removal.envelope.record_revision
        kept = [
            each
            for each in said
            if not (
                isinstance(each, OwnAct)
                and each.envelope.source == source
                and each.envelope.record_revision > revision
            )
        ]
        standing = fold(data.draw(logs([removal, *kept], LAST_DAY))).standing
        entries = standing.entries if standing is not None else ()
        assert all(each.is_removed for each in entries if each.source == source)


@examples(100)
@given(st.data())
def test_a_removed_entry_holds_no_facts(data: st.DataObject) -> None:
    ledger = fold(data.draw(logs(data.draw(HISTORIES), LAST_DAY)))
    for standing in ledger.published:
        for entry in standing.entries:
            if entry.is_removed:
                facts = (entry.subject_name, entry.bases, entry.provisions, entry.ends_at)
                assert facts == (None, (), (), None)
                assert (entry.windows, entry.lifted, entry.tier) == ((), (), None)
                assert entry.removal_cause is not None
                assert entry.removed_on is not None
    for registers in ledger.dossier.entries:
        if registers.removal is not None and registers.listing is not None:
            assert registers.listing.revision > registers.removal.revision


@examples(100)
@given(st.data())
def test_a_listing_stands_only_where_one_was_stated(data: st.DataObject) -> None:
    said = data.draw(HISTORIES)
    listed = {each.envelope.source for each in said if isinstance(each, EntryListed)}
    for standing in fold(data.draw(logs(said, LAST_DAY))).published:
        for entry in standing.entries:
            if entry.stage in {Stage.ACTIVE, Stage.GRACE, Stage.SUSPENDED}:
                assert entry.source in listed
