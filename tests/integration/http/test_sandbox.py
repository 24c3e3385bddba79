"""A source in the sandbox: the doors answer as they do to others, and mark what they take."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition
from starlette.testclient import TestClient

from creditbus.gateway.app import build
from creditbus.gateway.submissions import Receipt
from creditbus.runtime.kafka.arrivals import headers_or_none
from creditbus.stack.local import LocalStack
from creditbus.wire.headers import SANDBOX, header
from tests.integration.http.conftest import CATALOGUE, Opened, ProcessOf, bearer
from tests.integration.http.test_gateway import READ_BOUND_S, a_submission

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def trying(process_of: ProcessOf, opened: Opened, tmp_path: Path) -> TestClient:
    """A gateway by whose catalogue the court is in the sandbox."""
    folder = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    rows = (folder / "sources.toml").read_text(encoding="utf-8")
    assert rows.count("[court]\n") == 1
    begin, end = rows.split("[procuratorate]\n", 1)
    whole = f"{begin.rstrip()}\nsandbox = true\n\n[procuratorate]\n{end}"
    (folder / "sources.toml").write_text(whole, encoding="utf-8")
    return opened(process_of("gateway", catalogue=folder), build)


def is_marked(stack: LocalStack, receipt: Receipt) -> bool:
    """Return whether the record that a receipt points to says that it is only tried."""
    reader = Consumer({**stack.client_config("admin"), "group.id": "tests-of-the-sandbox"})
    try:
        reader.assign([TopicPartition(receipt.inbox, receipt.partition, receipt.offset)])
        message = reader.poll(READ_BOUND_S)
        assert message is not None
        return header(headers_or_none(message), SANDBOX) is not None
    finally:
        reader.close()


def test_a_try_has_a_receipt_that_says_so_and_is_marked_where_it_lies(
    stack: LocalStack,
    trying: TestClient,
    process_of: ProcessOf,
    opened: Opened,
    tokens: Mapping[str, str],
) -> None:
    shown = {**bearer(tokens["court"]), "Idempotency-Key": "tried, then meant"}
    submission = a_submission(record_id="tried, then meant")

    tried = trying.post("/v1/events", json=submission, headers=shown)
    wrong = trying.post("/v1/events", json=a_submission(bases=[]), headers=shown)
    meant = opened(process_of("gateway"), build).post("/v1/events", json=submission, headers=shown)

    assert (tried.status_code, meant.status_code) == (202, 202), tried.text
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "BASIS_MISSING")
    receipts = [msgspec.json.decode(each.content, type=Receipt) for each in (tried, meant)]
    # The receipt of the try answers no request that is meant, whatever its key.
    assert "Idempotent-Replayed" not in meant.headers
    assert [each.sandbox for each in receipts] == [True, False]
    assert [is_marked(stack, each) for each in receipts] == [True, False]


def test_a_batch_and_a_sheet_say_at_their_end_that_they_were_only_tried(
    trying: TestClient, tokens: Mapping[str, str]
) -> None:
    lines = [a_submission(record_id=f"line {number}") for number in range(3)]
    content = b"\n".join(map(msgspec.json.encode, lines))
    batch = trying.post("/v1/batches", content=content, headers=bearer(tokens["court"]) | NDJSON)
    sheet = Path("examples/court-list.csv").read_bytes()
    file = trying.post(
        "/v1/files?name=court-list.csv",
        content=sheet,
        headers=bearer(tokens["court"]) | {"Content-Type": "text/csv"},
    )
    for answer in (batch, file):
        last = msgspec.json.decode(answer.content.splitlines()[-1])
        assert (last["sandbox"], last["taken"] > 0) == (True, True), answer.text
