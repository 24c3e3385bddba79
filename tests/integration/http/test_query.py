"""Query over the real broker: answers before and after a listing, every access kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from starlette.testclient import TestClient

from creditbus.domain.effects.checks import Access
from creditbus.domain.entries.entry import Stage
from creditbus.domain.entries.standings import Standing
from creditbus.domain.subjects import SubjectKind
from creditbus.query.app import build
from creditbus.runtime.kafka import producer
from creditbus.runtime.process import Process
from creditbus.runtime.redis.writes import Writes
from creditbus.stack.local import LocalStack
from creditbus.wire.topics import ACCESS, STANDINGS
from tests.examples import FIRM, a_bid_bar, entry_after
from tests.integration.http.conftest import Opened, PrivateRedis, ProcessOf, bearer, free_port

READ_BOUND_S = 60.0
QUESTION = {"subject": FIRM, "matter": "bid-registration", "purpose": "bid-qualification"}


class SetClock:
    """A clock that stands at one instant."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def process(process_of: ProcessOf) -> Process:
    return process_of("query")


@pytest.fixture
def query(process: Process, opened: Opened) -> TestClient:
    return opened(process, build)


def barred() -> Standing:
    """Return the standing of a firm that may not bid."""
    entry = entry_after(a_bid_bar())
    assert entry.stage is Stage.ACTIVE
    return Standing(
        subject_id=FIRM, subject_kind=SubjectKind.LEGAL_PERSON, revision=7, entries=(entry,)
    )


def hold(redis: PrivateRedis, standing: Standing) -> None:
    writes = Writes(STANDINGS, 0, 0)
    writes.put_standing(0, standing)
    redis.hold(writes)


def ask(query: TestClient, tokens: Mapping[str, str], **changes: object) -> Any:
    shown = bearer(tokens[str(changes.pop("party", "trade-centre"))])
    return query.post("/v1/checks", json=QUESTION | changes, headers=shown)


def accesses(stack: LocalStack, process: Process, check_id: str) -> list[Access]:
    """Return the records of access with this check id, waiting for the first."""
    reader = Consumer({**stack.client_config("admin"), "group.id": "tests-of-query"})
    found: list[Access] = []
    deadline = time.monotonic() + READ_BOUND_S
    try:
        reader.assign([TopicPartition(ACCESS, number, 0) for number in range(4)])
        while time.monotonic() < deadline and not found:
            for message in reader.consume(100, 0.2):
                access = process.codec.decode(message.value())
                assert isinstance(access, Access)
                found += [access] if access.check_id == check_id else []
        return found
    finally:
        reader.close()


def test_the_answer_turns_with_the_standing_and_every_access_is_kept(
    stack: LocalStack,
    process: Process,
    query: TestClient,
    redis: PrivateRedis,
    tokens: Mapping[str, str],
) -> None:
    before = ask(query, tokens)
    assert before.status_code == 200, before.text
    assert (before.json()["verdict"], before.json()["as_of"]) == ("YES", 0)

    hold(redis, barred())
    answer = ask(query, tokens).json()
    assert (answer["verdict"], answer["listed"], answer["as_of"]) == ("NO", True, 7)
    (finding,) = answer["barred"]
    assert finding["measure_id"] == "A03"
    assert finding["bases"]
    assert finding["remedies"]

    (access,) = accesses(stack, process, answer["check_id"])
    assert (access.asker, access.subject_id, access.verdict) == ("trade-centre", FIRM, "NO")
    assert (access.purpose, access.as_of) == ("bid-qualification", 7)


