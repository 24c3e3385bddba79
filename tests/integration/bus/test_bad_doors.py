"""One table of bad input, over every door: told with code, place and sentence, and nothing is left.

A row is spoilt in the JSON of an event, in the cells of an official sheet, or in both; each door
that can be handed it must say the same of it, and take its neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from tests.bus_fixtures import LiveBus
from tests.integration.http.test_files import HEAD
from tests.integration.http.test_gateway import MINOR, a_submission, end_of

INBOX: Final = "credit.inbox.court.v1"
CODE: Final = "91370200000000000Y"
COLUMNS: Final = dict(
    zip(
        ("case", "name", "code", "document", "conduct", "published", "notice", "rights"),
        HEAD.strip().split(","),
        strict=True,
    )
)
SOUND: Final[Mapping[str, Any]] = {
    "case": "sound",
    "name": "（测）甲公司",
    "code": CODE,
    "document": "（2025）测民1号",
    "conduct": "违反财产报告制度",
    "published": "2026-07-09",
    "notice": "2026-06-01",
    "rights": "是",
}

Event = dict[str, Any]


def envelope(**changes: Any) -> Callable[[Event], bytes]:
    return lambda event: dumped({**event, "envelope": {**event["envelope"], **changes}})


def body(**changes: Any) -> Callable[[Event], bytes]:
    return lambda event: dumped({**event, **changes})


def without(name: str) -> Callable[[Event], bytes]:
    return lambda event: dumped({key: value for key, value in event.items() if key != name})


def raw(content: bytes) -> Callable[[Event], bytes]:
    return lambda _event: content


def replaced(old: bytes, new: bytes) -> Callable[[Event], bytes]:
    return lambda event: dumped(event).replace(old, new, 1)


def dumped(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Bad:
    """A bad input: spoilt as an event or as a row, and the code and place that are told of it.

    ``cells`` and ``column`` are by field; ``suggestion`` is what may stand there instead.
    """

    event: Callable[[Event], bytes] | None = None
    code: str = ""
    pointer: str = ""
    status: int = 422
    suggestion: str = ""
    cells: Mapping[str, Any] = field(default_factory=dict)
    cell_code: str = "CELL_UNREAD"
    column: str = ""


SUBJECT: Final = "/envelope/subject_id"
TABLE: Final[dict[str, Bad]] = {
    "missing": Bad(
        without("list_id"),
        "FIELD_MISSING",
        "/list_id",
        cells={"document": None},
        cell_code="DOCUMENT_MISSING",
        column="document",
    ),
    "null": Bad(body(list_id=None), "FIELD_INVALID", "/list_id"),
    "too long": Bad(
        envelope(document_number="x" * 501),
        "FIELD_TOO_LONG",
        "/envelope/document_number",
        cells={"document": "x" * 501},
        cell_code="FIELD_TOO_LONG",
        column="document",
    ),
    "of the wrong type": Bad(
        envelope(record_revision="1"),
        "FIELD_INVALID",
        "/envelope/record_revision",
        cells={"rights": "perhaps"},
        column="rights",
    ),
    "unknown": Bad(body(colour="red"), "FIELD_UNKNOWN", "/colour"),
    "a wrong check digit": Bad(
        envelope(subject_id=f"uscc:{CODE[:-1]}X"),
        "SUBJECT_INVALID",
        SUBJECT,
        cells={"code": f"{CODE[:-1]}X"},
        column="code",
    ),
    "a forbidden letter": Bad(
        envelope(subject_id="uscc:9137O200000000000Y"),
        "SUBJECT_INVALID",
        SUBJECT,
        suggestion=f"uscc:{CODE}",
        cells={"code": "9137O200000000000Y"},
        column="code",
    ),
    "swapped digits": Bad(
        envelope(subject_id="uscc:93170200000000000Y"),
        "SUBJECT_INVALID",
        SUBJECT,
        cells={"code": "93170200000000000Y"},
        column="code",
    ),
    "a person's number for a firm's": Bad(
        envelope(subject_id="uscc:370299199001012298"),
        "SUBJECT_INVALID",
        SUBJECT,
        cells={"code": "370299199001012298"},
        column="code",
    ),
    "an unknown list": Bad(body(list_id="BL-NONE"), "LIST_UNKNOWN", "/list_id"),
    "no competence": Bad(body(list_id="BL-BID-ZT"), "SOURCE_NOT_COMPETENT", "/list_id"),
    "a basis that is not yet in force": Bad(
        envelope(decided_on="2015-03-02"),
        "BASIS_NOT_IN_FORCE",
        "/envelope/bases",
        cells={"published": "2015-03-02", "notice": "2015-01-02"},
        cell_code="BASIS_NOT_IN_FORCE",
        column="bases",
    ),
    "2999-12-31": Bad(
        body(ends_on="2999-12-31"),
        "DATE_MADE_UP",
        "/ends_on",
        cells={"published": "2999-12-31"},
        cell_code="DATE_MADE_UP",
        column="published",
    ),
    "9999-12-31": Bad(
        envelope(decided_on="9999-12-31"),
        "DATE_MADE_UP",
        "/envelope/decided_on",
        cells={"notice": "9999-12-31"},
        cell_code="DATE_MADE_UP",
        column="notice",
    ),
    "0001-01-01T00:00+08:00": Bad(
        envelope(occurred_at="0001-01-01T00:00:00+08:00"),
        "DATE_MADE_UP",
        "/envelope/occurred_at",
        cells={"published": "0001-01-01"},
        cell_code="DATE_MADE_UP",
        column="published",
    ),
    "no day": Bad(
        envelope(decided_on="2026-02-30"),
        "FIELD_INVALID",
        "/envelope/decided_on",
        cells={"published": "2026-02-30"},
        column="published",
    ),
    "18 tomorrow": Bad(
        envelope(subject=MINOR, subject_id=None), "SUBJECT_MINOR", "/envelope/subject"
    ),
    "NUL": Bad(envelope(document_number="a\x00b"), "NUL", status=400),
    "a lone surrogate": Bad(replaced(b'"BL-', b'"\\ud800BL-'), "NOT_JSON", status=400),
    "a key twice": Bad(replaced(b"{", b'{"list_id": "BL-X", '), "KEY_TWICE", status=400),
    "nested without end": Bad(
        raw(b'{"z": ' + b"[" * 100_000 + b', "type": "entry_listed"}'), "TOO_DEEP", status=400
    ),
    "no JSON": Bad(raw(b"{"), "NOT_JSON", status=400),
    "a line of 10 MB": Bad(raw(b'"' + b"x" * 10_000_000 + b'"'), "TOO_LARGE", status=413),
    "a formula without a value": Bad(cells={"document": "=A1&B1"}, column="document"),
    "a boolean": Bad(cells={"code": True}, column="code"),
    "truncated digits": Bad(cells={"code": 913702000000000123}, column="code"),
    "a cell too many": Bad(cells={"surplus": "x"}, column="the row"),
}

CASES: Final = [
    (name, door)
    for name, bad in TABLE.items()
    for door in ("event", "batch", "sheet", "command: events", "command: sheet")
    if (bad.cells if "sheet" in door else bad.event)
]

Told = list[tuple[str, str, str, str]]
"""Code, place, sentence and suggestion of each mistake."""


@dataclass
class Doors:
    """Every way in, for one source with an address and a token."""

    live: LiveBus
    folder: Path

    def event(self, bad: Bad) -> Told:
        assert bad.event is not None
        with self.live.http("gateway", "court") as door:
            answer = door.post("/v1/events", content=bad.event(an_event("bad")))
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert answer.status_code == bad.status, answer.text
        return told(problem["mistakes"] or [problem])

    def batch(self, bad: Bad) -> Told:
        with self.live.http("gateway", "court") as door:
            answer = door.post("/v1/batches", content=around(bad))
        before, spoilt, after, batch = map(json.loads, answer.text.splitlines())
        assert (before["state"], after["state"], batch["taken"]) == ("TAKEN", "TAKEN", 2)
        return told(spoilt["mistakes"])

    def sheet(self, bad: Bad) -> Told:
        with self.live.http("gateway", "court") as door:
            asked = {"name": "list.xlsx"}
            answer = door.post("/v1/files", params=asked, content=workbook(bad))
        before, spoilt, after, file = map(json.loads, answer.text.splitlines())
        assert (before["state"], after["state"], file["taken"]) == ("TAKEN", "TAKEN", 2)
        return told(spoilt["mistakes"])

    def submitted(self, name: str, content: bytes, *options: str) -> dict[str, Any]:
        file, token = self.folder / name, self.folder / "token"
        file.write_bytes(content)
        token.write_text(self.live.file.secrets[token_name("court")], encoding="utf-8")
        address = f"http://{HOST}:{self.live.file.ports.gateway}"
        shown = ["--gateway", address, "--token-file", str(token), "--json"]
        run = CliRunner().invoke(app, ["submit", str(file), *shown, *options])
        assert run.exit_code == 1, run.output
        content_told: dict[str, Any] = json.loads(run.stdout)
        return content_told


def an_event(record: str) -> Event:
    return a_submission(record_id=f"doors-{record}")


def around(bad: Bad) -> bytes:
    """Return a batch in which the bad event has a sound one on each side."""
    assert bad.event is not None
    lines = (dumped(an_event("before")), bad.event(an_event("bad")), dumped(an_event("after")))
    return b"".join(line + b"\n" for line in lines)


def workbook(bad: Bad) -> bytes:
    """Return a workbook in which the bad row has a sound one on each side."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(COLUMNS.values()))
    for number, cells in enumerate(({}, bad.cells, {})):
        row = {**SOUND, "case": f"doors {number}", **cells}
        sheet.append(list(row.values()))
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def told(mistakes: list[dict[str, str]]) -> Told:
    return [
        (
            each["reason"],
            each.get("pointer") or each["field"],
            each["detail"],
            each.get("suggestion", ""),
        )
        for each in mistakes
    ]


