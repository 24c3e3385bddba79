"""Exposure: a court entry of an organisation is shown, changed and withdrawn; no person ever is."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest
from hypothesis import given

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.subjects import SubjectKind
from creditbus.engine.values import DictState, Output
from creditbus.exposure.decide import EXPOSED, TABLES, Withdrawal, build
from tests.effort import examples
from tests.examples import (
    FIRM,
    INDIVIDUAL_BUSINESS,
    PERSON,
    a_bid_bar,
    a_grade_a,
    a_listing,
    a_standing,
    decided,
    restored,
    some_editions,
)
from tests.property.listing.logs import LOGS, Logged, listed

DECIDE: Final = build(some_editions())


def without_entries(standing: Standing, revision: int) -> Standing:
    return msgspec.structs.replace(standing, entries=(), revision=revision)


def told(*standings: Standing) -> list[Exposure | Withdrawal]:
    return [_change(output) for output in decided(DECIDE, DictState(), standings)]


def test_court_entry_is_shown_with_what_the_public_may_see() -> None:
    (exposure,) = told(a_standing(a_listing()))
    assert isinstance(exposure, Exposure)
    listing = a_listing()
    assert exposure.subject_id == FIRM
    assert exposure.subject_name == listing.subject_name
    assert exposure.document_number == listing.envelope.document_number
    assert exposure.provisions == listing.provisions
    assert exposure.ends_at is not None
    assert exposure.revision == 1


def test_end_of_an_entry_withdraws_it() -> None:
    standing = a_standing(a_listing())
    shown, withdrawn = told(standing, without_entries(standing, 2))
    assert withdrawn == Withdrawal(shown.entry_id)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.ACTIVE])
def test_only_an_active_entry_is_shown(stage: Stage) -> None:
    standing = a_standing(a_listing())
    entry = msgspec.structs.replace(standing.entries[0], stage=stage)
    later = msgspec.structs.replace(standing, entries=(entry,), revision=2)
    assert told(later) == []
    assert told(standing, later)[1:] == [Withdrawal(entry.entry_id)]


def test_changed_entry_is_shown_anew_and_an_unchanged_one_is_not() -> None:
    corrected = a_listing(record_revision=2, document_number="（2026）测01执2号")
    _, changed = told(
        a_standing(a_listing()),
        a_standing(a_listing(), revision=2),
        a_standing(corrected, revision=3),
    )
    assert isinstance(changed, Exposure)
    assert (changed.document_number, changed.revision) == ("（2026）测01执2号", 3)


def test_withdrawals_come_before_anything_new() -> None:
    first, second = a_listing(), a_listing(record_id="SX-2026-002")
    changes = told(a_standing(first), a_standing(second, revision=2))
    assert [type(change) for change in changes] == [Exposure, Withdrawal, Exposure]


@pytest.mark.parametrize("revision", [1, 2])
def test_standing_of_a_seen_or_lower_revision_shows_nothing(revision: int) -> None:
    standing = a_standing(a_listing())
    gone = without_entries(standing, 2)
    late = msgspec.structs.replace(standing, revision=revision)
    assert [type(change) for change in told(standing, gone, late)] == [Exposure, Withdrawal]


@pytest.mark.parametrize("listing", [a_bid_bar(), a_grade_a()], ids=["bid bar", "grade A"])
def test_list_that_the_bus_does_not_publish_is_never_shown(listing: object) -> None:
    assert told(a_standing(listing)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        (PERSON, SubjectKind.NATURAL_PERSON),
        (INDIVIDUAL_BUSINESS, SubjectKind.INDIVIDUAL_BUSINESS),
    ],
)
@pytest.mark.parametrize("name", [None, "（测）某人"])
def test_person_is_never_shown(subject: str, kind: SubjectKind, name: str | None) -> None:
    listing = a_listing(subject_id=subject, subject_kind=kind, subject_name=name)
    standing = msgspec.structs.replace(a_standing(listing), subject_kind=kind)
    assert told(standing) == []


def test_name_that_no_source_gave_is_not_shown() -> None:
    assert told(a_standing(a_listing(subject_name=None))) == []


@examples(40)
@given(LOGS)
def test_no_exposure_outlives_its_entry(log: list[Logged]) -> None:
    outputs, _ = listed([log], DictState())
    standings = [output.value for output in outputs if isinstance(output.value, Standing)]
    state = DictState()
    public: dict[str, Exposure] = {}
    newest: dict[str, Standing] = {}
    for offset, standing in enumerate(standings):
        for output in decided(DECIDE, state, [standing], first=offset):
            change = _change(output)
            public.pop(change.entry_id, None)
            if isinstance(change, Exposure):
                public[change.entry_id] = change
        state = restored(state, TABLES)
        newest[standing.subject_id] = standing
        active = {
            entry.entry_id
            for each in newest.values()
            for entry in each.entries
            if entry.stage is Stage.ACTIVE and entry.list_id == "BL-COURT-SX"
        }
        assert set(public) == active
    kept = state.rows.get(EXPOSED.name, {}).values()
    assert {entry_id for exposed in kept for entry_id in exposed.entries} == set(public)


def _change(output: Output) -> Exposure | Withdrawal:
    assert isinstance(output.value, Exposure | Withdrawal)
    expected = "exposures" if isinstance(output.value, Exposure) else "withdrawals"
    assert output.stream == expected
    return output.value
