"""Joints: what several records state of one decision, read together as one entry."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any, Final

import pytest

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.acts.objections import ObjectionResult
from creditbus.domain.acts.references import RecordReference
from creditbus.domain.acts.repairs import RepairStep
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.registers import decision_of
from creditbus.domain.ids import ListId, SourceId
from tests import acts
from tests.examples import (
    BID_LIST,
    DECIDED_ON,
    a_bid_bar,
    a_dossier,
    a_removal,
    entry_after,
    standing_on,
)

DAY: Final = timedelta(days=1)
FIRST: Final = a_bid_bar()
OTHER: Final = {"source": "housing", "record_id": "ZJ-7"}
SECOND: Final = a_bid_bar(**OTHER, record_revision=4)
BY_OTHER: Final = {
    "entry": RecordReference(source=SourceId("housing"), record_id="ZJ-7"),
    "list_id": BID_LIST,
}


@pytest.mark.parametrize(
    "typed",
    [
        "青招监决〔2026〕17号",
        "青招监决[2026]17号",
        "青招监决（2026） 17号",
        "青招监决【２０２６】17号",
    ],
)
def test_a_document_is_known_however_it_is_typed(typed: str) -> None:
    assert decision_of(BID_LIST, typed) == decision_of(BID_LIST, "青招监决(2026)17号")
    assert decision_of(BID_LIST, typed) != decision_of(BID_LIST, "青招监决(2026)18号")
    assert decision_of(BID_LIST, typed) != decision_of(ListId("BL-FIN-CG"), typed)


def test_a_second_report_changes_nothing_whichever_comes_first() -> None:
    alone = entry_after(FIRST)
    assert entry_after(FIRST, SECOND) == alone
    assert entry_after(SECOND, FIRST) == entry_after(SECOND)
    assert entry_after(SECOND, FIRST).entry_id != alone.entry_id, "it goes by the first"


@pytest.mark.parametrize(
    "word",
    [
        a_bid_bar(**OTHER, record_revision=5, ends_on=date(2027, 6, 1)),
        a_bid_bar(record_revision=2, ends_on=date(2027, 6, 1)),
    ],
    ids=["the second record", "the first record"],
)
def test_a_correction_by_either_reaches_the_entry(word: Any) -> None:
    entry = entry_after(FIRST, SECOND, word)
    assert entry.ends_at is not None
    assert entry.ends_at.date() == date(2027, 6, 1)
    assert entry.entry_id == entry_after(FIRST).entry_id
    later = a_bid_bar(record_revision=9, ends_on=date(2027, 9, 1))
    assert entry_after(FIRST, SECOND, word, later).ends_at > entry.ends_at  # type: ignore[operator]


def test_a_report_that_comes_after_a_correction_does_not_undo_it() -> None:
    corrected = a_bid_bar(record_revision=2, ends_on=date(2027, 6, 1))
    assert entry_after(FIRST, corrected, SECOND) == entry_after(FIRST, corrected)


def test_a_report_of_a_later_day_of_decision_counts_in_any_order() -> None:
    later = a_bid_bar(**OTHER, decided_on=DECIDED_ON + DAY)
    for said in ([FIRST, later], [later, FIRST]):
        assert entry_after(*said).decided_on == DECIDED_ON + DAY


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        (a_removal(**OTHER, record_revision=5, list_id=BID_LIST), RemovalCause.PERFORMED),
        (a_removal(source="tender", record_id="ZB-2026-001", list_id=BID_LIST), None),
        (acts.an_objection_ruling(ObjectionResult.REMOVED, source="housing", **BY_OTHER), None),
        (acts.a_repair_ruling(RepairStep.GRANTED, source="housing", **BY_OTHER), None),
        (
            acts.a_repair_ruling(
                RepairStep.GRANTED, source="housing", **(BY_OTHER | {"list_id": "BL-BID"})
            ),
            RemovalCause.REPAIRED,
        ),
    ],
    ids=["removed by the second", "by the first", "upheld", "repaired", "its list misspelt"],
)
def test_an_ending_by_either_reaches_the_entry(act: Any, cause: RemovalCause | None) -> None:
    for said in ([FIRST, SECOND, act], [act, SECOND, FIRST], [SECOND, act, FIRST]):
        entry = entry_after(*said)
        assert entry.is_removed
        assert cause is None or entry.removal_cause is cause


def test_a_revocation_by_either_keeper_reaches_the_entry_in_any_order() -> None:
    number = FIRST.envelope.document_number
    for keeper in ("tender", "housing"):
        fallen = acts.a_revocation(source=keeper, issuer=SourceId(keeper), revoked_document=number)
        acts_in_any_order: Any = permutations([FIRST, SECOND, fallen])
        for said in acts_in_any_order:
            assert entry_after(*said).removal_cause is RemovalCause.REVOKED


def test_what_others_say_under_either_record_is_said_of_the_entry() -> None:
    stay = acts.a_stay(source="court-hill", **BY_OTHER)
    assert entry_after(FIRST, SECOND, stay).stage is Stage.SUSPENDED
    objection = acts.an_objection(**BY_OTHER)
    about_first = {
        "entry": RecordReference(source=SourceId("tender"), record_id="ZB-2026-001"),
        "list_id": BID_LIST,
    }
    ruling = acts.an_objection_ruling(ObjectionResult.DISMISSED, source="tender", **about_first)
    assert entry_after(FIRST, SECOND, objection).disputed
    assert not entry_after(FIRST, SECOND, objection, ruling).disputed, "one case of two halves"
    applied = acts.an_application(**BY_OTHER)
    assert entry_after(FIRST, SECOND, applied).repair_pending
    both = acts.an_application(**about_first)
    assert entry_after(FIRST, SECOND, applied, both).repair_pending


def test_an_extension_and_a_variation_by_either_stand_beside_each_other() -> None:
    extended = acts.an_extension(
        **OTHER, record_revision=6, list_id=BID_LIST, ends_on=date(2028, 3, 2)
    )
    varied = acts.a_variation(
        source="tender",
        record_id="ZB-2026-001",
        list_id=BID_LIST,
        subject_id=FIRST.envelope.subject_id,
        subject_kind=FIRST.envelope.subject_kind,
        provisions=("54",),
    )
    entry = entry_after(FIRST, SECOND, extended, varied)
    assert entry.provisions == ("54",)
    dossier = a_dossier(FIRST, SECOND, extended, varied)
    (together,) = dossier.shown
    assert together.extension is not None
    assert len(dossier.stating(entry.entry_id)) == 2
    assert dossier.stating(together.entry_id[::-1]) == []  # type: ignore[arg-type]


def test_a_record_that_names_another_document_leaves_the_entry() -> None:
    other = a_bid_bar(**OTHER, record_revision=5, document_number="测罚〔2026〕9号")
    standing = standing_on(a_dossier(FIRST, SECOND, other), None)
    assert len(standing.entries) == 2
    back = a_bid_bar(**OTHER, record_revision=6)
    assert standing_on(a_dossier(FIRST, SECOND, other, back), None).entries == (entry_after(FIRST),)


def test_a_decision_made_after_the_removal_lists_anew_under_the_same_entry() -> None:
    removal = a_removal(
        source="tender", record_id="ZB-2026-001", list_id=BID_LIST, decided_on=DECIDED_ON + DAY
    )
    late = a_bid_bar(**OTHER, decided_on=DECIDED_ON)
    new = a_bid_bar(**OTHER, record_revision=2, decided_on=DECIDED_ON + 2 * DAY)
    assert entry_after(FIRST, removal, late).is_removed
    again = entry_after(FIRST, removal, late, new)
    assert (again.stage, again.entry_id) == (Stage.ACTIVE, entry_after(FIRST).entry_id)


def test_a_notice_for_a_new_listing_is_seen_beside_what_was_removed() -> None:
    removal = a_removal(source="tender", record_id="ZB-2026-001", list_id=BID_LIST)
    notice = acts.a_notice(
        source="tender",
        record_id="ZB-2026-001",
        list_id=BID_LIST,
        record_revision=3,
        decided_on=DECIDED_ON,
        lapses_on=None,
    )
    assert entry_after(FIRST, SECOND, removal, notice).stage is Stage.NOTICED
    older = acts.a_notice(
        source="tender", record_id="ZB-2026-001", list_id=BID_LIST, record_revision=3
    )
    assert entry_after(FIRST, removal, older).is_removed, "older than the removal"
