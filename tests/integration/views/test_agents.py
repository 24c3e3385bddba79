"""The agents' discipline on the real broker: only what is committed, in order, death by failure.

A process of its own follows a topic nobody else uses, writes down what it is given, and fails when
it is told to.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from confluent_kafka import Producer

from creditbus.stack.kafka import ADMIN
from tests.integration.views.stage import BOUND_S, Running, Stage, wait_until
from tests.stack_fixtures import ThrowawayTopic

MAIN: Final = """
from pathlib import Path
from creditbus.runtime.agents import Agents
from creditbus.runtime.health import Readiness
from creditbus.runtime.process import Process
from creditbus.runtime.settings import read_settings

async def take(records):
    with Path({taken!r}).open("ab") as taken:
        for record in records:
            assert record.value != b"fail", "told to fail"
            taken.write(record.value + b"\\n")

process = Process("views", {worker}, read_settings())
agents = Agents(process, {topic!r}, topics=({topic!r},), take=take)
agents.run(lambda: Readiness(agents.is_ready))
"""


def start(stage: Stage, topic: str, worker: int = 0) -> Running:
    """Start a process that follows a topic with everybody's rights."""
    main = MAIN.format(taken=str(_taken(stage)), topic=topic, worker=worker)
    password = stage.stack.file.credentials[ADMIN]
    return stage.start("views", main, kafka_user=ADMIN, kafka_password=password)


def taken_by(stage: Stage) -> list[str]:
    return _taken(stage).read_text().split() if _taken(stage).exists() else []


def producer_for(stage: Stage, **settings: str) -> Producer:
    return Producer({**stage.stack.client_config(ADMIN), "linger.ms": 0, **settings})


def test_what_is_aborted_or_open_is_never_taken(
    stage: Stage, throwaway_topic: ThrowawayTopic
) -> None:
    topic = throwaway_topic()
    start(stage, topic).wait_ready()
    producer = producer_for(stage, **{"transactional.id": topic})
    producer.init_transactions(BOUND_S)
    for number in range(4):
        producer.begin_transaction()
        producer.produce(topic, f"{'kept' if number % 2 else 'aborted'}-{number}".encode())
        producer.flush(BOUND_S)
        if number == 1:
            # Long enough for a reader of what is not committed to have taken it.
            time.sleep(1)
            assert taken_by(stage) == []
        if number % 2:
            producer.commit_transaction(BOUND_S)
        else:
            producer.abort_transaction(BOUND_S)
    wait_until(lambda: len(taken_by(stage)) >= 2)
    assert taken_by(stage) == ["kept-1", "kept-3"]


def test_records_are_taken_in_order_and_a_failure_ends_the_process_there(
    stage: Stage, throwaway_topic: ThrowawayTopic
) -> None:
    topic = throwaway_topic()
    producer = producer_for(stage)
    numbers = [str(number) for number in range(1000)]
    for value in (*numbers, "fail", "behind"):
        producer.produce(topic, value.encode())
    assert producer.flush(BOUND_S) == 0
    failed = start(stage, topic)
    assert failed.child.wait(BOUND_S) == 3
    assert "told to fail" in failed.log.read_text()
    assert taken_by(stage) == numbers
    again = start(stage, topic)
    assert again.child.wait(BOUND_S) == 3
    assert "behind" not in taken_by(stage)


def test_a_rebalance_after_the_first_ends_the_process(
    stage: Stage, throwaway_topic: ThrowawayTopic
) -> None:
    topic = throwaway_topic()
    first = start(stage, topic)
    first.wait_ready()
    start(stage, topic, worker=1)
    assert first.child.wait(BOUND_S) == 3
    assert "rebalanced" in first.log.read_text()


def _taken(stage: Stage) -> Path:
    return stage.folder / "taken"
