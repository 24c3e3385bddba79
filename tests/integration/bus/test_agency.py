"""An agency's whole way, with nothing but the public Kafka client and the published schema."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from creditbus.domain.ids import SubjectId
from creditbus.sdk.gateway import Gateway
from creditbus.sdk.publisher import NotPublished, Publisher
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from creditbus.wire.answers import FateState, RecordFate
from tests.bus_fixtures import LiveBus, eventually
from tests.examples import a_listing

INBOX = "credit.inbox.tender.v1"
WAIT_S = 60


def a_producer(live: LiveBus, principal: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": live.file.bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.username": principal,
            "sasl.password": live.file.credentials[principal],
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "message.timeout.ms": 15_000,
        }
    )


def a_record(subject: str, revision: int) -> dict[str, object]:
    return {
        "envelope": {
            "event_id": f"agency-{subject}-{revision}",
            "source": "tender",
            "record_id": f"agency-{subject}",
            "record_revision": revision,
            "sequence": revision,
            "subject_kind": "LEGAL_PERSON",
            "subject_id": subject,
            "occurred_at": datetime(2026, 5, 11, tzinfo=UTC),
            "decided_on": date(2026, 5, 11),
            "document_number": "青招监决〔2026〕17号",
            "bases": ["TBL-ART53"],
            "synthetic": True,
        },
        "list_id": "BL-BID-ZT",
        "subject_name": "（测）青岛示例有限公司",
        "provisions": ["53"],
        "ends_on": date(2028, 5, 11),
        "notice_served_on": date(2026, 4, 20),
        "rights_stated": True,
    }


def serialised(live: LiveBus, record: dict[str, object]) -> bytes | None:
    """Serialise as any program would: with the newest published schema, registering nothing."""
    with SchemaRegistryClient({"url": live.file.registry_url}) as registry:
        schema = registry.get_latest_version("entry_listed").schema
        assert schema is not None
        serialise = AvroSerializer(
            registry,
            schema.schema_str,
            conf={
                "auto.register.schemas": False,
                "use.latest.version": True,
                "subject.name.strategy": lambda *_: "entry_listed",
            },
        )
        value: bytes | None = serialise(record, SerializationContext(INBOX, MessageField.VALUE))
        return value


def test_an_event_of_a_plain_client_reaches_the_webhook(live: LiveBus, subject: SubjectId) -> None:
    value = serialised(live, a_record(subject, 1))
    producer = a_producer(live, "tender")
    producer.produce(INBOX, key=f"agency-{subject}".encode(), value=value)
    assert producer.flush(15) == 0

    received = eventually(lambda: live.received(subject))

    assert [(each.body, each.measure_id, each.action) for each in received] == [
        ("tender-platform", "A03", "APPLY")
    ]
    question = {"subject": subject, "matter": "bid-registration", "purpose": "bid-qualification"}

    def barred() -> list[dict[str, str]] | None:
        # Redis may hear of it later than the body.
        with live.http("query", "trade-centre") as query:
            answer = query.post("/v1/checks", json=question).json()
        return answer["barred"] if answer.get("verdict") == "NO" else None

    assert eventually(barred)[0]["measure_id"] == "A03"


def test_what_a_sender_only_tries_is_answered_and_never_listed(
    live: LiveBus, subject: SubjectId
) -> None:
    producer = a_producer(live, "tender")
    address, token = f"http://{HOST}:{live.file.ports.gateway}", token_name("tender")

    def fate_of(record: dict[str, object], *, is_try: bool) -> RecordFate:
        taken: list[Message] = []
        producer.produce(
            INBOX,
            key=f"agency-{subject}".encode(),
            value=serialised(live, record),
            headers={"sandbox": b"true"} if is_try else {},
            on_delivery=lambda _error, message: taken.append(message),
        )
        assert producer.flush(15) == 0
        offset = taken[0].offset()
        assert offset is not None
        with Gateway(address, live.file.secrets[token]) as door:
            return door.fate_at(offset, wait_s=WAIT_S)

    spoilt = a_record(subject, 1) | {"rights_stated": False, "ends_on": None}
    wrong = fate_of(spoilt, is_try=True)
    assert (wrong.sandbox, wrong.state) == (True, FateState.REFUSED)
    assert [each.reason for each in wrong.reasons] == ["RIGHTS_NOT_STATED", "TERM_MISSING"]
    tried = fate_of(a_record(subject, 1), is_try=True)
    assert (tried.sandbox, tried.state, tried.entries) == (True, FateState.APPLIED, ())
    # The very same record, sent for real: no repeat of what was only tried.
    meant = fate_of(a_record(subject, 1), is_try=False)
    assert (meant.sandbox, meant.state) == (False, FateState.APPLIED)
    assert [each.list_id for each in meant.entries] == ["BL-BID-ZT"]
    assert len(eventually(lambda: live.received(subject))) == 1


def test_the_broker_refuses_another_principal(live: LiveBus) -> None:
    failures: list[KafkaError | None] = []
    producer = a_producer(live, "tax")

    producer.produce(INBOX, value=b"x", on_delivery=lambda error, _: failures.append(error))
    producer.flush(15)

    assert [each.code() for each in failures if each] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


def test_a_wrong_password_is_told_at_once(live: LiveBus) -> None:
    publisher = Publisher(
        "court", kafka=live.file.bootstrap, registry=live.file.registry_url, password="wrong"
    )

    with pytest.raises((NotPublished, KafkaException), match="password"):
        publisher.publish(a_listing())
    publisher.let_go()


class BreaksOff(BaseRequestHandler):
    """Passes on the first question, and goes away when it is asked how to log in."""

    behind: tuple[str, int]
    count = 0

    def handle(self) -> None:
        with socket.create_connection(self.behind) as broker:
            broker.sendall(self.request.recv(65_536))
            self.request.sendall(broker.recv(65_536))
            if self.request.recv(65_536):
                type(self).count += 1


@contextmanager
def breaking_off(bootstrap: str) -> Iterator[tuple[str, type[BreaksOff]]]:
    """Stand before a broker and break off every login, as one does that dies in the middle."""
    host, port = bootstrap.split(":")
    handler = type("Handler", (BreaksOff,), {"behind": (host, int(port))})
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", handler
        server.shutdown()


def test_a_login_that_breaks_off_is_no_wrong_password(live: LiveBus) -> None:
    with breaking_off(live.file.bootstrap) as (address, logins):
        publisher = Publisher(
            "court",
            kafka=address,
            registry=live.file.registry_url,
            password=live.file.credentials["court"],
        )

        def says_no_more_than_that_it_waits() -> bool:
            publisher.send(a_listing())  # raises what the producer has heard by then
            return logins.count >= 4

        assert eventually(says_no_more_than_that_it_waits)
        publisher.let_go()
