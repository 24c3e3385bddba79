"""What is told of a record that was put behind the others, by what the broker says of it."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from creditbus.engine.connection import Connection
from creditbus.engine.values import Position
from creditbus.runtime.kafka.appends import append
from creditbus.runtime.kafka.clients import ANSWER_BOUND_S
from creditbus.runtime.kafka.written import Written
from creditbus.runtime.outages import OutcomeUnknown, Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.wire.topics import inbox
from tests.unit.engine.doubles import ScriptedProducer

INBOX = inbox("court")
RECORD = Written(topic=INBOX, partition=0, value=b"v", key=b"k")
PROCESS = Process("operator", 0, Settings())


class Answered(ScriptedProducer):
    """A producer that tells one thing of what it is given, or nothing."""

    def __init__(self, *answer: KafkaError | None) -> None:
        super().__init__()
        self._answer = answer
        self.given: dict[str, Any] = {}

    def produce(self, topic: str, **record: Any) -> None:
        self.given = record
        super().produce(topic, **record)

    def flush(self, seconds: float) -> int:
        # Whoever waits less than the client does never hears what it says in the end.
        assert seconds > ANSWER_BOUND_S
        for report, said in zip(self._reports, self._answer, strict=False):
            report(said, Message(topic=INBOX, partition=0, offset=7))
        return super().flush(seconds)


def appended(monkeypatch: pytest.MonkeyPatch, *answer: KafkaError | None) -> Position:
    producer = Answered(*answer).as_producer()
    monkeypatch.setattr(Connection, "idempotent", lambda *_, **__: producer)
    return append(PROCESS, RECORD)


def test_where_the_broker_keeps_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert appended(monkeypatch, None) == Position(INBOX, 0, 7)


@pytest.mark.parametrize(
    "answer", [(), (KafkaError(KafkaError._MSG_TIMED_OUT),), (KafkaError(KafkaError._TIMED_OUT),)]
)
def test_what_nobody_acknowledged_is_told_as_unknown(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[KafkaError, ...]
) -> None:
    with pytest.raises(OutcomeUnknown, match=INBOX):
        appended(monkeypatch, *answer)


def test_what_is_refused_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KafkaException):
        appended(monkeypatch, KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    with pytest.raises(Unavailable) as told:
        appended(monkeypatch, KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION))
    assert not isinstance(told.value, OutcomeUnknown)


def test_it_goes_where_it_shall_with_all_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = Answered(None)
    monkeypatch.setattr(Connection, "idempotent", lambda *_, **__: producer.as_producer())
    append(PROCESS, Written(topic=INBOX, partition=3, value=b"v", key=b"k", headers=[("x", b"1")]))
    told = {name: producer.given[name] for name in ("partition", "key", "value", "headers")}
    assert told == {"partition": 3, "key": b"k", "value": b"v", "headers": [("x", b"1")]}
