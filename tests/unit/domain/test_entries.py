"""What one event, or one turn of the day, does to one entry."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from creditbus.domain.calendar import end_of_day
from creditbus.domain.entries import Entry, Stage, on_day, transition, turning_days
from creditbus.domain.events import RemovalCause
from tests.examples import DECIDED_ON, ENDS_ON, a_listing, a_removal

DAY = timedelta(days=1)


def listed(**changes: object) -> Entry:
    return transition(None, a_listing(**changes))


def test_a_listing_states_the_entry() -> None:
    entry = listed(provisions=("6", "3"), bases=("SPC-2017-7-ART2", "SPC-2017-7-ART1"))
    assert entry.stage is Stage.ACTIVE
    assert entry.provisions == ("3", "6")
    assert entry.bases == ("SPC-2017-7-ART1", "SPC-2017-7-ART2")
    assert entry.ends_at == end_of_day(ENDS_ON)
    assert entry.starts_on == DECIDED_ON


@pytest.mark.parametrize("revision", [1, 2])
def test_a_removal_of_the_same_or_a_higher_revision_removes(revision: int) -> None:
    entry = transition(listed(), a_removal(record_revision=revision))
    assert entry.is_removed
    assert entry.removal_cause is RemovalCause.PERFORMED
    assert entry.removed_on == DECIDED_ON


@pytest.mark.parametrize("revision", [1, 2])
def test_a_removal_that_arrives_first_wins(revision: int) -> None:
    removed = transition(None, a_removal(record_revision=revision))
    assert transition(removed, a_listing(record_revision=1)) == removed


def test_a_removal_of_an_older_revision_is_late_and_changes_nothing() -> None:
    entry = listed(record_revision=3)
    assert transition(entry, a_removal(record_revision=2)) == entry


def test_a_repeat_under_another_event_id_changes_nothing() -> None:
    assert transition(listed(), a_listing(event_id="again")) == listed()


def test_a_new_decision_of_the_source_lists_again() -> None:
    removed = transition(listed(), a_removal())
    assert transition(removed, a_listing(record_revision=3)).stage is Stage.ACTIVE


def test_a_removal_finds_its_entry_though_it_names_another_list() -> None:
    removal = a_removal(list_id="BL-TAX-ZD")
    assert transition(None, removal).entry_id == listed().entry_id


def test_a_removed_entry_holds_no_facts() -> None:
    entry = transition(listed(), a_removal())
    assert entry.subject_name is None
    assert (entry.bases, entry.provisions, entry.ends_at) == ((), (), None)
    assert (entry.disputed, entry.repair_pending) == (False, False)


@pytest.mark.parametrize("first", ["listing", "removal"])
def test_a_source_that_states_expiry_removes_by_its_own_act(first: str) -> None:
    # Expiry ranks below any act; were the source's word taken for it, arrival would decide here.
    listing, removal = a_listing(), a_removal(record_revision=1, cause=RemovalCause.EXPIRED)
    events = (listing, removal) if first == "listing" else (removal, listing)
    entry = transition(transition(None, events[0]), events[1])
    assert entry.is_removed
    assert entry.removal_cause is RemovalCause.WITHDRAWN


def test_the_term_is_over_exactly_at_its_end() -> None:
    entry = listed()
    over = end_of_day(ENDS_ON)
    assert entry.is_active(over - timedelta(microseconds=1))
    assert not entry.is_active(over)


def test_an_entry_without_a_term_stays_until_it_is_removed() -> None:
    entry = listed(provisions=("1",), ends_on=None, until_performed=True)
    assert on_day(entry, date(2098, 1, 1)) == entry


@pytest.mark.parametrize(
    ("day", "stage"),
    [
        (None, Stage.ACTIVE),
        (DECIDED_ON - DAY, Stage.GRACE),
        (DECIDED_ON, Stage.ACTIVE),
        (ENDS_ON, Stage.ACTIVE),
        (ENDS_ON + DAY, Stage.REMOVED),
    ],
)
def test_the_day_begins_and_ends_the_entry(day: date | None, stage: Stage) -> None:
    assert on_day(listed(), day).stage is stage


def test_an_expired_entry_names_the_day_and_holds_no_facts() -> None:
    entry = on_day(listed(), ENDS_ON + 400 * DAY)
    assert entry.removal_cause is RemovalCause.EXPIRED
    assert entry.removed_on == ENDS_ON + DAY
    assert (entry.subject_name, entry.bases, entry.provisions) == (None, (), ())


def test_an_expired_entry_yields_to_a_removal_of_its_revision_and_to_a_longer_term() -> None:
    expired = on_day(listed(), ENDS_ON + DAY)
    revoked = transition(expired, a_removal(record_revision=1, cause=RemovalCause.REVOKED))
    assert revoked.removal_cause is RemovalCause.REVOKED
    longer = a_listing(record_revision=2, ends_on=ENDS_ON + 365 * DAY)
    assert transition(expired, longer).stage is Stage.ACTIVE


def test_a_late_first_day_of_effect_waits_even_before_any_day_has_turned() -> None:
    entry = listed(effective_on=DECIDED_ON + 30 * DAY)
    assert on_day(entry, None).stage is Stage.GRACE
    assert on_day(entry, DECIDED_ON + 29 * DAY).stage is Stage.GRACE
    assert on_day(entry, DECIDED_ON + 30 * DAY).stage is Stage.ACTIVE


def test_the_days_on_which_time_moves_the_entry() -> None:
    entry = listed(effective_on=DECIDED_ON + 30 * DAY)
    assert turning_days(entry, DECIDED_ON) == {DECIDED_ON + 30 * DAY, ENDS_ON + DAY}
    assert turning_days(entry, DECIDED_ON + 30 * DAY) == {ENDS_ON + DAY}
    assert turning_days(on_day(entry, ENDS_ON + DAY), ENDS_ON + DAY) == set()
