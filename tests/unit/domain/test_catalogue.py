"""The catalogue that ships is whole, says what the law says, and a broken reference is told."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.catalogue import Catalogue, Level, MeasureClass, Polarity, Publication, Row
from creditbus.domain.ids import BodyId, MeasureId
from creditbus.domain.subjects import SubjectKind
from tests.examples import BID_LIST, CONSUMPTION, COURT_LIST, GRADE_A, TAX_LIST, a_catalogue

PARTS: Final = ("bases", "lists", "measures", "items", "sources", "bodies", "subscribers")


def with_row(part: str, row_id: str, **changes: Any) -> Catalogue:
    """Return the shipped catalogue with one row changed."""
    catalogue = a_catalogue()
    rows = getattr(catalogue, part)
    changed = msgspec.structs.replace(rows[row_id], **changes)
    return msgspec.structs.replace(catalogue, **{part: {**rows, row_id: changed}})


def all_rows() -> list[Row]:
    return list(chain.from_iterable(getattr(a_catalogue(), part).values() for part in PARTS))


def test_the_shipped_catalogue_has_no_problems() -> None:
    assert a_catalogue().problems() == []


def test_sixty_two_units_report_and_the_keepers_are_among_them() -> None:
    assert len(a_catalogue().sources) == 62
    assert {"court", "tax", "tender"} <= set(a_catalogue().sources)


def test_every_row_is_named_in_two_languages() -> None:
    unnamed = [row.id for row in all_rows() if not (row.name_zh.strip() and row.name_en.strip())]
    assert unnamed == []


def test_disabled_rows_say_why() -> None:
    assert [row.id for row in all_rows() if not row.enabled] == ["A01"]
    assert a_catalogue().measures[MeasureId("A01")].note


def test_an_unverified_term_is_marked() -> None:
    assert "unverified" in a_catalogue().lists[TAX_LIST].note


def test_every_list_can_be_listed_on_and_tells_the_way_out() -> None:
    for definition in a_catalogue().lists.values():
        assert definition.keepers
        assert definition.bases
        assert definition.remedy_zh
        assert definition.remedy_en
        assert definition.provisions or definition.years_max


def test_red_lists_need_no_notice_and_are_never_serious() -> None:
    reds = [row for row in a_catalogue().lists.values() if row.polarity is Polarity.RED]
    assert [row.id for row in reds] == [GRADE_A]
    assert not any(row.serious or row.notice_required for row in reds)


def test_the_bus_publishes_the_court_list_alone() -> None:
    published = [
        row.id for row in a_catalogue().lists.values() if row.publication is not Publication.NONE
    ]
    assert published == [COURT_LIST]


def test_no_measure_hangs_on_a_childs_schooling() -> None:
    assert "7" in a_catalogue().lists[CONSUMPTION].provisions
    for measure in a_catalogue().measures.values():
        for trigger in measure.triggers:
            if trigger.list_id == CONSUMPTION:
                assert trigger.provisions
                assert "7" not in trigger.provisions


@pytest.mark.parametrize(
    ("measure_id", "list_id", "provision", "bodies"),
    [
        ("A03", BID_LIST, "53", ("tender-platform",)),
        ("A04", BID_LIST, "54", ("tender-platform",)),
        ("A05", BID_LIST, "60", ("tender-platform",)),
        ("A13", CONSUMPTION, "1", ("airline", "railway")),
        ("A14", CONSUMPTION, "9", ("railway",)),
    ],
)
def test_each_measure_hangs_on_its_provision(
    measure_id: str, list_id: str, provision: str, bodies: tuple[str, ...]
) -> None:
    measure = a_catalogue().measures[MeasureId(measure_id)]
    (trigger,) = measure.triggers
    assert (trigger.list_id, trigger.provisions) == (list_id, (provision,))
    assert measure.bodies == bodies


def test_a_measure_that_reduces_a_persons_rights_is_advice_to_a_human() -> None:
    for measure in a_catalogue().measures.values():
        if measure.measure_class is MeasureClass.A:
            assert measure.needs_human(SubjectKind.NATURAL_PERSON)
            assert measure.needs_human(SubjectKind.INDIVIDUAL_BUSINESS)
            assert not measure.needs_human(SubjectKind.LEGAL_PERSON)


def test_every_item_can_be_asked_about_by_a_subscriber() -> None:
    purposes = {purpose for row in a_catalogue().subscribers.values() for purpose in row.purposes}
    for item in a_catalogue().items.values():
        assert set(item.purposes) & purposes, item.id
    assert [row.id for row in a_catalogue().subscribers.values() if row.exposures] == [
        "court-platform"
    ]


@pytest.mark.parametrize(
    ("part", "row_id", "changes", "problem"),
    [
        ("lists", "BL-TAX-ZD", {"bases": ("NONE",)}, "list BL-TAX-ZD: bases names NONE"),
        ("lists", "BL-TAX-ZD", {"keepers": ("nobody",)}, "keepers names nobody"),
        ("measures", "A03", {"bases": ("TBL-ART53", "NONE")}, "measure A03: bases names NONE"),
        ("measures", "A03", {"bodies": ("nobody",)}, "measure A03: bodies names nobody"),
        ("items", "bid-registration", {"barred_by": ("A99",)}, "barred_by names A99"),
        ("items", "bid-registration", {"eased_by": ("I99",)}, "eased_by names I99"),
        ("measures", "A03", {"triggers": [("NONE", ())]}, "measure A03: no list NONE"),
        ("measures", "A03", {"triggers": [("BL-BID-ZT", ("99",))]}, "has no provision 99"),
        ("measures", "A03", {"bases": ()}, "measure A03 reduces rights without a law"),
        ("measures", "A03", {"bases": ("STA-2025-12",)}, "A03 reduces rights without a law"),
        ("sources", "court", {"enabled": False}, "court is not enabled; say why"),
        ("bases", "TBL-ART53", {"enabled": False, "note": " "}, "TBL-ART53 is not enabled"),
    ],
)
def test_a_broken_row_is_told(
    part: str, row_id: str, changes: dict[str, Any], problem: str
) -> None:
    if "triggers" in changes:
        (trigger,) = a_catalogue().measures[MeasureId(row_id)].triggers
        changes = {
            "triggers": tuple(
                msgspec.structs.replace(trigger, list_id=list_id, provisions=provisions)
                for list_id, provisions in changes["triggers"]
            )
        }
    (told,) = with_row(part, row_id, **changes).problems()
    assert problem in told


def test_a_body_and_a_source_may_not_share_an_inbox() -> None:
    catalogue = a_catalogue()
    railway = catalogue.bodies[BodyId("railway")]
    rows = {**catalogue.bodies, BodyId("court"): railway}
    shared = msgspec.structs.replace(catalogue, bodies=rows)
    assert shared.problems() == [
        "body court: a source has the same id, and each needs an inbox of its own"
    ]


@pytest.mark.parametrize("level", [Level.MEMORANDUM, Level.POLICY, Level.DEPARTMENT_RULE])
def test_a_weak_basis_alone_carries_no_measure_that_reduces_rights(level: Level) -> None:
    weak = with_row("bases", "TBL-ART60", level=level)
    assert weak.problems() == [
        "measure A05 reduces rights without a law, regulation or interpretation"
    ]