def test_one_second_after_the_term_the_answer_is_yes_without_any_timer(
    process_of: ProcessOf, opened: Opened, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    hold(redis, barred())
    ends_at = barred().entries[0].ends_at
    assert ends_at is not None
    process = process_of("query")
    process.clock = clock = SetClock(ends_at - timedelta(seconds=1))
    query = opened(process, build)

    assert ask(query, tokens).json()["verdict"] == "NO"
    clock.instant = ends_at + timedelta(seconds=1)
    answer = ask(query, tokens).json()
    assert (answer["verdict"], answer["listed"]) == ("YES", False)


def test_a_person_is_asked_about_by_number_and_kept_as_a_token(
    stack: LocalStack, process: Process, query: TestClient, tokens: Mapping[str, str]
) -> None:
    subject = {"number_kind": "synthetic", "number": "SYN-00000001-1980"}
    asked = {"subject": subject, "matter": "vehicle-registration", "purpose": "registration"}
    answer = ask(query, tokens, party="approval", **asked)

    assert answer.status_code == 200, answer.text
    (access,) = accesses(stack, process, answer.json()["check_id"])
    assert access.subject_id.startswith("person:")


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"purpose": "marketing"}, 403, "PURPOSE_UNKNOWN"),
        ({"party": "court-platform"}, 403, "PURPOSE_UNKNOWN"),
        ({"party": "stranger"}, 403, "ASKER_UNKNOWN"),
        ({"party": "court"}, 403, "ROLE"),
        ({"matter": "kindergarten"}, 422, "MATTER_UNKNOWN"),
        ({"subject": "uscc:913702000000000A2X"}, 422, "SUBJECT_INVALID"),
        ({"subject": {"number_kind": "citizen_id", "number": "0" * 18}}, 422, "SUBJECT_INVALID"),
        (
            {"subject": {"number_kind": "synthetic", "number": "SYN-00000001-1980"}},
            422,
            "SUBJECT_INVALID",
        ),
        ({"colour": "red"}, 422, "FIELD_UNKNOWN"),
    ],
)
def test_what_may_not_be_asked_is_told_why(
    query: TestClient,
    tokens: Mapping[str, str],
    changes: dict[str, object],
    status: int,
    reason: str,
) -> None:
    answer = ask(query, tokens, **changes)

    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text


def test_a_refused_purpose_is_kept_too(
    stack: LocalStack, query: TestClient, process: Process, tokens: Mapping[str, str]
) -> None:
    at = datetime(2026, 11, 23, 4, tzinfo=UTC)
    process.clock = SetClock(at)
    ask(query, tokens, purpose="marketing")

    reader = Consumer({**stack.client_config("admin"), "group.id": "tests-of-query"})
    try:
        reader.assign([TopicPartition(ACCESS, number, 0) for number in range(4)])
        kept = [process.codec.decode(each.value()) for each in reader.consume(500, 2.0)]
    finally:
        reader.close()
    assert [
        (each.asker, each.purpose, each.verdict)
        for each in kept
        if isinstance(each, Access) and each.asked_at == at
    ] == [("trade-centre", "marketing", "REFUSED:PURPOSE")]


def test_the_chain_is_closed_by_execution_and_outcome(
    stack: LocalStack, process: Process, query: TestClient, tokens: Mapping[str, str]
) -> None:
    check_id = ask(query, tokens).json()["check_id"]
    path, shown = f"/v1/checks/{check_id}", bearer(tokens["trade-centre"])
    execution = query.post(
        f"{path}/execution", json=QUESTION | {"executed": "FOLLOWED"}, headers=shown
    )
    outcome = query.post(f"{path}/outcome", json=QUESTION | {"ended": "GRANTED"}, headers=shown)

    assert execution.json() == {"check_id": check_id, "verdict": "EXECUTION:FOLLOWED"}
    assert outcome.json() == {"check_id": check_id, "verdict": "OUTCOME:GRANTED"}
    wrong = query.post("/v1/checks/x/outcome", json=QUESTION | {"ended": "GRANTED"}, headers=shown)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "check_id")
    verdicts = {each.verdict for each in accesses(stack, process, check_id)}
    assert verdicts == {"YES", "EXECUTION:FOLLOWED", "OUTCOME:GRANTED"}


@pytest.mark.parametrize("how", ["stopped", "rebuilding"])
def test_without_a_complete_redis_nothing_is_answered(
    query: TestClient, redis: PrivateRedis, tokens: Mapping[str, str], how: str
) -> None:
    redis.hold(is_complete=False) if how == "rebuilding" else redis.stop()

    answer = ask(query, tokens)
    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")
    assert "verdict" not in answer.json()


def test_an_access_that_cannot_be_kept_is_not_answered(
    process_of: ProcessOf,
    opened: Opened,
    tokens: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(producer, "DELIVERY_BOUND_S", 1.0)
    query = opened(process_of("query", kafka=f"127.0.0.1:{free_port()}"), build)

    answer = ask(query, tokens)
    assert answer.status_code == 503
    assert "verdict" not in answer.json()
