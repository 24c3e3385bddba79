"""A sheet handed in over HTTP: each row answered, nothing sent in a dry run, nobody removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from creditbus.gateway.app import build
from creditbus.gateway.files import FILE_MAX_BYTES
from creditbus.runtime.process import Process
from creditbus.stack.local import LocalStack
from creditbus.wire.answers import FileAnswer, FileLine, RowAnswer, RowState
from tests.integration.http.conftest import Opened, PrivateRedis, ProcessOf, bearer
from tests.integration.http.test_gateway import end_of

EXAMPLE = Path(__file__).parents[3] / "examples" / "court-list.csv"
INBOX = "credit.inbox.court.v1"
HEAD = (
    "案号,失信被执行人名称,组织机构代码,执行依据文号,失信被执行人具体情形,"
    "发布时间,执行通知书送达时间,已告知权利\n"
)


@pytest.fixture
def process(process_of: ProcessOf) -> Process:
    return process_of("gateway")


@pytest.fixture
def gateway(process: Process, opened: Opened) -> TestClient:
    return opened(process, build)


def a_row(case: str, **changes: str) -> str:
    cells = {
        "case": case,
        "name": "（测）甲公司",
        "code": "91370200000000000Y",
        "document": "（2025）测民1号",
        "conduct": "违反财产报告制度",
        "published": "2026-07-09",
        "notice": "2026-06-01",
        "rights": "是",
        **changes,
    }
    return ",".join(cells.values()) + "\n"


def handed_in(
    gateway: TestClient, token: str, content: bytes, name: str = "list.csv", **asked: str
) -> tuple[list[RowAnswer], FileAnswer]:
    headers = {**bearer(token), "Accept-Language": asked.pop("language", "en")}
    answer = gateway.post(
        "/v1/files", params={"name": name, **asked}, content=content, headers=headers
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    lines = [msgspec.json.decode(line, type=FileLine) for line in answer.iter_lines() if line]
    *rows, file = lines
    assert isinstance(file, FileAnswer)
    return [row for row in rows if isinstance(row, RowAnswer)], file


def test_each_row_has_its_receipt_or_its_mistakes(
    stack: LocalStack, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    before = end_of(stack, INBOX)
    rows, file = handed_in(gateway, tokens["court"], EXAMPLE.read_bytes(), EXAMPLE.name)

    assert [row.row for row in rows] == list(range(2, 10))
    assert (file.table, file.header_row, file.broken) == ("court-list", 1, "")
    assert (file.taken, file.refused, file.unread) == (6, 1, 1)
    (unread,) = [row for row in rows if row.state is RowState.UNREAD]
    assert unread.mistakes[0].field == "身份证号码／组织机构代码"
    (refused,) = [row for row in rows if row.state is RowState.REFUSED]
    assert [(each.reason, each.field) for each in refused.mistakes] == [
        ("NOTICE_MISSING", "执行通知书送达时间")
    ]
    offsets = [row.offset for row in rows if row.state is RowState.TAKEN]
    assert offsets == list(range(before, before + 6))
    assert end_of(stack, INBOX) == before + 6


def test_a_dry_run_tells_all_mistakes_and_sends_nothing(
    stack: LocalStack, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    before = end_of(stack, INBOX)
    content = HEAD + a_row("1", notice="", rights="否", document="") + a_row("2")
    rows, file = handed_in(
        gateway, tokens["court"], content.encode(), dry_run="true", language="zh-CN"
    )

    assert [row.state for row in rows] == [RowState.REFUSED, RowState.FINE]
    assert [each.reason for each in rows[0].mistakes] == [
        "DOCUMENT_MISSING",
        "NOTICE_MISSING",
        "RIGHTS_NOT_STATED",
    ]
    assert rows[0].mistakes[0].detail == "请填写决定文书的文号"
    assert (file.is_dry_run, file.fine, file.taken) == (True, 1, 0)
    assert end_of(stack, INBOX) == before


def test_every_mistake_of_a_row_is_told_even_where_a_cell_cannot_be_read(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    wrong = a_row("1", code="91370200000000000X", published="2026-13-09", notice="", rights="否")
    ((row,), _) = handed_in(
        gateway, tokens["court"], (HEAD + wrong).encode(), dry_run="true", language="zh"
    )

    assert row.state is RowState.UNREAD
    assert [(each.reason, each.field) for each in row.mistakes] == [
        ("CELL_UNREAD", "组织机构代码"),
        ("CELL_UNREAD", "发布时间"),
        ("NOTICE_MISSING", "执行通知书送达时间"),
        ("RIGHTS_NOT_STATED", "已告知权利"),
    ]


def test_a_shorter_file_removes_nobody_and_raises_one_notice(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    both, one, other = (
        (HEAD + "".join(map(a_row, cases))).encode()
        for cases in (["c1", "c2"], ["c1"], ["d1", "d2"])
    )
    assert handed_in(gateway, tokens["court"], both)[1].notices == ()
    (notice,) = handed_in(gateway, tokens["court"], one, dry_run="true")[1].notices
    assert (notice.startswith("1 records"), "c2" in notice) == (True, True)
    (zh,) = handed_in(gateway, tokens["court"], one, dry_run="true", language="zh")[1].notices
    assert ("records" in zh, "c2" in zh, "未见于本文件" in zh) == (False, True, True)
    assert handed_in(gateway, tokens["court"], one)[1].notices == (notice,)
    assert handed_in(gateway, tokens["court"], one)[1].notices == ()
    assert handed_in(gateway, tokens["court"], other)[1].notices == ()


def test_without_redis_a_file_is_taken_all_the_same(
    gateway: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    redis.stop()
    _, file = handed_in(gateway, tokens["court"], (HEAD + a_row("r1")).encode())
    assert (file.taken, file.notices) == (1, ())


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.xlsx", b"<html><table></table></html>", "web page"),
        ("a.xlsx", b"PK\x03\x04broken", "cannot be unpacked"),
        ("../../etc/passwd", b"x", "no sheet"),
        ("a.csv", "姓名,电话\n".encode(), "no row holds the headers"),
    ],
)
def test_what_is_no_sheet_is_told_in_one_sentence(
    gateway: TestClient, tokens: Mapping[str, str], name: str, content: bytes, why: str
) -> None:
    answer = gateway.post(
        "/v1/files", params={"name": name}, content=content, headers=bearer(tokens["court"])
    )
    assert (answer.status_code, answer.json()["reason"]) == (422, "FILE_UNREAD"), answer.text
    assert why in answer.json()["detail"]


def too_large() -> Iterator[bytes]:
    for _ in range(FILE_MAX_BYTES // 2**20 + 1):
        yield b" " * 2**20


def test_a_file_is_bounded_and_for_sources_alone(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    asked = {"name": "a.csv"}
    large = gateway.post(
        "/v1/files", params=asked, content=too_large(), headers=bearer(tokens["court"])
    )
    assert (large.status_code, large.json()["reason"]) == (413, "TOO_LARGE")
    body = gateway.post("/v1/files", params=asked, content=b"x", headers=bearer(tokens["railway"]))
    assert (body.status_code, body.json()["reason"]) == (403, "ROLE")
    unnamed = gateway.post("/v1/files", content=b"x", headers=bearer(tokens["court"]))
    assert (unnamed.status_code, unnamed.json()["field"]) == (422, "name")


def test_a_file_that_breaks_off_tells_where_and_keeps_what_was_taken(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    content = HEAD + "".join(a_row(f"b{number}") for number in range(60)) + a_row('"b60')
    rows, file = handed_in(gateway, tokens["court"], content.encode())
    assert [row.state for row in rows] == [RowState.TAKEN] * 60
    assert "no csv from line" in file.broken
