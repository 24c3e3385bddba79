"""What an error of the broker means to whoever only reads: away for now, or a fault."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from creditbus.runtime.kafka.clients import reached
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
