"""The shelf: files named by their own hash, and never believed when they were touched."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from creditbus.domain.law.editions import EditionUnknown
from creditbus.runtime.law.catalogue import CatalogueInvalid, load_draft
from creditbus.runtime.law.editions import EditionDamaged, Shelf, load_editions, put, read_edition
from tests.examples import CATALOGUE_FOLDER, EDITIONS_FOLDER, some_editions
from tests.unit.sdk.paper import no_room

SHIPPED = sorted(EDITIONS_FOLDER.glob("*.json"))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return a copy of the shipped shelf, to be broken."""
    return Path(shutil.copytree(EDITIONS_FOLDER, tmp_path / "editions"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped catalogue, to be changed."""
    return Path(shutil.copytree(CATALOGUE_FOLDER, tmp_path / "catalogue"))


def test_every_shipped_file_is_the_edition_that_its_name_says() -> None:
    assert SHIPPED
    for path in SHIPPED:
        assert read_edition(path).id == path.stem


def test_the_catalogue_follows_a_shipped_edition() -> None:
    assert some_editions().on(date(2026, 3, 31)).edition in {path.stem for path in SHIPPED}
    assert some_editions().on(date(2026, 4, 1)).edition == some_editions().latest.edition


def test_a_draft_that_is_put_on_the_shelf_is_found_and_not_written_twice(shelf: Path) -> None:
    draft, data = load_draft(CATALOGUE_FOLDER)
    path = put(draft, data, shelf)
    before = path.stat().st_mtime_ns
    assert put(draft, data, shelf) == path
    assert path.stat().st_mtime_ns == before
    assert Shelf([shelf]).find(draft.id) == draft
    assert Shelf([shelf]).find("f00d") is None


def test_an_edition_that_the_disk_has_no_room_for_is_put_there_once_it_has(
    tmp_path: Path,
) -> None:
    draft, data = load_draft(CATALOGUE_FOLDER)
    with no_room(), pytest.raises(OSError, match="File too large"):
        put(draft, data, tmp_path)
    assert read_edition(put(draft, data, tmp_path)) == draft


def test_a_file_that_was_touched_is_no_law(shelf: Path) -> None:
    path = shelf / SHIPPED[0].name
    path.write_text(path.read_text("utf-8").replace('"A05"', '"A06"', 1), encoding="utf-8")
    with pytest.raises(EditionDamaged, match="was changed after it was published"):
        Shelf([shelf]).find(path.stem)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rows": {}}', '{"rows": {"bases": 1}}'])
def test_a_file_that_is_no_edition_is_told(shelf: Path, text: str) -> None:
    path = shelf / "f00d.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EditionDamaged, match="is no edition"):
        Shelf([shelf]).find("f00d")


def test_a_draft_that_follows_what_is_not_there_is_not_decided_under(folder: Path) -> None:
    with pytest.raises(EditionUnknown, match=SHIPPED[0].stem):
        load_editions(folder, folder)


def test_without_its_place_a_draft_was_always_in_force(folder: Path) -> None:
    (folder / "edition.toml").unlink()
    editions = load_editions(folder, folder)
    assert editions.on(date(1999, 1, 1)) is editions.latest


@pytest.mark.parametrize("text", ['in_force_from = "soon"', "since = 2026-04-01", "follows = 7"])
def test_a_misstated_place_is_told(folder: Path, text: str) -> None:
    (folder / "edition.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueInvalid, match=r"edition\.toml"):
        load_draft(folder)
