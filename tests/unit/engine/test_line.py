"""A line is given up at the first silence, and nobody waits for a call that never returns."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from creditbus.engine.alarm import Alarm
from creditbus.engine.failures import Halt, Silent
from creditbus.engine.line import Limits, ProducerLine
from tests.unit.engine.doubles import ScriptedProducer

LOST = "[thrd:127.0.0.1:1/1]: 127.0.0.1:1/1: Disconnected: connection closed by peer"
NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "transactional.id": "listing-0"}


def line_over(producer: ScriptedProducer, alarm: Alarm | None = None) -> ProducerLine:
    line = ProducerLine(
        lambda _: producer.as_producer(), alarm or Alarm(), Limits(well=0.6, in_doubt=0.1)
    )
    line.begin(1.0)
    return line


def drop(line: ProducerLine) -> None:
    """Say what the library logs when a connection is lost."""
    line.log(20, "%s [%s] %s", "FAIL", "rdkafka#producer-1", LOST)


def test_a_line_is_in_doubt_until_it_has_begun() -> None:
    producer = ScriptedProducer(("init", KafkaError(KafkaError._TIMED_OUT, retriable=True)))
    line = ProducerLine(lambda _: producer.as_producer(), Alarm())
    with pytest.raises(KafkaException):
        line.begin(1.0)
    with pytest.raises(Silent):
        line.check()
    line.begin(1.0)
    line.check()


@pytest.mark.parametrize(
    "code", [KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT]
)
def test_what_the_client_tells_of_a_silence_ends_a_line(code: int) -> None:
    alarm = Alarm()
    line = line_over(ScriptedProducer(), alarm)
    line.hear(KafkaError(code))
    assert alarm.waiting is not None
    with pytest.raises(Silent):
        line.check()


def test_a_lost_connection_is_heard_in_the_log_alone() -> None:
    line = line_over(ScriptedProducer())
    line.log(20, "%s [%s] %s", "GETSUBSCRIPTIONS", "rdkafka#producer-1", "a push is due")
    line.check()
    drop(line)
    with pytest.raises(Silent, match="closed by peer"):
        line.check()


def test_a_wrong_password_goes_to_the_alarm() -> None:
    alarm = Alarm()
    line = line_over(ScriptedProducer(), alarm)
    line.hear(KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED))
    with pytest.raises(Halt, match="credentials"):
        alarm.check()


def test_a_call_that_is_answered_on_a_line_in_doubt_has_its_answer() -> None:
    let_go = threading.Event()
    line = line_over(ScriptedProducer(("commit", let_go)))
    threading.Timer(0.3, let_go.set).start()
    threading.Timer(0.2, lambda: drop(line)).start()

    line.ask(lambda: line.producer.commit_transaction(-1))

    with pytest.raises(Silent):
        line.check()


def test_a_call_on_a_lost_connection_is_waited_for_no_longer() -> None:
    let_go = threading.Event()
    line = line_over(ScriptedProducer(("commit", let_go)))
    threading.Timer(0.05, lambda: drop(line)).start()

    with pytest.raises(Silent, match="closed by peer"):
        line.ask(lambda: line.producer.commit_transaction(-1))

    let_go.set()


def test_a_broker_that_says_again_for_ever_is_as_good_as_silent() -> None:
    again = KafkaError(KafkaError.COORDINATOR_NOT_AVAILABLE, retriable=True)
    producer = ScriptedProducer(*[("commit", again)] * 1_000_000)
    line = line_over(producer)
    began = time.monotonic()

    with pytest.raises(Silent):
        line.ask(lambda: line.producer.commit_transaction(-1))

    assert 0.5 < time.monotonic() - began < 5


def test_a_line_that_is_given_up_is_heard_no_more() -> None:
    alarm = Alarm()
    line = line_over(ScriptedProducer(), alarm)
    line.give_up().join(5)
    line.hear(KafkaError(KafkaError._FENCED, fatal=True))
    line.hear(KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED))
    alarm.check()
    assert alarm.waiting is None


def test_a_line_that_is_given_up_leaves_nothing_behind() -> None:
    """The collector of cycles looks seldom in a worker, so it may not be needed."""
    gc.collect()
    gc.disable()
    try:
        line = ProducerLine(
            lambda told: Producer({**NOWHERE, "error_cb": told.hear, "logger": told}), Alarm()
        )
        held = weakref.ref(line)
        thread = line.give_up()
        del line
        thread.join(10)
        assert not thread.is_alive()
        assert held() is None
    finally:
        gc.enable()
