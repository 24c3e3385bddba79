"""The likeliest mistakes at connecting a source are a sentence each, and change nothing."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import openpyxl
import pytest
from typer.testing import CliRunner, Result

from creditbus.cli.main import app
from creditbus.runtime.http.credentials import CallerRole, file_of, issue
from creditbus.stack.bus import token_name
from creditbus.stack.folder import Folder, FolderLock, StackFile
from creditbus.stack.ports import Ports
from creditbus.wire.signatures import StatementSigner, new_statement_key
from creditbus.wire.statements import (
    ControlTotals,
    DayStatement,
    MissingRecords,
    StatedRecord,
    StatementSums,
    digest_of,
)

TOKEN, ROW = issue("court", CallerRole.SOURCE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a bus that was started once, with a catalogue of its own."""
    monkeypatch.setenv(
        "CREDITBUS_CATALOGUE", str(shutil.copytree("deploy/catalogue", tmp_path / "catalogue"))
    )
    folder = Folder(tmp_path / "bus")
    folder.make()
    (folder.path / "tokens.json").write_bytes(file_of([ROW]))
    StackFile(
        ports=Ports(),
        bootstrap="127.0.0.1:1",
        registry_url="",
        redis_url="",
        credentials={},
        secrets={token_name("court"): TOKEN},
    ).save(folder.stack_file)
    return folder.path


def press(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["sources", *words, "--home", str(home)])


def add(home: Path, source: str, *words: str) -> Result:
    return press(home, "add", source, "--names", "市水利局", "Water", "--states", "tax", *words)


def test_without_a_bus_nothing_is_added_and_it_says_how_to_start_one(
    home: Path, tmp_path: Path
) -> None:
    told = add(home, "water")
    assert (told.exit_code, "no bus runs in" in told.output) == (1, True), told.output
    assert "creditbus up" in told.output

    told = add(tmp_path / "nowhere", "water")
    assert (told.exit_code, "no bus was started in" in told.output) == (1, True), told.output


def test_a_source_that_is_there_or_cannot_stand_is_not_added(home: Path, tmp_path: Path) -> None:
    rows = tmp_path / "catalogue" / "sources.toml"
    before = rows.read_bytes()
    lock = FolderLock(Folder(home))
    lock.acquire()
    try:
        for source, words, said in (
            ("court", (), "there is a source court already"),
            ("railway", (), "railway is an executing body"),
            ("Water", (), "use small letters"),
            ("water", ("--keeps", "NO-LIST"), "lists/NO-LIST.toml"),
            ("water", ("--into", str(rows)), "is there already"),
            ("water", ("--states", "E98"), "E98"),
        ):
            told = add(home, source, *words)
            assert (told.exit_code, said in told.output) == (2, True), told.output
    finally:
        lock.release()
    assert rows.read_bytes() == before


def test_an_unknown_source_is_told_who_there_is(home: Path) -> None:
    for word in ("token", "tokens", "revoke", "test"):
        told = press(home, word, "taxes")
        assert (told.exit_code, "there is no source taxes" in told.output) == (2, True)
        assert "tax-east" in told.output


def test_a_day_that_is_over_ends_no_token(home: Path) -> None:
    told = press(home, "token", "court", "--old-until", "2020-01-01")
    assert (told.exit_code, "2020-01-01 is over" in told.output) == (2, True)
    assert "no tokens" not in press(home, "tokens", "court").output


def test_a_token_may_be_kept_to_asking_and_the_list_says_so(home: Path, tmp_path: Path) -> None:
    into = tmp_path / "asking.token"
    told = press(home, "token", "court", "--only", "ask", "--into", str(into))
    assert (told.exit_code, "to ask alone" in told.output) == (0, True), told.output
    rows = json.loads(press(home, "tokens", "court", "--json").output)
    assert [row["only"] for row in rows] == [None, "ask"]
    assert "ask" in press(home, "tokens", "court").output
    told = press(home, "token", "court", "--only", "everything")
    assert told.exit_code == 2


def test_a_file_of_tokens_that_is_none_and_a_place_for_none_are_a_sentence_each(
    home: Path, tmp_path: Path
) -> None:
    damaged, folder = tmp_path / "damaged.json", tmp_path / "folder"
    damaged.write_text("{", encoding="utf-8")
    folder.mkdir()
    for words in (("tokens",), ("token",), ("revoke",)):
        told = press(home, *words, "court", "--tokens", str(folder))
        assert (told.exit_code, f"{folder} cannot be read" in told.output) == (1, True), told.output
        told = press(home, *words, "court", "--tokens", str(damaged))
        assert (told.exit_code, "holds no credentials" in told.output) == (1, True), told.output
    told = press(home, "token", "court", "--into", str(damaged / "asking.token"))
    assert (told.exit_code, "is no folder" in told.output) == (2, True), told.output
    assert len(json.loads(press(home, "tokens", "court", "--json").output)) == 1


def test_a_token_that_is_taken_away_is_not_used_by_the_command_line_either(home: Path) -> None:
    assert press(home, "revoke", "court").exit_code == 0
    assert token_name("court") not in StackFile.load(Folder(home).stack_file).secrets
    told = CliRunner().invoke(app, ["fate", "x", "--source", "court", "--home", str(home)])
    assert (told.exit_code, "is not kept here" in told.output) == (2, True), told.output


def test_a_statement_is_a_sheet_for_those_who_compare_in_one(tmp_path: Path) -> None:
    signer = StatementSigner(new_statement_key())
    statement = DayStatement(
        source="court",
        day=date(2026, 11, 29),
        made_at=datetime(2026, 11, 30, tzinfo=UTC),
        is_final=True,
        sums=StatementSums(received=1, accepted=0, duplicate=0, refused=1, dead=0, waiting=0),
        distinct=1,
        digest=digest_of(["=1+1@1"]),
        missing=MissingRecords(ids=("lost@1",), sequences=((4, 6),)),
        announced=ControlTotals(day=date(2026, 11, 29), count=2),
        agrees=False,
        refused=(StatedRecord(offset=7, id="=1+1@1", sequence=3, reasons=("BASIS_MISSING",)),),
    )
    file, keys, sheet = tmp_path / "day.jws", tmp_path / "keys", tmp_path / "day.xlsx"
    file.write_text(signer.sign(statement) + "\n", encoding="utf-8")
    keys.write_bytes(msgspec.json.encode(signer.published))
    words = ["statement", "verify", str(file), "--keys", str(keys), "--sheet", str(sheet)]

    told = CliRunner().invoke(app, words)

    assert told.exit_code == 3, told.output
    assert "never came: lost@1" in told.output
    assert "running numbers that never came: 4-6" in told.output
    records, sums = openpyxl.load_workbook(sheet).worksheets
    rows = [row[:4] for row in records.iter_rows(values_only=True)][1:]
    assert rows == [
        ("未收到 never came", "lost@1", None, None),
        ("未收到 never came", None, None, "4-6"),
        ("退回 refused", "=1+1@1", 7, 3),
    ]
    assert records["B4"].data_type == "s"
    assert ("收到 received", 1) in [row[:2] for row in sums.iter_rows(values_only=True)]
    assert CliRunner().invoke(app, words).exit_code == 2
