"""The files of time: one form, an edition of their content, and every fault told at once."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from creditbus.domain.calendar import Holiday, Year
from creditbus.domain.terms.clauses import TermClause
from creditbus.domain.terms.reckonings import Clause
from creditbus.domain.terms.timers import Timer
from creditbus.runtime.law.calendars import CalendarInvalid, load_calendar, load_terms
from creditbus.runtime.law.catalogue import load_catalogue
from tests.examples import CATALOGUE_FOLDER

OPTIONAL = {"in_force_to", "tier"}
"""Fields whose absence is their meaning; TOML has no word for none."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped catalogue, to be broken."""
    return Path(shutil.copytree(CATALOGUE_FOLDER, tmp_path / "catalogue"))


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_years_state_the_same_fields_in_the_same_order() -> None:
    fields = [field for field in Year.__struct_fields__ if field != "year"]
    for path in (CATALOGUE_FOLDER / "calendar").iterdir():
        table = tomllib.loads(path.read_text("utf-8"))
        assert list(table) == fields
        assert {tuple(each) for each in table["holidays"]} == {Holiday.__struct_fields__}


@pytest.mark.parametrize(("name", "kind"), [("terms", TermClause), ("timers", Timer)])
def test_clauses_state_the_same_fields_in_the_same_order(name: str, kind: type[Clause]) -> None:
    fields = [field for field in kind.__struct_fields__ if field != "id"]
    tables = tomllib.loads((CATALOGUE_FOLDER / f"{name}.toml").read_text("utf-8"))
    assert tables
    for table in tables.values():
        assert list(table) == [each for each in fields if each in table or each not in OPTIONAL]


def test_the_edition_is_sixteen_digits_of_the_content(folder: Path) -> None:
    before = load_calendar(folder).edition
    assert len(before) == 16
    assert load_calendar(CATALOGUE_FOLDER).edition == before
    change(folder / "calendar" / "2026.toml", "make_up = [2026-09-20, 2026-10-10]", "make_up = []")
    assert load_calendar(folder).edition != before


def test_the_rest_of_the_catalogue_is_loaded_beside_it(folder: Path) -> None:
    assert load_catalogue(folder).edition == load_catalogue(CATALOGUE_FOLDER).edition


def test_every_fault_of_the_years_is_told_at_once(folder: Path) -> None:
    years = folder / "calendar"
    change(years / "2024.toml", "last = 2024-01-01", "last = 2023-12-01")
    change(years / "2025.toml", "announced_on", "announced")
    (years / "2026.toml").write_text("notices = [", encoding="utf-8")
    (years / "next.toml").write_text("", encoding="utf-8")
    (years / "2020.toml").unlink()
    with pytest.raises(CalendarInvalid) as raised:
        load_calendar(folder)
    told = "\n".join(raised.value.problems)
    for said in (
        "calendar/2024.toml: 元旦 ends before it begins",
        "calendar/2025.toml: Object contains unknown field `announced`",
        "calendar/2026.toml: no readable TOML",
        "calendar/next.toml: the file's name is the year",
        "a year between the first and the last is missing",
    ):
        assert said in told
        assert said in str(raised.value)


def test_calendar_without_a_year_is_none(folder: Path) -> None:
    shutil.rmtree(folder / "calendar")
    with pytest.raises(CalendarInvalid, match="there is no year"):
        load_calendar(folder)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("count = 5", "count = 0", "row CAP-DISCLOSURE"),
        ('unit = "year"', 'unit = "decade"', "row CAP-DISCLOSURE"),
        ("enabled = true\nnote = ", "enabled = false\nnote = ''#", "say why in its note"),
        ("[CAP-DISCLOSURE]", 'loose = "x"\n[CAP-DISCLOSURE]', "row loose: a row is a table"),
        ("[CAP-DISCLOSURE]", '[CAP-DISCLOSURE]\nid = "x"', "its name is the id"),
        ("act_end", "some day", "clock_start"),
    ],
)
def test_faulty_clause_is_told(folder: Path, before: str, after: str, said: str) -> None:
    change(folder / "terms.toml", before, after)
    with pytest.raises(CalendarInvalid, match=said):
        load_terms(folder)


def test_missing_file_is_told(folder: Path) -> None:
    (folder / "terms.toml").unlink()
    with pytest.raises(CalendarInvalid, match=r"terms\.toml: the file is missing"):
        load_terms(folder)
