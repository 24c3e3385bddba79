"""The broker keeps its promise: a commit that it has answered outlives it (decision 0012).

Everything the engine shows rests on this, and a scenario with workers sees a breach seldom: their
next commit often mends it. Here nobody commits after the answer.
"""

from __future__ import annotations

import signal

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from creditbus.stack.local import LocalStack
from creditbus.stack.principals import ClientConfig
from creditbus.stack.processes import Child
from tests.integration.engine.stage import BOUND_SECONDS, committed, wait_until
from tests.stack_fixtures import ThrowawayTopic

KILLS = 2
COMMITS = 20
PARTITIONS = 24  # each is one more whose leader may come back last


def test_what_is_committed_outlives_the_broker(
    stack: LocalStack, throwaway_topic: ThrowawayTopic, seed: int
) -> None:
    client = {**stack.client_config("admin"), "log_level": 0}  # it would tell of each refusal
    broker = stack.server("kafka")
    for kill in range(KILLS):
        topic = throwaway_topic(partitions=PARTITIONS, prefix=f"promise-{seed}-{kill}")

        promise_and_die(client, topic, broker)
        # A successor ends whatever the dead broker left open.
        Producer({**client, "transactional.id": topic}).init_transactions(BOUND_SECONDS)

        # Keyed by its partition, the last number of each stays.
        last = dict(committed(client, AdminClient(client), topic, PARTITIONS))
        assert last == dict.fromkeys(map(name_of, range(PARTITIONS)), name_of(COMMITS))


def promise_and_die(client: ClientConfig, topic: str, broker: Child) -> None:
    """Commit running numbers to all partitions; kill the broker as the last commit is answered."""
    restarts = broker.restarts
    producer = Producer({**client, "transactional.id": topic, "linger.ms": 1})
    producer.init_transactions(BOUND_SECONDS)
    for number in range(1, COMMITS + 1):
        producer.begin_transaction()
        for partition in range(PARTITIONS):
            producer.produce(topic, name_of(number), name_of(partition), partition=partition)
        producer.commit_transaction(BOUND_SECONDS)
    broker.send(signal.SIGKILL)
    wait_until(lambda: broker.restarts > restarts, "the broker's restart")
    AdminClient(client).list_topics(timeout=BOUND_SECONDS)


def name_of(number: int) -> bytes:
    """Return a number as it is written."""
    return str(number).encode()
