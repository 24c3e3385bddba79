"""A published standing read on a later day: what time alone does to it, and what it may not do."""

from __future__ import annotations

from datetime import date

from creditbus.domain.entries.entry import Entry, Stage, SuspensionCause
from creditbus.domain.entries.standings import settle
from tests.acts import a_stay, a_window
from tests.examples import PERSON, a_catalogue, a_dossier, a_listing, a_restriction, standing_on


def read(*said: object, published: date, day: date) -> Entry:
    """Return the one entry that was published on a day, as a reader has it on a later one."""
    subject = said[0].envelope.subject_id  # type: ignore[attr-defined]
    standing = standing_on(a_dossier(*said), published, subject=subject)  # type: ignore[arg-type]
    (entry,) = settle(standing, a_catalogue().lists, day).entries
    return entry


def test_stay_lasts_until_somebody_ends_it() -> None:
    entry = read(a_listing(), a_stay(), published=date(2026, 3, 10), day=date(2027, 3, 10))
    assert (entry.stage, entry.suspended_by) == (Stage.SUSPENDED, SuspensionCause.STAY)


def test_leave_that_names_no_item_lifts_them_all_and_ends_by_itself() -> None:
    said = (a_restriction(), a_window(provisions=(), from_on=date(2026, 3, 12)))
    within = read(*said, published=date(2026, 3, 10), day=date(2026, 3, 13))
    assert said[0].envelope.subject_id == PERSON
    assert within.lifted == within.provisions != ()
    after = read(*said, published=date(2026, 3, 10), day=date(2026, 5, 1))
    assert (after.stage, after.lifted) == (Stage.ACTIVE, ())
