"""``creditbus catalogue`` tells a lawyer in words, a machine in JSON, both by its exit code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner, Result

from creditbus.cli.main import app
from creditbus.runtime.law.catalogue import load_draft
from tests.examples import CATALOGUE_FOLDER, EDITIONS_FOLDER, a_catalogue

BEFORE: Final = load_draft(CATALOGUE_FOLDER)[0].follows
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped catalogue, to be changed."""
    return Path(shutil.copytree(CATALOGUE_FOLDER, tmp_path / "catalogue"))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return a copy of the shipped editions, to be added to."""
    return Path(shutil.copytree(EDITIONS_FOLDER, tmp_path / "editions"))


@pytest.fixture
def run(folder: Path, shelf: Path, tmp_path: Path) -> Run:
    """Return how the command is run over the copies."""
    settings = {
        "CREDITBUS_CATALOGUE": str(folder),
        "CREDITBUS_EDITIONS": str(shelf),
        "CREDITBUS_HOME": str(tmp_path / "home"),
    }

    def command(*arguments: object) -> Result:
        words = ["catalogue", *map(str, arguments)]
        return CliRunner().invoke(app, words, env=settings)

    return command


def change(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def heard(result: Result) -> Any:
    return json.loads(result.stdout)


def test_check_counts_what_is_sound(run: Run) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert a_catalogue().edition in result.output
    assert f"{len(a_catalogue().lists)} lists" in result.output
    told = heard(run("check", "--json"))
    assert (told["edition"], told["problems"]) == (a_catalogue().edition, [])


def test_check_says_what_a_changed_field_decides(run: Run, folder: Path) -> None:
    before = run("check").output
    change(folder, "lists/BL-EM-AQ.toml", "early_removal_months = 12", "early_removal_months = 6")
    said = (
        "list, months before early removal: differs in BL-EM-AQ; it decides from when its subject"
        " may ask to be taken off early"
    )
    assert said not in before
    assert said in run("check").output
    assert "early_removal_months" in [
        each["field"] for each in heard(run("check", "--json"))["changes"]
    ]


def test_explain_tells_a_reader_by_its_number_and_by_its_id(run: Run) -> None:
    by_number, by_id = run("explain", "S05"), run("explain", "trade-centre")
    assert by_number.exit_code == 0
    assert by_number.output == by_id.output
    assert "no, organisations alone" in by_number.output
    assert "bid-registration" in by_number.output
    assert heard(run("explain", "court-platform", "--json"))["asks"] == ["the feed of exposures"]


def test_check_tells_every_fault_and_fails(run: Run, folder: Path) -> None:
    change(folder, "measures/A05.toml", '"TBL-ART60"', '"SC-2020-49"')
    change(folder, "measures/B03.toml", "财政性资金", "子女入学")
    result = run("check")
    assert result.exit_code == 1
    assert "A05 burdens without a law" in result.output
    assert "B03 touches schooling" in result.output
    told = run("check", "--json")
    assert told.exit_code == 1
    assert heard(told)["edition"] is None
    assert len(heard(told)["problems"]) == 2


def test_check_tells_what_the_draft_follows_in_vain(run: Run, folder: Path) -> None:
    change(folder, "edition.toml", BEFORE, "f00d")
    result = run("check")
    assert result.exit_code == 1
    assert "edition.toml, field follows" in result.output
    assert "f00d.json" in result.output


def test_check_wants_a_day_that_is_not_before_the_one_followed(run: Run, folder: Path) -> None:
    change(folder, "edition.toml", "2026-04-01", "2020-04-01")
    result = run("check")
    assert result.exit_code == 1
    assert "give that day or a later one" in result.output


def test_diff_tells_the_first_of_april_in_words(run: Run) -> None:
    result = run("diff")
    assert result.exit_code == 1
    for sentence in (
        "basis GACC-282 海关信用管理（五级） (Customs credit management, five levels): added",
        "basis NDRC-58",
        "  last day in force\n    + 2026-03-31",
        "    - general: 3 to 36 months\n    + serious: 12 to 36 months",
        "    + NDRC-36 信用修复管理办法（国家发展改革委令第36号） 全文",
    ):
        assert sentence in result.output


def test_diff_of_the_same_is_silent_and_succeeds(run: Run, folder: Path) -> None:
    result = run("diff", folder, folder)
    assert result.exit_code == 0
    assert "0 rows differ" in result.output


def test_diff_takes_hashes_files_and_folders(run: Run, folder: Path, shelf: Path) -> None:
    change(folder, "lists/BL-BID-ZT.toml", "persons = false", "persons = true")
    file = shelf / f"{BEFORE}.json"
    for before in (BEFORE, file):
        told = heard(run("diff", before, folder, "--json"))
        assert told["before"] == BEFORE
        (bid,) = [each for each in told["differences"] if each["id"] == "BL-BID-ZT"]
        assert bid["kind"] == "changed"
        (field,) = bid["fields"]
        assert (field["name"], field["before"], field["after"]) == (
            "natural persons",
            ["no"],
            ["yes"],
        )


def test_diff_tells_which_editions_there_are(run: Run) -> None:
    result = run("diff", "f00d", BEFORE)
    assert result.exit_code == 2
    assert BEFORE in result.output


@pytest.mark.parametrize(
    ("measure", "sentences"),
    [
        ("A13", ["in use", "RG-COURT-XX", "法释〔2015〕17号", "airline", "PIPL, article 24"]),
        ("a20", ["excluded", "schooling", "none in this edition"]),
        ("B03", ["always: what the bus says is advice", "fund-application", "relatives"]),
        ("A24", ["off. Rests on policy documents"]),
    ],
)
def test_explain_answers_what_a_subject_would_ask(
    run: Run, measure: str, sentences: list[str]
) -> None:
    result = run("explain", measure)
    assert result.exit_code == 0
    assert [each for each in sentences if each not in result.output] == []
    assert heard(run("explain", measure, "--json"))["id"] == measure.upper()


def test_explain_of_an_unknown_measure_lists_those_there_are(run: Run) -> None:
    result = run("explain", "A99")
    assert result.exit_code == 2
    assert "A13" in result.output


def test_publish_freezes_the_draft_under_its_hash_once(run: Run, shelf: Path) -> None:
    first, again = run("publish", "--only-file"), run("publish", "--only-file")
    assert first.exit_code == again.exit_code == 0
    assert first.output == again.output
    assert f'follows = "{a_catalogue().edition}"' in first.output
    published = shelf / f"{a_catalogue().edition}.json"
    assert published.read_bytes() == load_draft(CATALOGUE_FOLDER)[1]
    assert heard(run("diff", a_catalogue().edition, "--json"))["differences"] == []


def test_what_is_published_can_be_followed(run: Run, folder: Path) -> None:
    assert run("publish", "--only-file").exit_code == 0
    change(folder, "edition.toml", BEFORE, a_catalogue().edition)
    change(folder, "edition.toml", "2026-04-01", "2027-01-01")
    change(folder, "lists/BL-BID-ZT.toml", '"60" = 5', '"60" = 4')
    result = run("diff")
    assert "1 rows differ" in result.output
    assert "- 60: 5\n    + 60: 4" in result.output


def test_publish_without_a_bus_says_how_to_start_one(run: Run) -> None:
    result = run("publish")
    assert result.exit_code == 1
    assert "creditbus up" in result.output


def test_a_broken_catalogue_is_not_published(run: Run, folder: Path, shelf: Path) -> None:
    change(folder, "measures/A05.toml", '"TBL-ART60"', '"SC-2020-49"')
    result = run("publish", "--only-file")
    assert result.exit_code == 1
    assert "A05 burdens without a law" in result.output
    assert [path.stem for path in shelf.iterdir()] == [BEFORE]
