"""Review tells each row that cannot stand in a sentence, and leaves a sound catalogue alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from creditbus.domain.ids import BodyId, ListId, MeasureId
from creditbus.domain.law.catalogue import (
    Catalogue,
    ForUnit,
    Level,
    Provision,
    Publication,
    Term,
    Tier,
    Trigger,
)
from creditbus.domain.law.review import problems
from tests.examples import a_catalogue


def with_row(part: str, row_id: str, **changes: Any) -> Catalogue:
    """Return the shipped catalogue with one row changed."""
    catalogue = a_catalogue()
    rows = getattr(catalogue, part)
    changed = msgspec.structs.replace(rows[row_id], **changes)
    return msgspec.structs.replace(catalogue, **{part: {**rows, row_id: changed}})


def trigger(list_id: str, *provisions: str) -> Trigger:
    return Trigger(list_id=ListId(list_id), provisions=provisions)


def test_the_shipped_catalogue_has_no_problems() -> None:
    assert problems(a_catalogue()) == []


@pytest.mark.parametrize(
    ("part", "row_id", "changes", "problem"),
    [
        ("lists", "BL-TAX-ZD", {"bases": ("STA-54-ART6", "NONE")}, "bases names NONE"),
        ("lists", "BL-TAX-ZD", {"exit_bases": ("NONE",)}, "exit_bases names NONE"),
        ("lists", "BL-TAX-ZD", {"keepers": ("nobody",)}, "keepers names nobody"),
        ("measures", "A03", {"bases": ("TBL-ART53", "NONE")}, "measure A03: bases names NONE"),
        ("measures", "A03", {"bodies": ("nobody",)}, "measure A03: bodies names nobody"),
        ("items", "bid-registration", {"barred_by": ("A99",)}, "barred_by names A99"),
        ("items", "bid-registration", {"eased_by": ("I99",)}, "eased_by names I99"),
        ("subscribers", "approval", {"bases": ("NONE",)}, "subscriber approval: bases names NONE"),
        ("measures", "A03", {"triggers": (trigger("NONE"),)}, "measure A03: no list NONE"),
        ("measures", "A03", {"triggers": (trigger("BL-BID-ZT", "99"),)}, "has no provision 99"),
        ("measures", "A03", {"bases": ()}, "measure A03 burdens without a law"),
        ("measures", "B01", {"bases": ("SC-2020-49",)}, "measure B01 burdens without a law"),
        ("measures", "A03", {"bases": ("STA-2025-12",)}, "measure A03 burdens without a law"),
        ("measures", "A20", {"note": " "}, "A20 is not enabled; say why in its note"),
        ("sources", "metro", {"enabled": False, "note": ""}, "metro is not enabled; say why"),
    ],
)
def test_a_broken_reference_or_a_burden_without_law_is_told(
    part: str, row_id: str, changes: dict[str, Any], problem: str
) -> None:
    (told,) = problems(with_row(part, row_id, **changes))
    assert problem in told


def test_a_source_states_only_what_there_is() -> None:
    found = problems(with_row("sources", "court", events=("E01", "E99")))
    assert "source court: there is no kind of event E99" in found


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"bases": ()}, "rests on no basis that is in use"),
        ({"keepers": ()}, "has no keeper"),
        ({"years_max": None}, "has no term"),
        ({"entered_by": ("E99",)}, "there is no kind of event E99"),
        ({"removed_by": ("E99",)}, "there is no kind of event E99"),
        ({"entered_by": ("E14",)}, "tax-east keeps it and may state none of E14"),
        ({"grounds": {"1": Provision(name_zh="甲", name_en="a")}}, "grounds names 1"),
        ({"tiers": {Tier.MINOR: Term(months_min=4, months_max=3)}}, "a term of 4 to 3 months"),
        ({"disclosure_cap_years": 6}, "disclosure_cap_years is 6; it lies between 1 and 5"),
        ({"grace_days": -1}, "grace_days is -1"),
        ({"years_max": 0}, "years_max is 0"),
        ({"provisions": {"1": -3}}, "provision 1 has -3 years"),
        ({"closing_days": 40, "retention_days": 30}, "forgotten before it is closed"),
        ({"name_zh": "信用积分名单"}, "'积分' counts or orders subjects"),
        ({"name_en": "Payment score"}, "'score' counts or orders subjects"),
        ({"name_en": "Grade D"}, "'Grade' is a class of natural persons"),
    ],
)
def test_a_list_that_cannot_stand_is_told(changes: dict[str, Any], problem: str) -> None:
    assert any(problem in told for told in problems(with_row("lists", "BL-TAX-ZD", **changes)))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"serious": True}, "a red list suspends nothing"),
        ({"persons": True}, "consent_required must be true"),
    ],
)
def test_a_red_list_honours_by_consent_and_suspends_nothing(
    changes: dict[str, Any], problem: str
) -> None:
    (told,) = problems(with_row("lists", "RD-SAMR-SZ", **changes))
    assert problem in told


@pytest.mark.parametrize(
    ("name_zh", "name_en", "kind"),
    [
        ("取消人大代表参选资格", "No candidacy", "elections"),
        ("取消资格", "No candidates of elections", "elections"),
        ("限制升学", "Limits", "schooling"),
        ("限制", "No private schools", "schooling"),
        ("停止供水", "Limits", "basic public services"),
        ("限制", "No medical care", "basic public services"),
        ("限制配偶任职", "Limits", "relatives"),
        ("限制", "Posts of the family", "relatives"),
    ],
)
@pytest.mark.parametrize("measure_id", ["A05", "B03"])
def test_a_measure_of_a_forbidden_kind_must_be_excluded(
    measure_id: str, name_zh: str, name_en: str, kind: str
) -> None:
    (told,) = problems(with_row("measures", measure_id, name_zh=name_zh, name_en=name_en))
    assert f"measure {measure_id} touches {kind}" in told
    assert "must be excluded" in told


@pytest.mark.parametrize(
    "changes",
    [{"enabled": True}, {"triggers": (trigger("RG-COURT-XX", "7"),)}, {"bodies": ("railway",)}],
)
def test_what_is_excluded_hangs_on_nothing(changes: dict[str, Any]) -> None:
    told = problems(with_row("measures", "A20", **changes))
    assert "measure A20 is excluded, so it is off, without triggers and bodies" in told


def test_what_is_shown_only_is_neither_pushed_nor_asked() -> None:
    told = "measure A15 is shown only, so nothing is pushed and nothing barred by it"
    assert problems(with_row("measures", "A15", bodies=("railway",))) == [told]
    assert problems(with_row("items", "bid-registration", barred_by=("A15",))) == [told]


@pytest.mark.parametrize("provisions", [(), ("7",), ("1", "7")])
def test_no_measure_may_hang_on_a_childs_schooling(provisions: tuple[str, ...]) -> None:
    broken = with_row("measures", "A13", triggers=(trigger("RG-COURT-XX", *provisions),))
    assert "measure A13 hangs on provision 7 of RG-COURT-XX: schooling" in problems(broken)


def test_nothing_bars_a_basic_service_and_no_school_reads_of_persons() -> None:
    item = with_row("items", "bid-registration", name_zh="居民供水开户")
    assert problems(item) == [
        "item bid-registration is of basic public services: nothing may bar it"
    ]
    reader = with_row("subscribers", "approval", name_en="Schools of the city")
    assert problems(reader) == ["subscriber approval may read nothing about natural persons"]


def test_each_party_has_an_id_of_its_own() -> None:
    catalogue = a_catalogue()
    railway = catalogue.bodies[BodyId("railway")]
    rows = {**catalogue.bodies, BodyId("court"): railway}
    assert problems(msgspec.structs.replace(catalogue, bodies=rows)) == [
        "body court: a source has the same id, and each needs an inbox of its own"
    ]
    readers = {**catalogue.subscribers, "railway": catalogue.subscribers["approval"]}
    assert problems(msgspec.structs.replace(catalogue, subscribers=readers)) == [
        "subscriber railway: a source or body has the same id; each has its own token"
    ]


@pytest.mark.parametrize("level", [Level.MEMORANDUM, Level.POLICY, Level.DEPARTMENT_RULE])
def test_a_weak_basis_alone_carries_no_burden(level: Level) -> None:
    (told,) = problems(with_row("bases", "TBL-ART60", level=level))
    assert told.startswith("measure A05 burdens without a law")


def test_a_basis_that_is_off_carries_no_burden() -> None:
    (told,) = problems(with_row("bases", "TBL-ART60", enabled=False, note="not read"))
    assert told.startswith("measure A05 burdens without a law")


def test_an_incentive_needs_no_law() -> None:
    incentive = a_catalogue().measures[MeasureId("I01")]
    assert not incentive.is_adverse
    assert problems(with_row("measures", "I01", bases=())) == []


@pytest.mark.parametrize(
    ("list_id", "changes", "problem"),
    [
        ("BL-BID-ZT", {"for_unit": ForUnit(listed=True, article="")}, "admits no person"),
        ("BL-DEF-GF", {"classes": ("11",)}, "admits no organisation"),
    ],
)
def test_a_field_that_could_decide_nothing_is_told(
    list_id: str, changes: dict[str, Any], problem: str
) -> None:
    off = a_catalogue().lists[ListId(list_id)]
    on = {} if off.enabled else {"enabled": True, "keepers": ("court",), "bases": ("CPL-ART266",)}
    found = problems(with_row("lists", list_id, **on, **changes))
    assert any(problem in told for told in found)
    assert not any(problem in told for told in problems(with_row("lists", list_id, **on)))


@pytest.mark.parametrize(
    ("part", "row_id", "changes", "problem"),
    [
        ("lists", "AT-CITY-GZ", {"publication": Publication.COURT}, "never published"),
        ("measures", "A03", {"triggers": (trigger("AT-CITY-GZ"),)}, "follows from attention"),
    ],
)
def test_attention_stays_inside_and_reduces_no_right(
    part: str, row_id: str, changes: dict[str, Any], problem: str
) -> None:
    (told,) = problems(with_row(part, row_id, **changes))
    assert problem in told
