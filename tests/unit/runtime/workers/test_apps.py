"""What the host of a worker adds to the engine's own words: which command an operator runs."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from creditbus.engine.failures import Halt, halt
from creditbus.runtime.workers.apps import CREATE_TOPICS, reason_of


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
    ],
)
def test_who_lacks_a_topic_is_told_the_command(code: int) -> None:
    failure = halt("reading", KafkaError(code))
    assert "creditbus" not in str(failure)
    assert reason_of(failure).endswith(f"create it: {CREATE_TOPICS}")


def test_other_failures_speak_for_themselves() -> None:
    assert reason_of(Halt("the disk is full", "make room")) == "the disk is full; make room"
    assert reason_of(ValueError("no")) == "no"
