"""The catalogue's files: one form, one edition whatever their order, every fault told at once."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from creditbus.runtime.law.catalogue import FILES, FOLDERS, CatalogueInvalid, load_catalogue
from tests.examples import CATALOGUE_FOLDER, a_catalogue

OPTIONAL = {
    *{"years_max", "in_force_to", "early_removal_months", "exit_bases", "grounds", "tiers"},
    *{
        "grace_days",
        "performance_timer",
        "extension_years",
        "disclosure_cap_years",
        "consent_required",
    },
    *{"record_only", "excluded", "spares_zh", "spares_en", "closing_days", "retention_days"},
    *{"topic", "concurrency", "time_limit_s", "attempts"},
    *{"superior", "reconsidered_by", "registers", "credit_office", "lists", "classes", "for_unit"},
    *{"sandbox", "sandbox_until"},
}
"""Fields whose absence is their meaning: TOML has no word for none, and most rows have few."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped catalogue, to be broken."""
    return Path(shutil.copytree(CATALOGUE_FOLDER, tmp_path / "catalogue"))


def problems_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(CatalogueInvalid) as raised:
        load_catalogue(folder)
    assert all(problem in str(raised.value) for problem in raised.value.problems)
    return raised.value.problems


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.mark.parametrize("name", [*FOLDERS, *FILES])
def test_rows_state_the_same_fields_in_the_same_order(name: str) -> None:
    kind = (FOLDERS | FILES)[name]
    fields = [field for field in kind.__struct_fields__ if field != "id"]
    if name in FOLDERS:
        texts = [path.read_text("utf-8") for path in (CATALOGUE_FOLDER / name).glob("*.toml")]
        tables = [tomllib.loads(text) for text in texts]
    else:
        text = (CATALOGUE_FOLDER / f"{name}.toml").read_text("utf-8")
        tables = list(tomllib.loads(text).values())
    assert tables
    for table in tables:
        expected = [field for field in fields if field in table or field not in OPTIONAL]
        assert list(table) == expected


@pytest.mark.parametrize("name", list(FOLDERS))
def test_the_name_of_a_file_is_the_id(name: str) -> None:
    rows = getattr(a_catalogue(), name)
    assert {path.stem for path in (CATALOGUE_FOLDER / name).iterdir()} == set(rows)
    assert all(row.id == row_id for row_id, row in rows.items())


def test_the_edition_is_sixteen_digits_of_the_content(folder: Path) -> None:
    edition = load_catalogue(folder).edition
    assert edition == a_catalogue().edition
    assert len(edition) == 16
    assert int(edition, 16) >= 0


def test_the_order_of_rows_and_fields_is_no_content(folder: Path) -> None:
    sources = folder / "sources.toml"
    blocks = sources.read_text("utf-8").split("\n[")
    turned = "\n[".join([blocks[0], *reversed(blocks[1:])])
    sources.write_text(turned, encoding="utf-8")
    body = folder / "lists" / "BL-BID-ZT.toml"
    head, mark, tables = body.read_text("utf-8").partition("\n[grounds.")
    turned = "\n".join(reversed(head.splitlines())) + mark + tables
    body.write_text(turned, encoding="utf-8")
    assert load_catalogue(folder).edition == a_catalogue().edition


def test_any_changed_word_is_another_edition(folder: Path) -> None:
    change(folder / "sources.toml", "市税务局", "市税务局分局")
    assert load_catalogue(folder).edition != a_catalogue().edition


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("lists/BL-TAX-ZD.toml", 'polarity = "black"', 'polarity = "grey"', "field polarity"),
        ("lists/BL-TAX-ZD.toml", "serious = true", "serios = true", "unknown field `serios`"),
        ("lists/BL-TAX-ZD.toml", "years_max = 3", 'years_max = "3"', "field years_max"),
        ("lists/BL-TAX-ZD.toml", 'name_zh = "', 'id = "BL-TAX"\nname_zh = "', "field id"),
        ("lists/BL-TAX-ZD.toml", 'name_en = "Serious tax offenders"', "", "field `name_en`"),
        ("lists/BL-TAX-ZD.toml", "years_max = 3", "years_max 3", "no readable TOML"),
        ("lists/BL-TAX-ZD.toml", 'clock_start = "decision"', "", "field clock_start"),
        ("bases.toml", "2017-05-01", '"yesterday"', "row SPC-2017-7-ART1, field in_force_from"),
        ("bodies.toml", "[railway]", "[Rail_Way]", "row Rail_Way"),
        ("sources.toml", "[court]", 'stray = "x"\n\n[court]', "stray stands outside any row"),
    ],
)
def test_a_fault_names_the_file_and_what_is_wrong(
    folder: Path, file: str, before: str, after: str, told: str
) -> None:
    change(folder / file, before, after)
    (problem, *_) = problems_of(folder)
    assert Path(file).name in problem
    assert told in problem


def test_what_is_no_file_of_rows_is_told_and_a_mark_in_front_is_passed_over(folder: Path) -> None:
    list_file = folder / "lists" / "BL-TAX-ZD.toml"
    list_file.write_bytes(b"\xef\xbb\xbf" + list_file.read_bytes())
    assert load_catalogue(folder).edition == a_catalogue().edition
    list_file.write_text("x = " + "[" * 20_000 + "]" * 20_000)
    (folder / "lists" / "A-DIR.toml").mkdir()
    told = "\n".join(problems_of(folder))
    for part in ("A-DIR.toml: it cannot be read: Is a directory", "nested too deep"):
        assert part in told


def test_every_fault_is_told_at_once(folder: Path) -> None:
    change(folder / "lists" / "BL-TAX-ZD.toml", "serious = true", "serios = true")
    change(folder / "bases.toml", "2017-05-01", '"yesterday"')
    (folder / "items.toml").unlink()
    (folder / "mesures").mkdir()
    told = "\n".join(problems_of(folder))
    for part in ("serios", "in_force_from", "items.toml: the file is missing", "mesures"):
        assert part in told


def test_a_broken_reference_is_not_loaded(folder: Path) -> None:
    change(folder / "measures" / "A05.toml", '"TBL-ART60"', '"TBL-ART61"')
    assert any("TBL-ART61" in problem for problem in problems_of(folder))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "nowhere")
    assert "no such folder" in problem
    assert "CREDITBUS_CATALOGUE" in problem
