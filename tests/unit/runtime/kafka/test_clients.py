"""What an error of the broker means to whoever only reads: away for now, or a fault."""

from __future__ import annotations

from typing import NamedTuple, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from creditbus.runtime.kafka.clients import ends, reached
from creditbus.runtime.outages import Unavailable

PASSING = [
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._DESTROY_BROKER,
    KafkaError._RESOLVE,
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REQUEST_TIMED_OUT,
]
LASTING = [
    KafkaError._AUTHENTICATION,
    KafkaError._BAD_COMPRESSION,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
]


@pytest.mark.parametrize("code", PASSING)
def test_a_broker_that_is_away_is_told_as_away(code: int) -> None:
    with pytest.raises(Unavailable), reached():
        raise KafkaException(KafkaError(code))


@pytest.mark.parametrize("code", LASTING)
def test_a_fault_is_told_as_the_client_tells_it(code: int) -> None:
    with pytest.raises(KafkaException), reached():
        raise KafkaException(KafkaError(code))


class Told(NamedTuple):
    """What the client answers of a place."""

    topic: str
    partition: int
    offset: int
    error: KafkaError | None


class Forgetful:
    """A client that has lost a partition with its broker, and asks for it when it is made to."""

    def __init__(self, code: int | None, nowhere: int = 3) -> None:
        self.fault = None if code is None else KafkaError(code)
        self.nowhere = nowhere
        self.asked = 0
        self.looked_for: set[str] = set()

    def offsets_for_times(self, asked: list[TopicPartition], _: float) -> list[Told]:
        self.asked += 1
        return [
            Told(
                place.topic,
                place.partition,
                7 if place.topic in self.looked_for else self.nowhere,
                None if place.topic in self.looked_for else self.fault,
            )
            for place in asked
        ]

    def list_topics(self, topic: str, _: float) -> None:
        self.looked_for.add(topic)


@pytest.mark.parametrize(
    "code",
    [
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    ],
)
def test_a_client_that_has_lost_a_partition_is_made_to_look_for_it(code: int) -> None:
    """Its own cache is never filled again: views asked in vain until it was ended."""
    client = Forgetful(code)
    places = [("standings", 0), ("exposures", 1)]
    with pytest.raises(Unavailable):
        ends(cast(Consumer, client), places)
    assert ends(cast(Consumer, client), places) == dict.fromkeys(places, 7)
    assert client.asked == 2, "all places are asked for at once"


def test_an_end_that_is_nowhere_and_no_fault_is_asked_again() -> None:
    """Seen with one of three brokers killed: taken for an answer, a lease on nothing."""
    client = Forgetful(code=None, nowhere=-1)
    places = [("standings", 0), ("exposures", 1)]
    with pytest.raises(Unavailable):
        ends(cast(Consumer, client), places)
    assert ends(cast(Consumer, client), places) == dict.fromkeys(places, 7)
