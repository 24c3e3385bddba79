"""A source that joins: its row in the catalogue's folder, whole and sound, or nothing at all."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from creditbus.domain.ids import ListId, SourceId
from creditbus.domain.law.catalogue import SourceKind
from creditbus.runtime.law.catalogue import CatalogueInvalid, load_catalogue
from creditbus.stack.newcomers import Newcomer, enter, like, promote

SHIPPED = Path("deploy/catalogue")
WATER = Newcomer(
    id="water",
    name_zh="市“水务”局",
    name_en='The "water" bureau',
    kind=SourceKind.AUTHORITY,
    events=("E07", "E27", "E29"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED, tmp_path / "catalogue")


def content(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in folder.rglob("*.toml")}


def test_a_newcomer_is_a_row_beside_the_others_and_a_keeper_of_its_lists(folder: Path) -> None:
    before = load_catalogue(folder)

    edition, _ = enter(folder, msgspec.structs.replace(WATER, keeps=("AT-CITY-GZ",)))

    after = load_catalogue(folder)
    assert edition.catalogue == after
    row = after.sources[SourceId("water")]
    assert (row.name_zh, row.name_en, row.events) == (WATER.name_zh, WATER.name_en, WATER.events)
    assert {each: after.sources[each] for each in before.sources} == before.sources
    kept = after.lists[ListId("AT-CITY-GZ")].keepers
    assert kept == (*before.lists[ListId("AT-CITY-GZ")].keepers, "water")
    changed = {name for name, row in after.lists.items() if row != before.lists[name]}
    assert changed == {"AT-CITY-GZ"}


def test_a_newcomer_like_another_takes_what_is_not_said_of_it(folder: Path) -> None:
    tax = load_catalogue(folder).sources[SourceId("tax-east")]

    found = like(tax, msgspec.structs.replace(WATER, events=()))

    assert (found.events, found.superior) == (tax.events, tax.superior)
    assert found.id == "water"
    enter(folder, found)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"id": "Water_1"}, "small letters"),
        ({"events": ("E99",)}, "E99"),
        ({"keeps": ("NO-LIST",)}, "NO-LIST"),
        ({"superior": "nobody"}, "nobody"),
    ],
)
def test_a_row_that_cannot_stand_changes_nothing_and_says_why(
    folder: Path, wrong: dict[str, object], told: str
) -> None:
    before = content(folder)

    with pytest.raises(CatalogueInvalid, match=told) as invalid:
        enter(folder, msgspec.structs.replace(WATER, **wrong))

    assert str(folder) in str(invalid.value)
    assert content(folder) == before


def test_a_source_leaves_the_sandbox_once_at_an_instant_and_with_a_reason(folder: Path) -> None:
    at = datetime(2026, 11, 30, 21, 45, 0, 123_000, tzinfo=UTC)
    enter(folder, msgspec.structs.replace(WATER, sandbox=True))
    before = load_catalogue(folder)
    assert before.sources[SourceId("water")].is_trying(at)

    edition, _ = promote(folder, "water", at, 'ready: "all" 12 tries went well')

    sources = dict(edition.catalogue.sources)
    row = sources.pop(SourceId("water"))
    assert (row.sandbox, row.sandbox_until) == (False, at)
    assert row.note == 'ready: "all" 12 tries went well'
    assert row.is_trying(at - timedelta(milliseconds=1))
    assert not row.is_trying(at)
    assert sources == {each: row for each, row in before.sources.items() if each != "water"}
    kept = content(folder)
    for source in ("water", "court"):
        with pytest.raises(CatalogueInvalid, match="sandbox = true"):
            promote(folder, source, at, "again, or never")
    assert content(folder) == kept
