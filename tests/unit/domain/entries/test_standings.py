"""How a subject's entries move each other, and when its revision rises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.entries.endings import Rules
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing, advance, entries_on, turns
from creditbus.domain.ids import EventId
from creditbus.domain.subjects import SubjectKind
from tests.examples import (
    DECIDED_ON,
    ENDS_ON,
    FIRM,
    a_bid_bar,
    a_catalogue,
    a_dossier,
    a_grade_a,
    a_listing,
    a_removal,
    standing_on,
)

DAY = timedelta(days=1)
CAUSE = EventId("cause")


def standing_after(*events: EntryListed | EntryRemoved, day: int = 0) -> Standing:
    return standing_on(a_dossier(*events), DECIDED_ON + day * DAY)


def stages(standing: Standing) -> dict[str, Stage]:
    return {entry.list_id: entry.stage for entry in standing.entries}


def test_red_is_suspended_while_a_serious_entry_is_active() -> None:
    both = standing_after(a_grade_a(), a_listing())
    assert stages(both) == {"RD-TAX-A": Stage.SUSPENDED, "BL-COURT-SX": Stage.ACTIVE}


def test_red_returns_by_itself_when_the_serious_entry_is_removed() -> None:
    after = standing_after(a_grade_a(), a_listing(), a_removal(), day=1)
    assert stages(after) == {"RD-TAX-A": Stage.ACTIVE, "BL-COURT-SX": Stage.REMOVED}


def test_red_expires_while_it_is_suspended() -> None:
    later = standing_after(a_grade_a(), a_listing(), day=380)
    assert stages(later) == {"RD-TAX-A": Stage.REMOVED, "BL-COURT-SX": Stage.ACTIVE}


@pytest.mark.parametrize(
    "other",
    [a_bid_bar(), a_listing(effective_on=DECIDED_ON + 30 * DAY), a_removal()],
    ids=["not serious", "not yet in effect", "removed"],
)
def test_nothing_else_suspends_red(other: EntryListed | EntryRemoved) -> None:
    assert stages(standing_after(a_grade_a(), other))["RD-TAX-A"] is Stage.ACTIVE


def test_a_serious_entry_suspends_red_on_its_first_day_of_effect() -> None:
    later = a_listing(effective_on=DECIDED_ON + 30 * DAY)
    assert stages(standing_after(a_grade_a(), later, day=29))["RD-TAX-A"] is Stage.ACTIVE
    assert stages(standing_after(a_grade_a(), later, day=30))["RD-TAX-A"] is Stage.SUSPENDED


def test_a_late_listing_of_an_ended_term_ends_expired() -> None:
    late = standing_after(a_listing(), day=740)
    assert stages(late) == {"BL-COURT-SX": Stage.REMOVED}


def test_the_first_standing_has_revision_one() -> None:
    first = advance(None, standing_after(a_listing()), CAUSE)
    assert first is not None
    assert (first.revision, first.caused_by) == (1, CAUSE)


def test_a_change_raises_the_revision_by_one_and_nothing_else_does() -> None:
    first = advance(None, standing_after(a_listing()), CAUSE)
    assert first is not None
    assert advance(first, standing_after(a_listing()), EventId("repeat")) is None
    second = advance(first, standing_after(a_listing(), a_removal()), CAUSE)
    assert second is not None
    assert second.revision == 2


def test_the_coming_turns_are_those_of_all_entries() -> None:
    dossier = a_dossier(a_grade_a(ends_on=DECIDED_ON + 9 * DAY), a_listing())
    blank = Standing(subject_id=FIRM, subject_kind=SubjectKind.LEGAL_PERSON)
    found = entries_on(blank, dossier, Rules(a_catalogue().lists), DECIDED_ON)
    assert turns(found) == {DECIDED_ON + 10 * DAY, ENDS_ON + DAY}
