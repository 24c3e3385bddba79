"""``creditbus submit`` on real servers: with a token from anywhere, and every row accounted for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from creditbus.cli.main import app
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import USCC
from creditbus.sdk.sheets.layouts import RESULT
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from tests.bus_fixtures import LiveBus
from tests.integration.http.test_files import HEAD, a_row
from tests.integration.http.test_gateway import a_submission


@pytest.fixture
def shown(live: LiveBus, tmp_path: Path) -> list[str]:
    """The options of somebody who has a token and an address, and nothing of the bus."""
    token = tmp_path / "token"
    token.write_text(live.file.secrets[token_name("court")], encoding="utf-8")
    return ["--gateway", f"http://{HOST}:{live.file.ports.gateway}", "--token-file", str(token)]


def submit(file: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["submit", str(file), *options])


def results(told: Result) -> dict[int, str]:
    content: dict[str, Any] = json.loads(told.stdout)
    return {row["row"]: row["result"] for row in content["rows"]}


def test_every_row_is_accounted_for_and_the_same_file_again_is_duplicates(
    subject: SubjectId, shown: list[str], tmp_path: Path
) -> None:
    code, file, out = subject.removeprefix(USCC), tmp_path / "list.csv", tmp_path / "out.xlsx"
    rows = a_row(f"a {code}", code=code) + a_row(f"b {code}", code=code[:-1] + "@")
    file.write_text(HEAD + rows + a_row(f"c {code}", code=code, notice=""), encoding="gb18030")

    dry = submit(file, *shown, "--dry-run", "--json")
    assert (dry.exit_code, results(dry)) == (1, {2: "FINE", 3: "UNREAD", 4: "REFUSED"})

    first = submit(file, *shown, "--json", "--result", str(out))
    assert (first.exit_code, results(first)) == (1, {2: "APPLIED", 3: "UNREAD", 4: "REFUSED"})
    sheet = openpyxl.load_workbook(out).active
    assert sheet is not None
    told = [str(row[-1]) for row in sheet.iter_rows(values_only=True)]
    assert told[0] == RESULT
    assert [each.partition(" ")[0] for each in told[1:]] == ["已生效", "未读取", "退回"]

    # The file with its results is a file like the first: it is sent again as it is.
    again = submit(out, *shown, "--json")
    assert results(again) == {2: "DUPLICATE", 3: "UNREAD", 4: "REFUSED"}

    file.write_text(HEAD + a_row(f"a {code}", code=code), encoding="utf-8")
    mended = submit(file, *shown)
    assert mended.exit_code == 0, mended.output
    assert "0 applied, 1 duplicates, 0 refused, 0 not read" in mended.output


def test_events_a_line_go_in_packed_and_on_from_the_last_one_answered(
    subject: SubjectId, shown: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson.gz"
    submissions = [
        a_submission(subject_id=subject, record_id=f"line {number} {subject}")
        for number in range(20)
    ]
    submissions[4]["colour"] = "red"
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in submissions)
    packed = gzip.compress(lines, mtime=0)

    file.write_bytes(packed[: len(packed) // 2])
    broken = submit(file, *shown, "--json")
    batch = json.loads(broken.stdout)["batch"]
    assert (broken.exit_code, "ends early" in batch["broken"]) == (1, True)
    file.write_bytes(packed)
    rest = submit(file, *shown, "--after", str(batch["last"]), "--json")
    told = json.loads(rest.stdout)
    assert told["batch"]["last"] == 20
    assert told["batch"]["taken"] + batch["taken"] == 19
    assert submit(file, *shown, "--dry-run").exit_code == 2
    in_words = submit(file, *shown)
    assert (in_words.exit_code, "19 taken, 1 refused" in in_words.output) == (1, True)


def test_a_local_bus_needs_only_the_source_and_what_is_no_sheet_is_misuse(
    live: LiveBus, shown: list[str], tmp_path: Path
) -> None:
    example = Path(__file__).parents[3] / "examples" / "court-list.csv"
    home = ["--home", str(live.sites.home)]
    told = submit(example, "--source", "court", *home, "--dry-run")
    assert (told.exit_code, "6 would be sent, 1 refused; 1 not read" in told.output) == (1, True)
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("x\n", encoding="utf-8")
    assert submit(nothing, *shown).exit_code == 2
    assert submit(example).exit_code == 2
    assert submit(example, "--source", "nobody", *home).exit_code == 2
    assert submit(example, "--gateway", "http://127.0.0.1:9", *shown[2:]).exit_code == 1
