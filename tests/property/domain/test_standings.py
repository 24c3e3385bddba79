"""Laws that hold for a standing, whatever happened, in whatever order it was told."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.events import EntryListed, EntryRemoved, RemovalCause
from creditbus.domain.calendar import end_of_day
from creditbus.domain.entries.entry import Stage
from tests.examples import DECIDED_ON, a_bid_bar, a_catalogue, a_grade_a, a_listing, a_removal
from tests.property.domain.folding import Step, content, fold

Stated = EntryListed | EntryRemoved

SPAN = 40
LAST_DAY = DECIDED_ON + timedelta(days=SPAN)
LISTINGS = {"court": a_listing, "tender": a_bid_bar, "tax": a_grade_a}
DAYS = st.integers(0, SPAN).map(lambda number: DECIDED_ON + timedelta(days=number))


@st.composite
def histories(draw: st.DrawFn) -> list[Stated]:
    """Draw what three sources state of one firm: in each revision a listing, a removal or both."""
    events: list[Stated] = []
    for source, listing in LISTINGS.items():
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            stated = draw(st.sampled_from(["listing", "removal", "both"]))
            begins, ends = sorted([draw(DAYS), draw(DAYS)])
            original = listing(
                record_revision=revision,
                effective_on=begins,
                ends_on=draw(st.sampled_from([ends, None])),
            )
            if stated != "removal":
                events.append(original)
            if stated != "listing":
                removal = a_removal(
                    source=source,
                    record_id=original.envelope.record_id,
                    record_revision=revision,
                    list_id=original.list_id,
                    cause=draw(st.sampled_from(RemovalCause)),
                )
                events.append(removal)
    return events


@st.composite
def logs(draw: st.DrawFn, events: list[Stated], last: date) -> list[Step]:
    """Draw a log up to a day: any order, any repeats, days turned, skipped and doubled between."""
    repeats = draw(st.lists(st.sampled_from(events), max_size=4))
    shuffled: list[Step] = list(draw(st.permutations(events + repeats)))
    for day in sorted(
        draw(st.lists(DAYS.map(lambda day: min(day, last)), max_size=6)), reverse=True
    ):
        days = (place for place, step in enumerate(shuffled) if isinstance(step, date))
        shuffled.insert(draw(st.integers(0, next(days, len(shuffled)))), day)
    return [*shuffled, last]


@given(st.data())
def test_any_order_any_repeats_and_any_days_end_in_one_standing(data: st.DataObject) -> None:
    events, last = data.draw(histories()), data.draw(DAYS)
    first, second = data.draw(logs(events, last)), data.draw(logs(events, last))
    assert content(fold(first).standing) == content(fold(second).standing)


@given(st.data())
def test_the_log_folded_day_by_day_equals_the_log_told_on_the_last_day(data: st.DataObject) -> None:
    events, last = data.draw(histories()), data.draw(DAYS)
    days = range((last - DECIDED_ON).days + 1)
    every_day: list[Step] = [DECIDED_ON + timedelta(days=number) for number in days]
    assert content(fold([*events, *every_day]).standing) == content(fold([last, *events]).standing)


@given(st.data())
def test_the_revision_rises_by_one_with_each_change_and_never_without(data: st.DataObject) -> None:
    published = fold(data.draw(logs(data.draw(histories()), LAST_DAY))).published
    assert [each.revision for each in published] == list(range(1, len(published) + 1))
    for before, after in pairwise(published):
        assert content(before) != content(after)


@given(st.data())
def test_no_older_listing_resurrects_a_removed_entry(data: st.DataObject) -> None:
    revision = data.draw(st.integers(1, 5))
    older = data.draw(st.lists(st.integers(1, revision), min_size=1, max_size=4))
    stated: list[Step] = [a_listing(record_revision=number) for number in older]
    log = data.draw(st.permutations([a_removal(record_revision=revision), *stated]))
    standing = fold([DECIDED_ON, *log]).standing
    assert standing is not None
    assert [entry.stage for entry in standing.entries] == [Stage.REMOVED]


@given(st.data())
def test_a_removed_entry_holds_no_facts(data: st.DataObject) -> None:
    for standing in fold(data.draw(logs(data.draw(histories()), LAST_DAY))).published:
        for entry in standing.entries:
            if entry.is_removed:
                facts = (entry.subject_name, entry.bases, entry.provisions, entry.ends_at)
                assert facts == (None, (), (), None)
                assert entry.removal_cause is not None
                assert entry.removed_on is not None


@given(st.data())
def test_red_has_effect_only_while_no_serious_entry_has(data: st.DataObject) -> None:
    lists = a_catalogue().lists
    for standing in fold(data.draw(logs(data.draw(histories()), LAST_DAY))).published:
        active = [entry for entry in standing.entries if entry.stage is Stage.ACTIVE]
        suspended = [entry for entry in standing.entries if entry.stage is Stage.SUSPENDED]
        serious = any(lists[entry.list_id].serious for entry in active)
        assert all(lists[entry.list_id].polarity == "red" for entry in suspended)
        assert bool(suspended) <= serious
        assert not (serious and any(lists[entry.list_id].polarity == "red" for entry in active))


@given(DAYS, st.integers(-3 * 24 * 60, 3 * 24 * 60))
def test_a_term_is_over_at_its_end_and_not_a_moment_sooner(ends_on: date, minutes: int) -> None:
    standing = fold([a_listing(ends_on=ends_on)]).standing
    assert standing is not None
    at = end_of_day(ends_on) + timedelta(minutes=minutes)
    assert standing.entries[0].is_active(at) is (minutes < 0)
