"""Rights: who reaches for what is another's, at the broker and at the registry."""

from __future__ import annotations

import time
from typing import Any, Final

import httpx
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from creditbus.sdk.publisher import NotPublished
from creditbus.wire.topics import (
    EVENTS,
    LIFTS,
    OBLIGATIONS,
    STANDINGS,
    application,
    directives,
    inbox,
)
from tests.bus_fixtures import eventually
from tests.examples import a_listing
from tests.siege.blows import Chapter
from tests.siege.siege import Siege

CHAPTER: Final = Chapter("Rights", door="rights")

BOUND_S: Final = 20.0
SECONDS: Final = 25.0
"""Less than the half minute after which a publisher gives up whatever is wrong."""

FOREIGN: Final = '{"type":"record","name":"Foreign","fields":[]}'
PROTOBUF: Final = 'syntax = "proto3"; message Foreign { string x = 1; }'
REFUSED: Final = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}


@CHAPTER.blow(
    strikes="a source writes to others' inboxes and to the bus's own topics, reads a body's, joins "
    "groups and takes the transactions of services, widens and deletes topics",
    then="the broker refuses each",
    is_short=True,
)
def reaching_for_what_is_anothers(siege: Siege) -> None:
    told: list[int] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        told.append(error.code() if error is not None else 0)

    producer = siege.producer(log_level=0)
    beyond = [*map(inbox, siege.others), EVENTS, STANDINGS, OBLIGATIONS, LIFTS]
    for topic in beyond:
        producer.produce(topic, b"mine", b"key", on_delivery=delivered)
    producer.flush(BOUND_S)
    assert told == [KafkaError.TOPIC_AUTHORIZATION_FAILED] * len(beyond)

    for topic, group in (
        (directives("railway"), siege.culprit),
        (inbox("tax"), siege.culprit),
        (inbox(siege.culprit), application("intake")),
        (inbox(siege.culprit), f"{siege.culprit}-of-another"),
    ):
        assert refusal_of_reader(siege, topic, group) in REFUSED, (topic, group)

    config = {**siege.live.bus.stack.client_config(siege.culprit), "log_level": 0}
    for name in ("intake-0", "listing-0", "mine"):
        with pytest.raises(KafkaException) as refused:
            Producer({**config, "transactional.id": name}).init_transactions(BOUND_S)
        assert refused.value.args[0].code() in REFUSED

    admin = AdminClient(config)
    asked = [
        *admin.delete_topics([EVENTS, inbox("tax")]).values(),
        *admin.create_partitions([NewPartitions(inbox(siege.culprit), 3)]).values(),
        *admin.delete_consumer_groups([application("listing")]).values(),
    ]
    for each in asked:
        with pytest.raises(KafkaException) as refused:
            each.result(BOUND_S)
        assert refused.value.args[0].code() in REFUSED


def refusal_of_reader(siege: Siege, topic: str, group: str) -> int | None:
    """Return how the broker refuses a reader of a topic in a group, none if it does not."""
    config = siege.live.bus.stack.client_config(siege.culprit)
    reader = Consumer(
        {**config, "group.id": group, "auto.offset.reset": "earliest", "log_level": 0}
    )
    reader.subscribe([topic])
    try:
        deadline = time.monotonic() + BOUND_S
        while time.monotonic() < deadline:
            if (message := reader.poll(0.1)) is not None:
                error = message.error()
                return error.code() if error is not None else None
    finally:
        reader.close()
    return None


@CHAPTER.blow(
    strikes="anybody registers, changes and deletes schemas; the bus's own login leaves a Protobuf "
    "schema and subjects with a slash and Chinese names there",
    then="401 for each of the first, and the others stop nobody: publishers begin, services decide",
    is_short=True,
)
def anybody_at_the_registry(siege: Siege) -> None:
    file = siege.live.file
    asked: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/subjects/entry_listed/versions", {"schema": FOREIGN}),
        ("POST", "/subjects/mine/versions", {"schema": FOREIGN}),
        ("DELETE", "/subjects/entry_listed", None),
        ("DELETE", "/subjects/entry_listed/versions/1?permanent=true", None),
        ("PUT", "/config", {"compatibility": "NONE"}),
        ("PUT", "/mode", {"mode": "READONLY"}),
        (
            "POST",
            f"{file.registry_url.removesuffix('ccompat/v7')}registry/v3/groups",
            {"groupId": "x"},
        ),
    )
    with httpx.Client(base_url=file.registry_url, timeout=10) as anybody:
        before = anybody.get("/subjects/entry_listed/versions").json()
        for method, path, content in asked:
            for login in (None, ("bus", "wrong"), (siege.culprit, file.credentials[siege.culprit])):
                answer = anybody.request(method, path, json=content, auth=login)
                assert answer.status_code == 401, (method, path, answer.text)
        assert anybody.get("/subjects/entry_listed/versions").json() == before
        ours = ("bus", file.secrets["registry"])
        kept = {"schemaType": "PROTOBUF", "schema": PROTOBUF}
        for path, content in (
            ("/subjects/proto/versions", kept),
            ("/subjects/a%2Fb/versions", {"schema": FOREIGN}),
            ("/subjects/%E5%90%8D%E5%8D%95/versions", {"schema": FOREIGN}),
        ):
            assert anybody.post(path, json=content, auth=ours).is_success
        foreign = anybody.get("/subjects/proto/versions/latest").json()["id"]
    with siege.publisher() as publisher:
        publisher.publish(
            a_listing(subject_id=siege.subject(), record_id="beside-a-foreign-schema")
        )
    place = siege.put(b"\0" + foreign.to_bytes(4) + b"\x0a\x01x")
    letter = eventually(lambda: siege.letters().get(place))
    assert letter.reason == "UNKNOWN_RECORD"


@CHAPTER.blow(
    strikes="wrong passwords of a source, again and again, and one of a source that there is not",
    then="each is told in seconds as what it is; with the right one the next goes on",
)
def wrong_passwords(siege: Siege) -> None:
    for _ in range(3):
        began = time.monotonic()
        with (
            pytest.raises(NotPublished, match="refuses the password"),
            siege.publisher(password="wrong") as publisher,
        ):
            publisher.publish(a_listing(subject_id=siege.subject(), record_id="a-wrong-password"))
        assert time.monotonic() - began < SECONDS
    with siege.publisher() as publisher:
        publisher.publish(a_listing(subject_id=siege.subject(), record_id="the-right-password"))
