"""Who comes from outside: a source that floods, and one that sends what nobody can read."""

from __future__ import annotations

import json
from typing import Any, Final

from confluent_kafka import KafkaError, Message, Producer

from creditbus.demo.city import organisation
from creditbus.sdk.publisher import Publisher
from creditbus.stack.principals import login_of
from creditbus.wire.topics import inbox
from tests.examples import a_listing
from tests.exercises.drill import Drill
from tests.exercises.exercise import Chapter
from tests.siege.inboxes import HUGE

CHAPTER: Final = Chapter("Visitors")
CULPRIT: Final = "court"
FLOOD: Final = 20_000
_FIRST: Final = 70_000_000


@CHAPTER.exercise(
    runbook="A source floods",
    strikes="20,000 listings of one source at once",
    then="they are decided one after another, while every other source is served",
)
def a_source_floods(drill: Drill) -> None:
    file = drill.ground.file
    with Publisher(
        CULPRIT,
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials[CULPRIT],
    ) as publisher:
        for number in range(FLOOD):
            subject = organisation(_FIRST + number)
            publisher.send(a_listing(subject_id=subject, record_id=f"flood-{subject}"))
    told = drill.press("creditbus sources --json")
    assert any(row["source"] == CULPRIT for row in json.loads(told)), told
    drill.press("creditbus status")


@CHAPTER.exercise(
    runbook="An inbox is poisoned",
    strikes="a batch of 5 KB that unpacks to 150 MB, in one source's inbox",
    then="that inbox alone waits; skipped, the batch is a dead letter and the rest goes on",
)
def a_poisoned_inbox(drill: Drill) -> None:
    offset = _throw(drill)
    drill.wait_until(lambda: f'"position":{offset}' in _listed(drill), "the inbox to wait")
    drill.press("creditbus inbox list")
    skip = "creditbus inbox skip SOURCE --offset N --reason WHY"
    drill.press(skip, SOURCE=CULPRIT, N=offset, WHY="drill")
    drill.wait_until(lambda: f'"position":{offset}' not in _listed(drill), "the inbox to go on")
    told = drill.press("creditbus dead-letters list --json")
    assert f'"place":"{inbox(CULPRIT)}/0/{offset}"' in told, told


def _listed(drill: Drill) -> str:
    return drill.ground.type("creditbus inbox list --json")[1]


def _throw(drill: Drill) -> int:
    """Put one record into the culprit's inbox that is small packed and huge unpacked."""
    file, offsets = drill.ground.file, list[int]()

    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        offsets.append(message.offset() or 0)

    room: dict[str, Any] = {"message.max.bytes": 2 * HUGE, "batch.size": 2 * HUGE}
    login = login_of(file, CULPRIT)
    producer = Producer({**login, **room, "compression.codec": "zstd", "linger.ms": 0})
    producer.produce(inbox(CULPRIT), b"\0" * HUGE, b"huge", on_delivery=delivered)
    assert producer.flush(30) == 0, "the broker did not take it"
    return offsets[0]