def all_told(doors: Doors, door: str, bad: Bad) -> tuple[Told, int]:
    """Return what a door says of a bad input, and how many neighbours it has taken."""
    match door:
        case "event":
            return doors.event(bad), 0
        case "batch":
            return doors.batch(bad), 2
        case "sheet":
            return doors.sheet(bad), 2
        case "command: events":
            (line,) = doors.submitted("events.ndjson", around(bad))["lines"]
            return told(line["mistakes"]), 2
        case _:
            rows = doors.submitted("list.xlsx", workbook(bad), "--dry-run")["rows"]
            assert [row["result"] for row in rows][::2] == ["FINE", "FINE"]
            return told(rows[1]["mistakes"]), 0


@pytest.mark.parametrize(("name", "door"), CASES)
def test_bad_input_is_told_at_every_door_and_leaves_nothing(
    live: LiveBus, tmp_path: Path, name: str, door: str
) -> None:
    bad, before = TABLE[name], end_of(live.bus.stack, INBOX)

    found, neighbours = all_told(Doors(live, tmp_path), door, bad)

    is_sheet = "sheet" in door
    code = bad.cell_code if is_sheet else bad.code
    place = COLUMNS.get(bad.column, bad.column) if is_sheet else bad.pointer
    fitting = [each for each in found if each[0] == code and each[1] == place]
    assert fitting, found
    assert all(sentence for _, _, sentence, _ in found)
    if not is_sheet:
        assert fitting[0][3] == bad.suggestion
    assert "370299199001012298" not in str(found)
    assert end_of(live.bus.stack, INBOX) == before + neighbours


def test_a_clerk_is_told_in_chinese_of_cells_and_of_files(live: LiveBus, tmp_path: Path) -> None:
    doors, asked = Doors(live, tmp_path), ("--dry-run", "--language", "zh")
    wrong = Bad(cells={"code": f"{CODE[:-1]}X", "published": "2026-02-30"})
    rows = doors.submitted("list.xlsx", workbook(wrong), *asked)["rows"]
    assert [each["detail"][:8] for each in rows[1]["mistakes"]] == ["代码的校验位不符", "“2026-02"]
    with live.http("gateway", "court") as door:
        answer = door.post(
            "/v1/files",
            params={"name": "list.xls"},
            content=b"<html><table>",
            headers={"Accept-Language": "zh-CN"},
        )
    assert (answer.status_code, answer.json()["reason"]) == (422, "FILE_UNREAD")
    assert answer.json()["detail"].startswith("list.xls 是网页或 XML")
