"""What one event, or one turn of the day, does to one entry."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest

from creditbus.domain.acts.events import OwnAct, RemovalCause
from creditbus.domain.acts.registrations import Registration
from creditbus.domain.calendar import end_of_day
from creditbus.domain.entries.endings import Rules
from creditbus.domain.entries.entry import Entry, Stage
from creditbus.domain.entries.standings import Standing, entries_on, turns
from creditbus.domain.subjects import SubjectKind
from tests.acts import a_notice, a_registration, an_objection
from tests.examples import (
    DECIDED_ON,
    ENDS_ON,
    FIRM,
    a_catalogue,
    a_dossier,
    a_listing,
    a_removal,
    entry_after,
    standing_on,
)

DAY = timedelta(days=1)


def listed(**changes: object) -> Entry:
    return entry_after(a_listing(**changes))


def test_a_listing_states_the_entry() -> None:
    entry = listed(provisions=("6", "3"), bases=("SPC-2017-7-ART2", "SPC-2017-7-ART1"))
    assert entry.stage is Stage.ACTIVE
    assert entry.provisions == ("3", "6")
    assert entry.bases == ("SPC-2017-7-ART1", "SPC-2017-7-ART2")
    assert entry.ends_at == end_of_day(ENDS_ON)
    assert entry.starts_on == DECIDED_ON


@pytest.mark.parametrize("revision", [1, 2])
def test_a_removal_of_the_same_or_a_higher_revision_removes(revision: int) -> None:
    entry = entry_after(a_listing(), a_removal(record_revision=revision))
    assert entry.is_removed
    assert entry.removal_cause is RemovalCause.PERFORMED
    assert entry.removed_on == DECIDED_ON


@pytest.mark.parametrize("revision", [1, 2])
def test_a_removal_that_arrives_first_wins(revision: int) -> None:
    removal, listing = a_removal(record_revision=revision), a_listing(record_revision=1)
    assert entry_after(removal, listing) == entry_after(listing, removal)


def test_a_removal_of_what_nobody_has_listed_waits_and_is_no_entry() -> None:
    waiting = a_dossier(a_removal())
    assert standing_on(waiting, DECIDED_ON).entries == ()
    assert [each.removal is not None for each in waiting.entries] == [True]


@pytest.mark.parametrize("first", [a_listing(), a_notice()], ids=["listing", "notice"])
def test_a_removal_never_names_another_list_for_its_entry(first: OwnAct) -> None:
    removal = a_removal(list_id="BL-GOV-ZW")
    orders = [entry_after(first, removal), entry_after(removal, first)]
    assert [entry.list_id for entry in orders] == ["BL-COURT-SX", "BL-COURT-SX"]
    assert all(entry.is_removed for entry in orders)


def test_the_list_of_a_removed_entry_is_that_of_its_newest_listing_in_any_order() -> None:
    newer = a_listing(record_revision=3, list_id="BL-GOV-ZW")
    acts: tuple[OwnAct, ...] = (a_listing(), newer, a_removal(record_revision=4))
    for said in permutations(acts):
        entry = entry_after(*said)
        assert (entry.list_id, entry.is_removed) == ("BL-GOV-ZW", True)


def test_a_removal_of_an_older_revision_is_late_and_changes_nothing() -> None:
    late = entry_after(a_listing(record_revision=3), a_removal(record_revision=2))
    assert late == listed(record_revision=3)


def test_a_repeat_under_another_event_id_changes_nothing() -> None:
    assert entry_after(a_listing(), a_listing(event_id="again")) == listed()


def test_a_new_decision_of_the_source_lists_again() -> None:
    again = entry_after(a_listing(), a_removal(), a_listing(record_revision=3))
    assert again.stage is Stage.ACTIVE


def test_a_removal_finds_its_entry_though_it_names_another_list() -> None:
    removal = a_removal(list_id="BL-TAX-ZD")
    assert entry_after(a_listing(), removal).entry_id == listed().entry_id


def test_what_strikes_a_firm_off_ends_no_entry_that_was_never_listed() -> None:
    struck_off = a_registration(Registration.DEREGISTERED)
    assert standing_on(a_dossier(an_objection(), struck_off), DECIDED_ON).entries == ()


def test_a_removed_entry_holds_no_facts() -> None:
    entry = entry_after(a_listing(), a_removal())
    assert entry.subject_name is None
    assert (entry.bases, entry.provisions, entry.ends_at) == ((), (), None)
    assert (entry.disputed, entry.repair_pending) == (False, False)


@pytest.mark.parametrize("first", ["listing", "removal"])
def test_a_source_that_states_expiry_removes_by_its_own_act(first: str) -> None:
    # Expiry ranks below any act; were the source's word taken for it, arrival would decide here.
    listing, removal = a_listing(), a_removal(record_revision=1, cause=RemovalCause.EXPIRED)
    events = (listing, removal) if first == "listing" else (removal, listing)
    entry = entry_after(*events)
    assert entry.is_removed
    assert entry.removal_cause is RemovalCause.WITHDRAWN


def test_the_term_is_over_exactly_at_its_end() -> None:
    entry = listed()
    over = end_of_day(ENDS_ON)
    assert entry.is_active(over - timedelta(microseconds=1))
    assert not entry.is_active(over)


def test_an_entry_without_a_term_stays_until_it_is_removed() -> None:
    entry = listed(provisions=("1",), ends_on=None, until_performed=True)
    endless = a_listing(provisions=("1",), ends_on=None, until_performed=True)
    assert entry_after(endless, day=date(2098, 1, 1)) == entry


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
    assert entry_after(a_listing(), day=day).stage is stage


def test_an_expired_entry_names_the_day_and_holds_no_facts() -> None:
    entry = entry_after(a_listing(), day=ENDS_ON + 20 * DAY)
    assert entry.removal_cause is RemovalCause.EXPIRED
    assert entry.removed_on == ENDS_ON + DAY
    assert (entry.subject_name, entry.bases, entry.provisions) == (None, (), ())


def test_an_expired_entry_yields_to_a_removal_of_its_revision_and_to_a_longer_term() -> None:
    removal = a_removal(record_revision=1, cause=RemovalCause.REVOKED, decided_on=ENDS_ON)
    revoked = entry_after(a_listing(), removal, day=ENDS_ON + DAY)
    assert revoked.removal_cause is RemovalCause.REVOKED
    longer = a_listing(record_revision=2, ends_on=ENDS_ON + 365 * DAY)
    assert entry_after(a_listing(), longer, day=ENDS_ON + DAY).stage is Stage.ACTIVE


def test_a_late_first_day_of_effect_waits_even_before_any_day_has_turned() -> None:
    event = a_listing(effective_on=DECIDED_ON + 30 * DAY)
    assert entry_after(event).stage is Stage.GRACE
    assert entry_after(event, day=DECIDED_ON + 29 * DAY).stage is Stage.GRACE
    assert entry_after(event, day=DECIDED_ON + 30 * DAY).stage is Stage.ACTIVE


def turning(day: date) -> set[date]:
    blank = Standing(subject_id=FIRM, subject_kind=SubjectKind.LEGAL_PERSON)
    dossier = a_dossier(a_listing(effective_on=DECIDED_ON + 30 * DAY))
    return turns(entries_on(blank, dossier, Rules(a_catalogue().lists), day))


def test_the_days_on_which_time_moves_the_entry() -> None:
    assert turning(DECIDED_ON) == {DECIDED_ON + 30 * DAY, ENDS_ON + DAY}
    assert turning(DECIDED_ON + 30 * DAY) == {ENDS_ON + DAY}
    closes, forgets = ENDS_ON + 31 * DAY, ENDS_ON + 366 * DAY
    assert turning(ENDS_ON + DAY) == {closes, forgets}
    assert turning(closes) == {forgets}
    assert turning(forgets) == set()


def test_an_ended_entry_is_closed_and_then_forgotten() -> None:
    assert entry_after(a_listing(), day=ENDS_ON + 30 * DAY).stage is Stage.REMOVED
    assert entry_after(a_listing(), day=ENDS_ON + 31 * DAY).stage is Stage.CLOSED
    blank = Standing(subject_id=FIRM, subject_kind=SubjectKind.LEGAL_PERSON)
    later = ENDS_ON + 366 * DAY
    ((_, entry),) = entries_on(blank, a_dossier(a_listing()), Rules(a_catalogue().lists), later)
    assert entry.stage is Stage.ERASED
