"""The gateway over the real broker: what lands in an inbox, is told, or is never claimed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition
from starlette.testclient import TestClient

from creditbus.domain.acts.events import EntryListed
from creditbus.domain.acts.refusals import DeadLetter, Reason, Refusal
from creditbus.domain.effects.directives import Acknowledgement, Action, Outcome
from creditbus.domain.ids import (
    BodyId,
    EventId,
    MeasureId,
    SourceId,
    derive_directive_id,
    derive_obligation_id,
)
from creditbus.gateway.app import build
from creditbus.gateway.submissions import Receipt
from creditbus.runtime.kafka import producer
from creditbus.runtime.kafka.arrivals import headers_or_none
from creditbus.runtime.process import Process
from creditbus.runtime.redis.writes import Writes
from creditbus.stack.local import LocalStack
from creditbus.wire.headers import ATTESTATION, header
from creditbus.wire.topics import DEAD_LETTERS, REFUSALS, inbox
from tests.examples import FIRM
from tests.integration.http.conftest import (
    ATTESTATION_KEY,
    Opened,
    PrivateRedis,
    ProcessOf,
    bearer,
    free_port,
)

READ_BOUND_S = 60.0
ADULT = {"kind": "NATURAL_PERSON", "number_kind": "synthetic", "number": "SYN-00000001-1980"}
MINOR = {**ADULT, "number": "SYN-00000002-2015"}


@pytest.fixture
def process(process_of: ProcessOf) -> Process:
    return process_of("gateway")


@pytest.fixture
def gateway(process: Process, opened: Opened) -> TestClient:
    return opened(process, build)


def a_submission(**changes: Any) -> dict[str, Any]:
    envelope = {
        "record_id": "SX-2026-001",
        "record_revision": 1,
        "subject_id": FIRM,
        "decided_on": "2026-03-02",
        "document_number": "（2026）测01执1号",
        "bases": ["SPC-2017-7-ART1"],
        "synthetic": True,
        **changes,
    }
    return {
        "type": "entry_listed",
        "envelope": {name: value for name, value in envelope.items() if value is not None},
        "list_id": "BL-COURT-SX",
        "provisions": ["3"],
        "ends_on": "2028-03-02",
        "notice_served_on": "2026-01-12",
        "rights_stated": True,
    }


def refused(process: Process, why: str) -> float:
    """Return how many credentials were refused so far, for one reason."""
    name = "creditbus_credentials_refused_total"
    return process.meters.registry.get_sample_value(name, {"why": why}) or 0.0


def received(stack: LocalStack, process: Process, receipt: Receipt) -> tuple[Any, bytes, bytes]:
    """Return the value, the bytes and the attestation of what a receipt points to."""
    reader = Consumer({**stack.client_config("admin"), "group.id": "tests-of-the-gateway"})
    try:
        reader.assign([TopicPartition(receipt.inbox, receipt.partition, receipt.offset)])
        message = reader.poll(READ_BOUND_S)
        assert message is not None
        data = message.value()
        assert data is not None
        return (
            process.codec.decode(data),
            data,
            header(headers_or_none(message), ATTESTATION) or b"",
        )
    finally:
        reader.close()


def test_an_event_lands_in_the_callers_inbox_with_the_gateways_word(
    stack: LocalStack, process: Process, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    answer = gateway.post("/v1/events", json=a_submission(), headers=bearer(tokens["court"]))

    assert answer.status_code == 202, answer.text
    receipt = msgspec.json.decode(answer.content, type=Receipt)
    assert receipt.inbox == "credit.inbox.court.v1"
    event, data, attestation = received(stack, process, receipt)
    assert isinstance(event, EntryListed)
    assert event.envelope.event_id == receipt.event_id
    assert (event.envelope.source, event.envelope.subject_id) == ("court", FIRM)
    assert event.envelope.adult_on_decision is None
    assert attestation == hmac.digest(ATTESTATION_KEY.encode(), data, "sha256")


def test_a_person_arrives_as_a_token_and_the_number_nowhere(
    stack: LocalStack, process: Process, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    submission = a_submission(subject_id=None, subject=ADULT, record_id="SX-2026-002")
    answer = gateway.post("/v1/events", json=submission, headers=bearer(tokens["court"]))

    assert answer.status_code == 202, answer.text
    event, data, _ = received(stack, process, msgspec.json.decode(answer.content, type=Receipt))
    assert event.envelope.subject_id.startswith("person:")
    assert event.envelope.adult_on_decision is True
    assert b"SYN-" not in data


def test_a_minor_is_turned_away_and_nothing_is_stored(
    stack: LocalStack, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    before = end_of(stack, "credit.inbox.court.v1")
    submission = a_submission(subject_id=None, subject=MINOR)
    answer = gateway.post("/v1/events", json=submission, headers=bearer(tokens["court"]))

    assert answer.status_code == 422
    assert answer.json()["reason"] == Reason.SUBJECT_MINOR
    assert MINOR["number"] not in answer.text
    assert end_of(stack, "credit.inbox.court.v1") == before


def test_a_body_acknowledges_into_its_own_inbox(
    stack: LocalStack, process: Process, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    owed = derive_obligation_id(FIRM, MeasureId("B02"), BodyId("railway"))
    told = {
        "type": "acknowledgement",
        "envelope": {"subject_id": FIRM, "synthetic": True},
        "directive_id": derive_directive_id(owed, 3, Action.APPLY),
        "obligation_id": owed,
        "measure_id": "B02",
        "action": "APPLY",
        "revision": 3,
        "outcome": "APPLIED",
    }
    answer = gateway.post("/v1/acknowledgements", json=told, headers=bearer(tokens["railway"]))

    assert answer.status_code == 202, answer.text
    receipt = msgspec.json.decode(answer.content, type=Receipt)
    assert receipt.inbox == "credit.inbox.railway.v1"
    record, _, _ = received(stack, process, receipt)
    assert isinstance(record, Acknowledgement)
    assert (record.outcome, record.envelope.source) == (Outcome.APPLIED, "railway")


@pytest.mark.parametrize(
    ("shown", "why"),
    [({}, "missing"), (bearer("nobody's"), "unknown"), ({"Authorization": "Basic eA"}, "missing")],
)
def test_who_is_not_known_is_told_so_and_counted(
    process: Process, gateway: TestClient, shown: dict[str, str], why: str
) -> None:
    answer = gateway.post("/v1/events", json=a_submission(), headers=shown)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["reason"] == f"CREDENTIAL_{why.upper()}"
    assert refused(process, why) == 1


def test_an_expired_credential_is_told_so_and_counted(
    process: Process, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    answer = gateway.get("/v1/refusals", headers=bearer(tokens["expired"]))

    assert (answer.status_code, answer.json()["reason"]) == (401, "CREDENTIAL_EXPIRED")
    assert refused(process, "expired") == 1


@pytest.mark.parametrize(
    ("party", "path"),
    [("trade-centre", "/v1/events"), ("railway", "/v1/events"), ("court", "/v1/acknowledgements")],
)
def test_who_has_another_role_may_not_file(
    gateway: TestClient, tokens: Mapping[str, str], party: str, path: str
) -> None:
    answer = gateway.post(path, json=a_submission(), headers=bearer(tokens[party]))

    assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE")


def test_a_token_that_is_kept_to_one_scope_opens_no_other_door(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    ask, state = bearer(tokens["court to ask"]), bearer(tokens["court to state"])
    stated = gateway.post("/v1/events", json=a_submission(), headers=state)
    assert stated.status_code == 202, stated.text
    doors: list[tuple[str, str, Any]] = [
        ("POST", "/v1/events", a_submission()),
        ("POST", "/v1/files?name=list.csv", None),
        ("POST", "/v1/batches", None),
        ("POST", "/v1/control-totals", {"day": "2026-11-30"}),
    ]
    for method, path, content in doors:
        refused = gateway.request(method, path, json=content, headers=ask)
        assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE"), path
    announced = gateway.post("/v1/control-totals", json={"day": "2026-11-30"}, headers=state)
    assert (announced.status_code, announced.json()["reason"]) == (403, "SCOPE")
    for path in ("refusals", "records/x", "receipts/0", "receipts?start=0", "numbers"):
        refused = gateway.get(f"/v1/{path}", headers=state)
        assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE"), path
        assert gateway.get(f"/v1/{path}", headers=ask).status_code != 403, path


def test_nobody_speaks_in_anothers_name(gateway: TestClient, tokens: Mapping[str, str]) -> None:
    submission = a_submission(source="tax")
    answer = gateway.post("/v1/events", json=submission, headers=bearer(tokens["court"]))

    assert (answer.status_code, answer.json()["reason"]) == (403, Reason.SOURCE_MISMATCH)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, ""),
        (b'{"type":"entry_listed","list_id":"\xff"}', 400, ""),
        (b"[]", 422, ""),
        (json.dumps(a_submission(record_revision=0)).encode(), 422, "envelope.record_revision"),
        (json.dumps(a_submission(decided_on="yesterday")).encode(), 422, "envelope.decided_on"),
        (json.dumps(a_submission(record_id=None)).encode(), 422, "envelope.record_id"),
        (json.dumps(a_submission(adult_on_decision=True)).encode(), 422, "adult_on_decision"),
        (json.dumps({**a_submission(), "colour": "red"}).encode(), 422, "colour"),
        (json.dumps({**a_submission(), "type": "day_turned"}).encode(), 422, "type"),
        (json.dumps(a_submission(subject=ADULT)).encode(), 422, "envelope.subject_id"),
    ],
)
def test_what_cannot_be_an_event_is_told_with_its_field(
    gateway: TestClient, tokens: Mapping[str, str], body: bytes, status: int, field: str
) -> None:
    answer = gateway.post("/v1/events", content=body, headers=bearer(tokens["court"]))

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"].endswith(field)
    assert answer.json()["detail"]


def test_every_mistake_is_told_before_the_receipt_in_the_callers_language(
    stack: LocalStack, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    before = end_of(stack, "credit.inbox.court.v1")
    spoilt = {**a_submission(subject_id=FIRM[:-1] + "X", bases=[]), "rights_stated": False}
    shown = {**bearer(tokens["court"]), "Accept-Language": "zh-CN,en;q=0.5"}
    answer = gateway.post("/v1/events", json=spoilt, headers=shown)

    assert (answer.status_code, answer.headers["Content-Language"]) == (422, "zh")
    told = answer.json()["mistakes"]
    assert [(each["reason"], each["pointer"]) for each in told] == [
        ("SUBJECT_INVALID", "/envelope/subject_id"),
        ("BASIS_MISSING", "/envelope/bases"),
        ("RIGHTS_NOT_STATED", "/rights_stated"),
    ]
    assert all(each["article"] for each in told)
    assert told[1]["detail"] == "请填写决定所依据的条款"
    assert answer.json()["detail"] == told[0]["detail"]
    in_english = gateway.post("/v1/events", json=spoilt, headers=bearer(tokens["court"])).json()
    assert in_english["mistakes"][1]["detail"] == "name the provision that the decision rests on"
    assert end_of(stack, "credit.inbox.court.v1") == before


def test_a_key_has_one_receipt_and_no_other_content(
    stack: LocalStack, gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    shown = {**bearer(tokens["court"]), "Idempotency-Key": "year 2026, no. 3"}
    submission = a_submission(record_id="SX-2026-003")
    first = gateway.post("/v1/events", json=submission, headers=shown)
    end = end_of(stack, "credit.inbox.court.v1")
    second = gateway.post("/v1/events", json=submission, headers=shown)
    other = gateway.post("/v1/events", json=a_submission(record_id="SX-2026-004"), headers=shown)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert end_of(stack, "credit.inbox.court.v1") == end
    long = {**shown, "Idempotency-Key": "x" * 201}
    assert gateway.post("/v1/events", json=submission, headers=long).status_code == 422


def test_a_key_is_free_again_after_a_mistake_and_does_not_need_redis(
    gateway: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown = {**bearer(tokens["court"]), "Idempotency-Key": "k"}
    wrong = gateway.post("/v1/events", json=a_submission(bases=[]), headers=shown)
    mended = gateway.post("/v1/events", json=a_submission(), headers=shown)
    redis.stop()
    unkept = gateway.post("/v1/events", json=a_submission(), headers=shown)

    assert (wrong.status_code, mended.status_code, unkept.status_code) == (422, 202, 202)


def test_a_body_that_is_too_large_is_not_read(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    body = b" " * (256 * 1024 + 1)
    answer = gateway.post("/v1/events", content=body, headers=bearer(tokens["court"]))

    assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")


def test_a_source_reads_its_refusals_page_by_page(
    gateway: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    writes = Writes(REFUSALS, 0, 0)
    for number in range(3):
        writes.put_refusal(number, a_refusal(number))
    redis.hold(writes)

    shown = bearer(tokens["court"])
    first = gateway.get("/v1/refusals", params={"limit": 2}, headers=shown).json()
    rest = gateway.get("/v1/refusals", params={"after": first["next"]}, headers=shown).json()
    told = [each["record_id"] for page in (first, rest) for each in page["refusals"]]
    assert told == ["record-0", "record-1", "record-2"]
    assert gateway.get("/v1/refusals?after=x", headers=shown).status_code == 422
    assert gateway.get("/v1/refusals?limit=0", headers=shown).status_code == 422


def test_a_source_reads_which_of_its_records_nobody_could_read(
    gateway: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    shown = bearer(tokens["court"])
    writes, letters = Writes(REFUSALS, 0, 0), Writes(DEAD_LETTERS, 0, 0)
    writes.put_refusal(0, a_refusal(0))
    redis.hold(writes)
    first = gateway.get("/v1/refusals", headers=shown).json()
    assert first["dead_letters"] == []
    for number in range(3):
        letters.put_dead_letter(number, a_letter(number))
    redis.hold(letters)

    second = gateway.get("/v1/refusals", params={"after": first["next"]}, headers=shown).json()
    assert second["refusals"] == []
    assert [each["offset"] for each in second["dead_letters"]] == [0, 1, 2]
    assert {each["reason"] for each in second["dead_letters"]} == {"UNFRAMED"}
    assert all(each["advice"] and "value" not in each for each in second["dead_letters"])
    third = gateway.get("/v1/refusals", params={"after": second["next"]}, headers=shown).json()
    assert (third["refusals"], third["dead_letters"]) == ([], [])
    assert third["next"] == second["next"]
    assert gateway.get("/v1/refusals?after=1-x", headers=shown).status_code == 422


def test_a_parameter_that_nobody_knows_is_told_and_not_passed_over(
    gateway: TestClient, tokens: Mapping[str, str]
) -> None:
    shown = bearer(tokens["court"])
    misspelt = gateway.post("/v1/files?name=a.csv&dryrun=true", content=b"x", headers=shown)
    assert (misspelt.status_code, misspelt.json()["reason"]) == (422, "PARAMETER_UNKNOWN")
    assert (misspelt.json()["field"], "dry_run" in misspelt.json()["detail"]) == ("dryrun", True)


def test_without_redis_refusals_are_503_and_events_still_come_in(
    gateway: TestClient, redis: PrivateRedis, tokens: Mapping[str, str]
) -> None:
    redis.stop()

    answer = gateway.get("/v1/refusals", headers=bearer(tokens["court"]))
    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")
    assert answer.headers["Retry-After"]
    filed = gateway.post("/v1/events", json=a_submission(), headers=bearer(tokens["court"]))
    assert filed.status_code == 202


def test_without_a_broker_nothing_is_claimed(
    process_of: ProcessOf,
    opened: Opened,
    tokens: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(producer, "DELIVERY_BOUND_S", 1.0)
    process = process_of("gateway", kafka=f"127.0.0.1:{free_port()}")
    gateway = opened(process, build)
    answer = gateway.post("/v1/events", json=a_submission(), headers=bearer(tokens["court"]))

    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")
    assert "event_id" not in answer.text


def test_the_document_describes_what_may_be_sent(gateway: TestClient) -> None:
    document = gateway.get("/openapi.json").json()

    schemas = document["components"]["schemas"]
    assert {"ListingSubmission", "RemovalSubmission", "Receipt", "Problem"} <= schemas.keys()
    assert set(document["paths"]) == {
        "/v1/events",
        "/v1/acknowledgements",
        "/v1/refusals",
        "/v1/records/{record_id}",
        "/v1/receipts/{offset}",
        "/v1/receipts",
        "/v1/files",
        "/v1/batches",
        "/v1/control-totals",
        "/v1/statements/{day}",
        "/v1/fates/stream",
        "/v1/numbers",
        "/.well-known/jwks.json",
    }
    assert gateway.get("/nothing").json()["reason"] == "NOT_FOUND"


def a_refusal(number: int) -> Refusal:
    return Refusal(
        source=SourceId("court"),
        record_id=f"record-{number}",
        record_revision=1,
        event_id=EventId(f"event-{number}"),
        reason=Reason.BASIS_MISSING,
        field="bases",
        article="",
        detail="name a basis",
        origin=f"credit.inbox.court.v1/0/{number}",
    )


def a_letter(number: int) -> DeadLetter:
    return DeadLetter(
        source=SourceId("court"),
        topic=inbox("court"),
        partition=0,
        offset=number,
        reason="UNFRAMED",
        detail="the value does not begin with a zero byte and a schema id",
        key=b"2026-17",
        value=b"no record",
        size=9,
    )


def end_of(stack: LocalStack, topic: str) -> int:
    """Return the offset behind the last record of a topic of one partition."""
    reader = Consumer({**stack.client_config("admin"), "group.id": "tests-of-the-gateway"})
    try:
        _, end = reader.get_watermark_offsets(TopicPartition(topic, 0), READ_BOUND_S)
        return end
    finally:
        reader.close()
