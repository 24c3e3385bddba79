"""Differences in the words of who reads law: each row that is not alike, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.ids import BasisId
from creditbus.domain.law.catalogue import Catalogue, Grant, Role
from creditbus.domain.law.differences import RowChange, consequences, differences
from tests.examples import a_catalogue, some_editions

BIDDERS: Final = "BL-BID-ZT 取消投标资格名单 (Bidders barred from projects that must be tendered)"


def with_row(part: str, row_id: str, **changes: Any) -> Catalogue:
    catalogue = a_catalogue()
    rows = getattr(catalogue, part)
    changed = msgspec.structs.replace(rows[row_id], **changes)
    return msgspec.structs.replace(catalogue, **{part: {**rows, row_id: changed}})


def test_alike_catalogues_do_not_differ() -> None:
    assert differences(a_catalogue(), a_catalogue()) == []


@pytest.mark.parametrize(
    ("part", "row_id", "changes", "name", "before", "after"),
    [
        ("lists", "BL-TAX-ZD", {"years_max": 2}, "longest term in years", ["3"], ["2"]),
        ("lists", "BL-TAX-ZD", {"years_max": None}, "longest term in years", ["3"], []),
        ("lists", "BL-TAX-ZD", {"enabled": False}, "in use", ["yes"], ["no"]),
        (
            "powers",
            "permit_decided",
            {"who": (Role.COURT,)},
            "who may state it",
            ["authority"],
            ["court"],
        ),
        (
            "powers",
            "basis_revoked",
            {"lists": {"BL-TAX-ZD": Grant(who=(Role.DECIDER, Role.COURT), article="某法 第一条")}},
            "who may state it about one list",
            [],
            ["BL-TAX-ZD: decider, court, 某法 第一条"],
        ),
        (
            "lists",
            "BL-COURT-SX",
            {"removed_by": ("E10", "E16", "E31")},
            "removed by",
            ["E45 (term expired)"],
            [],
        ),
        (
            "measures",
            "A05",
            {"bases": ("TBL-ART60", "TBR-ART78")},
            "basis",
            [],
            ["TBR-ART78 中华人民共和国招标投标法实施条例 第七十八条"],
        ),
        (
            "measures",
            "A05",
            {"bodies": ("railway",)},
            "pushed to",
            ["tender-platform 市公共资源交易中心 (City centre for public resource trading)"],
            ["railway 铁路 (Railway)"],
        ),
        (
            "measures",
            "A05",
            {"triggers": ()},
            "follows from",
            [f"{BIDDERS}, under 60"],
            [],
        ),
    ],
)
def test_a_change_is_told_with_names_and_articles(
    part: str,
    row_id: str,
    changes: dict[str, Any],
    name: str,
    before: list[str],
    after: list[str],
) -> None:
    (found,) = differences(a_catalogue(), with_row(part, row_id, **changes))
    assert (found.id, found.kind) == (row_id, RowChange.CHANGED)
    (field,) = found.fields
    assert (field.name, list(field.before), list(field.after)) == (name, before, after)


def test_what_comes_and_goes_is_told_whole() -> None:
    catalogue = a_catalogue()
    bases = {key: row for key, row in catalogue.bases.items() if key != BasisId("PIPL-ART13")}
    smaller = msgspec.structs.replace(catalogue, bases=bases)
    (gone,), (come,) = differences(catalogue, smaller), differences(smaller, catalogue)
    assert (gone.kind, come.kind) == (RowChange.REMOVED, RowChange.ADDED)
    assert gone.id == come.id == "PIPL-ART13"
    said = {field.field: field.after for field in come.fields}
    assert said["article"] == ("第十三条",)
    assert said == {field.field: field.before for field in gone.fields}


def test_a_name_that_others_mention_is_one_change() -> None:
    renamed = with_row("lists", "BL-BID-ZT", name_en="Barred bidders")
    assert [each.id for each in differences(a_catalogue(), renamed)] == ["BL-BID-ZT"]


def test_the_two_shipped_editions_rest_on_other_rules_of_repair_and_customs() -> None:
    found = differences(some_editions().on(date(2026, 3, 31)), a_catalogue())
    assert {each.id for each in found if each.part == "basis"} >= {
        "NDRC-36",
        "NDRC-58",
        "GACC-251",
        "GACC-282",
    }


def test_a_changed_field_says_what_it_decides_and_in_which_rows() -> None:
    changed = with_row("lists", "BL-TAX-ZD", years_max=2, grace_days=30)
    (years, days) = consequences(differences(a_catalogue(), changed))
    assert (days.field, days.rows, days.decides) == (
        "grace_days",
        ("BL-TAX-ZD",),
        "until when a decision may take effect at the latest",
    )
    assert (years.part, years.name) == ("list", "longest term in years")


def test_a_row_that_comes_or_goes_is_no_changed_field() -> None:
    catalogue = a_catalogue()
    smaller = msgspec.structs.replace(catalogue, items={})
    assert consequences(differences(catalogue, smaller)) == []
    assert consequences(differences(smaller, catalogue)) == []
