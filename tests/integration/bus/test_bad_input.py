"""Bad input on real servers: what cannot be read is kept, and its neighbours go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import httpx
import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from creditbus.domain.acts.refusals import DeadLetter, Reason, Refusal
from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from creditbus.stack.ports import HOST
from creditbus.wire.topics import DEAD_LETTERS, REFUSALS, inbox
from tests.bus_fixtures import LiveBus, eventually
from tests.examples import a_bid_bar

OVERSIZED = 300 * 1024


@pytest.fixture
def tender(live: LiveBus) -> Iterator[Publisher]:
    with Publisher(
        "tender",
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials["tender"],
    ) as publisher:
        yield publisher


def letters(live: LiveBus) -> list[DeadLetter]:
    return [each for each in live.reader().values(DEAD_LETTERS) if isinstance(each, DeadLetter)]


def place_of_zeros(live: LiveBus, size: int) -> int:
    """Send what packs well past its size; the SDK would not."""
    offsets: list[int | None] = []
    producer = Producer(
        {
            "bootstrap.servers": live.file.bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": "tender",
            "sasl.password": live.file.credentials["tender"],
            "compression.type": "gzip",
        }
    )
    producer.produce(
        inbox("tender"),
        bytes(size),
        b"key",
        on_delivery=lambda _, message: offsets.append(message.offset()),
    )
    assert producer.flush(15) == 0
    assert offsets[0] is not None
    return offsets[0]


def place_of(publisher: Publisher, value: bytes | None) -> int:
    offsets: list[int | None] = []
    publisher.send_bytes(b"key", value, on_receipt=lambda message: offsets.append(message.offset()))
    publisher.flush()
    assert offsets[0] is not None
    return offsets[0]


def foreign_schema(live: LiveBus) -> bytes:
    """Return the frame of a schema that the registry knows and the bus does not."""
    text = '{"type":"record","name":"Foreign","fields":[{"name":"x","type":"string"}]}'
    with SchemaRegistryClient(
        {"url": live.file.registry_url, **live.file.registry_login}
    ) as registry:
        number = registry.register_schema("foreign", Schema(text, "AVRO"))
    return b"\x00" + int(number).to_bytes(4, "big") + b"\x02x"


def told_to(gateway: httpx.Client) -> list[dict[str, str]]:
    """Return all that was refused of a source, page by page; nothing while views is behind."""
    found: list[dict[str, str]] = []
    after = ""
    while (page := gateway.get("/v1/refusals", params={"after": after})).is_success:
        content = page.json()
        found += content["refusals"]
        if content["next"] == after or not content["refusals"]:
            return found
        after = content["next"]
    return []


def test_what_cannot_be_read_is_a_dead_letter_and_its_neighbours_go_on(
    live: LiveBus, tender: Publisher, subject: SubjectId
) -> None:
    bad = {
        "UNFRAMED": b"no record at all",
        "EMPTY_VALUE": b"",
        "UNKNOWN_SCHEMA": b"\x00\x7f\xff\xff\xfffoo",
        "UNKNOWN_RECORD": foreign_schema(live),
    }
    places = {reason: place_of(tender, value) for reason, value in bad.items()}
    bad["OVERSIZED"] = bytes(OVERSIZED)
    places["OVERSIZED"] = place_of_zeros(live, OVERSIZED)
    tender.publish(a_bid_bar(subject_id=subject, record_id=f"neighbour-{subject}"))

    eventually(lambda: live.received(subject))

    found = {(each.topic, each.offset): each for each in letters(live)}
    for reason, place in places.items():
        letter = found[inbox("tender"), place]
        assert letter.reason == reason
        assert letter.value == bad[reason]
        assert letter.size == len(bad[reason])


def test_a_readable_record_that_breaks_a_rule_is_told_with_its_article(
    live: LiveBus, tender: Publisher, subject: SubjectId
) -> None:
    record = f"no-basis-{subject}"
    tender.publish(a_bid_bar(subject_id=subject, record_id=record, bases=()))

    def told() -> list[Refusal]:
        return [
            each
            for each in live.reader().values(REFUSALS)
            if isinstance(each, Refusal) and each.record_id == record
        ]

    (refusal,) = eventually(told)

    assert (refusal.reason, refusal.field) == (Reason.BASIS_MISSING, "bases")
    assert "49号" in refusal.article
    with live.http("gateway", "tender") as gateway:
        page = eventually(lambda: [row for row in told_to(gateway) if row["record_id"] == record])
    assert page[0]["reason"] == "BASIS_MISSING"


def test_a_registry_that_is_down_is_waited_for(
    live: LiveBus, tender: Publisher, subject: SubjectId
) -> None:
    registry = live.bus.stack.server("registry")
    ready = f"http://{HOST}:{live.file.ports.metrics_of('intake')}/health/ready"
    registry.send(signal.SIGSTOP)
    try:
        place = place_of(tender, b"\x00\x7f\xff\xff\xfebar")
        tender.publish(a_bid_bar(subject_id=subject, record_id=f"patient-{subject}"))
        eventually(lambda: "registry" in httpx.get(ready, timeout=5).json()["why"])
        metrics = httpx.get(ready.replace("/health/ready", "/metrics"), timeout=5).text
        assert 'creditbus_waiting{whom="registry"} 1.0' in metrics
        assert live.received(subject) == []  # it lies behind what waits
    finally:
        registry.send(signal.SIGCONT)

    eventually(lambda: live.received(subject))
    eventually(lambda: httpx.get(ready, timeout=5).is_success)
    found = {(each.topic, each.offset): each for each in letters(live)}
    assert found[inbox("tender"), place].reason == "UNKNOWN_SCHEMA"


def test_an_unknown_credential_is_refused_and_counted(live: LiveBus) -> None:
    url = f"http://{HOST}:{live.file.ports.gateway}/v1/events"
    answer = httpx.post(url, content=b"{}", headers={"Authorization": "Bearer nobody"}, timeout=5)

    metrics = f"http://{HOST}:{live.file.ports.metrics_of('gateway')}/metrics"
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    counted = 'creditbus_credentials_refused_total{why="unknown"}'
    assert counted in httpx.get(metrics, timeout=5).text
