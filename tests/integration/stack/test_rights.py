"""A principal can do on the broker what the table of topics says, and nothing else.

The real broker answers, because only it knows what its rules mean.
"""

from __future__ import annotations

import time
from typing import Final

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from creditbus.stack.local import LocalStack
from creditbus.stack.principals import ClientConfig, login
from creditbus.wire.topics import EVENTS, directives, inbox

BOUND_S: Final = 20
LOGIN_FAILED: Final = KafkaError._AUTHENTICATION


def write(settings: ClientConfig, topic: str) -> KafkaError | None:
    """Write one record; return the broker's refusal, or the first failed login."""
    refusals: list[KafkaError | None] = []
    logins: list[KafkaError] = []

    def on_error(error: KafkaError) -> None:
        if error.code() == LOGIN_FAILED:
            logins.append(error)

    def on_delivery(error: KafkaError | None, _message: Message) -> None:
        refusals.append(error)

    producer = Producer(
        {**settings, "enable.idempotence": True, "error_cb": on_error, "log_level": 0}
    )
    producer.produce(topic, b"value", b"key", on_delivery=on_delivery)
    deadline = time.monotonic() + BOUND_S
    while not refusals and not logins and time.monotonic() < deadline:
        producer.poll(0.05)
    producer.purge()
    producer.poll(0)
    return logins[0] if logins else refusals[0]


def read(settings: ClientConfig, topic: str, group: str) -> KafkaError | None:
    """Subscribe and wait for the first record; return the refusal if one comes first."""
    consumer = Consumer(
        {**settings, "group.id": group, "auto.offset.reset": "earliest", "log_level": 0}
    )
    consumer.subscribe([topic])
    try:
        deadline = time.monotonic() + BOUND_S
        while time.monotonic() < deadline:
            if (message := consumer.poll(0.1)) is not None:
                return message.error()
    finally:
        consumer.close()
    pytest.fail(f"neither a record nor a refusal from {topic} within {BOUND_S} s")


def test_source_writes_its_inbox(stack: LocalStack) -> None:
    assert write(stack.client_config("court"), inbox("court")) is None


@pytest.mark.parametrize("topic", [inbox("tax"), EVENTS, directives("railway")])
def test_source_is_refused_elsewhere(stack: LocalStack, topic: str) -> None:
    refusal = write(stack.client_config("court"), topic)
    assert refusal is not None
    assert refusal.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("principal", ["svc.gateway", "admin"])
def test_gateway_writes_for_a_source(stack: LocalStack, principal: str) -> None:
    assert write(stack.client_config(principal), inbox("tax")) is None


def test_wrong_password_is_told_at_once(stack: LocalStack) -> None:
    began = time.monotonic()
    refusal = write(login(stack.file.bootstrap, "court", "not it"), inbox("court"))
    assert refusal is not None
    assert refusal.code() == LOGIN_FAILED
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("principal", "group"),
    [
        ("svc.intake", "creditbus-intake"),
        ("svc.audit", "creditbus-audit-7"),
        ("operator", "creditbus-operator"),
    ],
)
def test_reader_reads_an_inbox_in_its_group(stack: LocalStack, principal: str, group: str) -> None:
    assert write(stack.client_config("court"), inbox("court")) is None
    assert read(stack.client_config(principal), inbox("court"), group) is None


def test_body_does_not_read_the_directives_of_another(stack: LocalStack) -> None:
    refusal = read(stack.client_config("railway"), directives("tender-platform"), "railway")
    assert refusal is not None
    assert refusal.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("group", ["railway", "railway.mine"])
def test_body_reads_in_groups_of_its_own_name(stack: LocalStack, group: str) -> None:
    assert write(stack.client_config("admin"), directives("railway")) is None
    assert read(stack.client_config("railway"), directives("railway"), group) is None


@pytest.mark.parametrize("group", ["railway-of-another", "railways", "tender-platform", ""])
def test_body_is_refused_in_a_group_that_only_begins_alike(stack: LocalStack, group: str) -> None:
    refusal = read(stack.client_config("railway"), directives("railway"), group or "x")
    assert refusal is not None
    assert refusal.code() == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_service_is_refused_in_the_group_of_another(stack: LocalStack) -> None:
    refusal = read(stack.client_config("svc.intake"), inbox("court"), "creditbus-listing")
    assert refusal is not None
    assert refusal.code() == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_service_opens_its_own_transactions_only(stack: LocalStack) -> None:
    settings = {**stack.client_config("svc.listing"), "log_level": 0}
    Producer({**settings, "transactional.id": "listing-0"}).init_transactions(BOUND_S)
    with pytest.raises(KafkaException) as refused:
        Producer({**settings, "transactional.id": "dispatch-0"}).init_transactions(BOUND_S)
    code = refused.value.args[0].code()
    assert code == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
