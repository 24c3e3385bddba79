"""Batches over HTTP: a line an event, a line an answer, packed or not, resumed where it broke."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import pytest
import zstandard
from starlette.testclient import TestClient

from creditbus.gateway.app import build
from creditbus.runtime.kafka import producer
from creditbus.runtime.process import Process
from creditbus.stack.local import LocalStack
from creditbus.wire.answers import BatchAnswer, BatchLine, LineAnswer, RowState
from tests.integration.http.conftest import Opened, ProcessOf, bearer, free_port
from tests.integration.http.test_gateway import ADULT, MINOR, a_submission, end_of

INBOX = "credit.inbox.court.v1"


@pytest.fixture
def process(process_of: ProcessOf) -> Process:
    return process_of("gateway")


@pytest.fixture
def gateway(process: Process, opened: Opened) -> TestClient:
    return opened(process, build)


def body_of(submissions: Iterable[dict[str, Any] | bytes]) -> bytes:
    lines = (
        each if isinstance(each, bytes) else json.dumps(each, ensure_ascii=False).encode()
        for each in submissions
    )
    return b"".join(each + b"\n" for each in lines)


def sent(
    gateway: TestClient, token: str, body: bytes, coding: str = "identity", after: int = 0
) -> tuple[list[LineAnswer], BatchAnswer]:
    headers = {**bearer(token), "Content-Encoding": coding, "Content-Type": "application/x-ndjson"}
    answer = gateway.post("/v1/batches", params={"after": after}, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    *lines, last = [msgspec.json.decode(line, type=BatchLine) for line in answer.iter_lines()]
    assert isinstance(last, BatchAnswer)
    return [line for line in lines if isinstance(line, LineAnswer)], last


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_each_line_is_answered_in_its_order(
    stack: LocalStack, gateway: TestClient, tokens: Mapping[str, str], coding: str
) -> None:
    before = end_of(stack, INBOX)
    submissions = [a_submission(record_id=f"batch-{number}") for number in range(700)]
    packs: dict[str, Callable[[bytes], bytes]] = {
        "identity": bytes,
        "gzip": gzip.compress,
        "zstd": zstandard.compress,
    }
    lines, batch = sent(gateway, tokens["court"], packs[coding](body_of(submissions)), coding)

    assert [line.line for line in lines] == list(range(1, 701))
    assert [line.record_id for line in lines] == [f"batch-{number}" for number in range(700)]
    assert [line.offset for line in lines] == list(range(before, before + 700))
    assert (batch.last, batch.taken, batch.broken) == (700, 700, "")


def test_a_bad_line_is_answered_with_all_its_mistakes_and_stops_no_other(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    person = {"subject_id": None, "record_id": "p"}
    submissions: list[dict[str, Any] | bytes] = [
        a_submission(record_id="good"),
        b"{",
        b"",
        a_submission(bases=[], document_number=""),
        {**a_submission(), "colour": "red"},
        a_submission(**person, subject=MINOR),
        b'{"type": "entry_listed", "type": "entry_removed"}',
        b"[" * 100_000,
        b'"' + b"x" * 300_000 + b'"',
        a_submission(**person, subject=ADULT),
    ]
    lines, batch = sent(gateway, tokens["court"], body_of(submissions))

    told = {line.line: [each.reason for each in line.mistakes] for line in lines}
    assert told == {
        1: [],
        2: ["NOT_JSON"],
        4: ["BASIS_MISSING", "DOCUMENT_MISSING"],
        5: ["FIELD_UNKNOWN"],
        6: ["SUBJECT_MINOR"],
        7: told[7],
        8: told[8],
        9: ["TOO_LARGE"],
        10: [],
    }
    assert told[7]
    assert told[8]
    states = [line.state for line in lines]
    assert (states[0], states[-1]) == (RowState.TAKEN, RowState.TAKEN)
    assert batch.last == 10
    assert (batch.taken, batch.refused + batch.unread) == (2, 7)


def test_half_a_gzip_goes_on_where_it_broke(
    stack: LocalStack, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    body = body_of(a_submission(record_id=f"half-{number}") for number in range(300))
    packed = gzip.compress(body)
    _, broken = sent(gateway, tokens["court"], packed[: len(packed) * 2 // 3], "gzip")
    assert "ends early" in broken.broken
    assert broken.taken == broken.last > 0
    end = end_of(stack, INBOX)
    rest, whole = sent(gateway, tokens["court"], packed, "gzip", after=broken.last)
    assert rest[0].line == broken.last + 1
    assert (whole.last, whole.taken) == (300, 300 - broken.last)
    assert end_of(stack, INBOX) == end + whole.taken


def test_another_coding_or_role_is_told_before_a_line_is_read(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    packed = gateway.post(
        "/v1/batches", content=b"x", headers={**bearer(tokens["court"]), "Content-Encoding": "br"}
    )
    assert (packed.status_code, packed.json()["reason"]) == (415, "UNSUPPORTED")
    body = gateway.post("/v1/batches", content=b"x", headers=bearer(tokens["railway"]))
    assert (body.status_code, body.json()["reason"]) == (403, "ROLE")


def test_without_a_broker_nothing_is_claimed(
    process_of: ProcessOf,
    opened: Opened,
    tokens: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(producer, "DELIVERY_BOUND_S", 1.0)
    gateway = opened(process_of("gateway", kafka=f"127.0.0.1:{free_port()}"), build)
    answer = gateway.post(
        "/v1/batches", content=body_of([a_submission()]), headers=bearer(tokens["court"])
    )
    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")


def test_an_empty_batch_is_one(gateway: TestClient, tokens: Mapping[str, str]) -> None:
    assert sent(gateway, tokens["court"], b"") == ([], BatchAnswer(last=0))
