"""Never: no record and no row counts or orders subjects, or reaches what no measure may touch.

Walks every schema of every version, every value that travels and every row of every edition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, get_args, get_type_hints

import msgspec
import pytest

from creditbus.domain.law.catalogue import Catalogue, MeasureDefinition, Row
from creditbus.domain.law.never import FORBIDDEN, forbidden_kind, grading, ranking
from creditbus.domain.law.review import problems
from creditbus.runtime.law.editions import read_edition
from creditbus.wire.records import TYPES
from creditbus.wire.schemas import load_schemas
from tests.examples import EDITIONS_FOLDER, SCHEMA_FOLDER, a_catalogue

SCHEMAS: Final = load_schemas(SCHEMA_FOLDER)
VERSIONS: Final = sorted(SCHEMAS.versions)
GRADED: Final = frozenset({"organisation_evaluated"})
"""Records that carry an authority's evaluation of an organisation; no other may."""

CLASSES: Final = frozenset({"tier", "level"})
"""Classes of information and of provisions, which are no classes of subjects."""


def editions() -> list[Catalogue]:
    """Return every edition that ships."""
    shelf = sorted(EDITIONS_FOLDER.glob("*.json"))
    return [a_catalogue(), *(read_edition(path).catalogue for path in shelf)]


def names_in(node: Any) -> Iterator[str]:
    """Yield every name that a schema gives: records, fields, enums and their symbols."""
    if isinstance(node, dict):
        if "name" in node:
            yield str(node["name"])
        yield from map(str, node.get("symbols", ()))
        for child in node.values():
            yield from names_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from names_in(child)


def names_of(kind: Any) -> Iterator[str]:
    """Yield every field of a value that travels, and of the values in it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field, hint in get_type_hints(kind).items():
            yield field
            yield from names_of(hint)
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        yield from (str(word) for word in kind)
    for each in get_args(kind):
        yield from names_of(each)


def _judging(names: set[str]) -> set[str]:
    return {name for name in names if name.lower() not in CLASSES}


@pytest.mark.parametrize(("record", "version"), VERSIONS)
def test_no_schema_counts_or_orders_subjects(record: str, version: int) -> None:
    schema = json.loads(SCHEMAS.versions[record, version].text)
    names = set(names_in(schema))
    assert names
    assert ranking(names) is None
    if record not in GRADED:
        assert grading(_judging(names)) is None


@pytest.mark.parametrize("record", TYPES)
def test_no_value_that_travels_counts_or_orders_subjects(record: str) -> None:
    names = set(names_of(TYPES[record]))
    assert names
    assert ranking(names) is None
    if record not in GRADED:
        assert grading(_judging(names)) is None


@pytest.mark.parametrize(("record", "version"), VERSIONS)
def test_no_record_is_about_a_forbidden_kind(record: str, version: int) -> None:
    schema = json.loads(SCHEMAS.versions[record, version].text)
    assert forbidden_kind({record, *names_in(schema)}) is None


def test_no_row_has_a_field_that_counts_or_orders_subjects() -> None:
    kinds: set[type[Row]] = {
        type(row) for rows in a_catalogue().parts.values() for row in rows.values()
    }
    fields = {name for kind in kinds for name in names_of(kind)}
    assert "years_max" in fields
    assert ranking(fields) is None


@pytest.mark.parametrize("catalogue", editions(), ids=lambda each: each.edition)
def test_no_edition_has_a_row_of_a_forbidden_kind(catalogue: Catalogue) -> None:
    assert problems(catalogue) == []
    words = {"SCORE": "", "name": ""}
    assert ranking(words) == "SCORE"
    for rows in catalogue.parts.values():
        for row in rows.values():
            assert ranking([row.id, row.name_zh, row.name_en]) is None
            if _may_burden(row):
                assert forbidden_kind([row.name_zh, row.name_en]) is None, row.id


def _may_burden(row: Row) -> bool:
    return isinstance(row, MeasureDefinition) and row.is_adverse and not row.excluded


@pytest.mark.parametrize("catalogue", editions(), ids=lambda each: each.edition)
def test_what_is_excluded_reaches_nobody(catalogue: Catalogue) -> None:
    excluded = [row for row in catalogue.measures.values() if row.excluded]
    assert excluded
    for row in excluded:
        assert (row.enabled, row.triggers, row.bodies) == (False, (), ())
        assert forbidden_kind([row.name_zh, row.name_en]) == "schooling"
        asked = [*(i.barred_by for i in catalogue.items.values())]
        assert not any(row.id in measures for measures in asked)


@pytest.mark.parametrize(
    "name",
    [
        *("score", "creditScore", "credit_score", "points", "rank", "ranking", "RATING"),
        *("信用积分", "评分", "个人信用分", "排名", "信用分数"),
    ],
)
def test_every_way_to_write_a_score_is_found(name: str) -> None:
    assert ranking([name]) is not None


@pytest.mark.parametrize(
    "name", ["appointment", "pointer", "frank", "scoreless", "信用分级", "统计分析", "operating"]
)
def test_a_word_that_only_looks_like_a_score_is_left_alone(name: str) -> None:
    assert ranking([name]) is None


@pytest.mark.parametrize("name", ["grade", "credit_grade", "taxLevel", "信用等级", "A级"])
def test_a_class_of_subjects_is_found(name: str) -> None:
    assert grading([name]) is not None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("取消政协委员候选人资格", "elections and political rights"),
        ("barred from voting", "elections and political rights"),
        ("不得就学", "schooling"),
        ("暂停供气", "basic public services"),
        ("social insurance benefits", "basic public services"),
        ("subject's spouse", "relatives"),
        ("亲属连带", "relatives"),
        ("No bidding", None),
        ("Voters' choice awards", None),
        ("education bureau", None),
    ],
)
def test_forbidden_kinds_are_found_by_their_words(text: str, kind: str | None) -> None:
    assert kind is None or kind in FORBIDDEN
    assert forbidden_kind([text]) == kind
