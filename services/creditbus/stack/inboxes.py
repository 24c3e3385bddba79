"""More partitions for one inbox, in the one order in which nothing overtakes what was before it."""

from __future__ import annotations

import time
from typing import Final

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, OffsetSpec

from creditbus.stack.errors import NotProvisioned
from creditbus.stack.folder import StackFile
from creditbus.stack.principals import reached_admin
from creditbus.stack.provision import BOUND_S
from creditbus.wire.topics import INBOX_PARTITIONS, application, inbox

STILL_S: Final = 2.0
"""For how long an inbox must have been still: a sender at work would have written meanwhile."""


def widen_inbox(file: StackFile, source: str, partitions: int) -> int:
    """Give an inbox more partitions, and return how many it had.

    Raises ``NotProvisioned`` while something in it is not decided, or still comes in.
    """
    admin = reached_admin(file)
    topic = inbox(source)
    known = admin.list_topics(timeout=BOUND_S).topics
    if topic not in known:
        raise NotProvisioned(f"there is no {topic}: is {source} a source or a body?")
    had = len(known[topic].partitions)
    if not had < partitions <= INBOX_PARTITIONS:
        raise NotProvisioned(
            f"{topic} has {had} partitions; say a higher number, {INBOX_PARTITIONS} at most"
        )
    ends = _ends(admin, topic, had)
    time.sleep(STILL_S)
    if _ends(admin, topic, had) != ends:
        raise NotProvisioned(f"{source} still writes: ask its keeper to stop it for a minute")
    decided = _decided(admin, topic, had)
    waiting = sum(end - decided.get(place, 0) for place, end in ends.items())
    if waiting > 0:
        raise NotProvisioned(f"{waiting} records of {source} are not decided yet: ask again then")
    try:
        for made in admin.create_partitions([NewPartitions(topic, partitions)]).values():
            made.result(BOUND_S)
    except KafkaException as refusal:
        raise NotProvisioned(f"the broker refuses it: {refusal}") from refusal
    return had


def _ends(admin: AdminClient, topic: str, count: int) -> dict[int, int]:
    last = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = {TopicPartition(topic, place): last for place in range(count)}
    found = admin.list_offsets(asked)
    return {place.partition: each.result(BOUND_S).offset for place, each in found.items()}


def _decided(admin: AdminClient, topic: str, count: int) -> dict[int, int]:
    places = [TopicPartition(topic, place) for place in range(count)]
    group = ConsumerGroupTopicPartitions(application("intake"), places)
    (asked,) = admin.list_consumer_group_offsets([group]).values()
    found = asked.result(BOUND_S).topic_partitions or []
    return {each.partition: max(each.offset, 0) for each in found}
