"""A commit that nobody answered is asked for again, and never told as one that did not happen."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from creditbus.console.dialogs import sentence_of
from creditbus.console.visit import Visit
from creditbus.runtime.kafka import transactions
from creditbus.runtime.kafka.transactions import commit, write_together
from creditbus.runtime.kafka.written import Written
from creditbus.runtime.outages import OutcomeUnknown, Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.wire.topics import INTERVENTIONS
from tests.unit.engine.doubles import ScriptedProducer

SILENCE = KafkaError(KafkaError._TIMED_OUT, "no answer", retriable=True)
LATE = KafkaError(KafkaError._TIMED_OUT, "no answer", txn_requires_abort=True)
FENCED = KafkaError(KafkaError._FENCED, "fenced", fatal=True)
RECORD = Written(topic=INTERVENTIONS, value=b"v", key=b"k")
PROCESS = Process("operator", 0, Settings())


def written(monkeypatch: pytest.MonkeyPatch, *script: tuple[str, KafkaError]) -> ScriptedProducer:
    producer = ScriptedProducer(*script)
    monkeypatch.setattr(transactions, "transactional_producer", lambda _: producer.as_producer())
    return producer


def test_a_commit_without_an_answer_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = written(monkeypatch, ("commit", SILENCE), ("commit", SILENCE))
    write_together(PROCESS, [RECORD])
    assert producer.committed == [(INTERVENTIONS, b"k")]
    assert producer.calls[:2] == ["init", "begin"]
    assert producer.calls.count("commit") == 3
    assert "abort" not in producer.calls


def test_what_can_only_be_aborted_is_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    producer = written(monkeypatch, ("commit", LATE))
    with pytest.raises(Unavailable) as told:
        write_together(PROCESS, [RECORD])
    assert not isinstance(told.value, OutcomeUnknown)
    assert (producer.calls[-1], producer.committed) == ("abort", [])


def test_a_commit_that_is_never_answered_is_told_as_unknown() -> None:
    producer = ScriptedProducer(("commit", SILENCE))
    with pytest.raises(OutcomeUnknown, match=INTERVENTIONS) as told:
        commit(producer.as_producer(), INTERVENTIONS, bound_s=-1.0)
    assert producer.calls == ["commit"]
    assert "may be" in sentence_of(told.value, Visit("/held", "en"))
    assert "不明" in sentence_of(told.value, Visit("/held"))


def test_a_commit_that_is_refused_for_good_is_told_as_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    producer = written(monkeypatch, ("commit", FENCED))
    other = Written(topic="credit.inbox.court.v1", value=b"v", key=b"k")
    with pytest.raises(OutcomeUnknown, match="fenced") as told:
        write_together(PROCESS, [RECORD, other, RECORD])
    assert "abort" not in producer.calls
    # Whoever asked has to look in each of the topics.
    assert f"look in {INTERVENTIONS} and {other.topic} before" in str(told.value)


def test_what_is_not_taken_is_aborted(monkeypatch: pytest.MonkeyPatch) -> None:
    full = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
    producer = written(monkeypatch, ("produce", full))
    with pytest.raises(KafkaException):
        write_together(PROCESS, [RECORD])
    assert producer.calls[-1] == "abort"
