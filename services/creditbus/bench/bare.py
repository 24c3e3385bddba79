"""The limit: consume, decode in bulk, produce three of five; no state and no transaction.

No engine on these client libraries can be faster; how near ours comes is what the ratio tells.
"""

from __future__ import annotations

import signal
import threading
import time
from typing import Final

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from creditbus.bench.stopwatch import Stopwatch
from creditbus.bench.supply import put
from creditbus.bench.task import Task
from creditbus.bench.yardstick import columns_of

FETCH: Final = 4000
TOLD_OF_FIVE: Final = 3
TOLD_BYTES: Final = 105  # as many as the yardstick's outputs have
EVERY_S: Final = 0.2


def bare(task: Task, stopwatch: Stopwatch) -> None:
    """Move this worker's partitions of the source until SIGTERM."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    consumer = Consumer(
        {
            **task.client,
            "group.id": task.application,
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.queue.backoff.ms": 5,
            "queued.max.messages.kbytes": 32_768,
        }
    )
    producer = Producer(
        {
            **task.client,
            "acks": "all",
            "linger.ms": 1,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 500_000,
            "queue.buffering.max.kbytes": 262_144,
            "partitioner": "murmur2_random",
        }
    )
    stopwatch.wait_gate()
    mine = range(task.number, task.partitions, task.workers)
    consumer.assign([TopicPartition(task.source, number, 0) for number in mine])
    committed_at = time.monotonic()
    places: dict[int, int] = {}
    while not stopping.is_set():
        _move(consumer, producer, task, stopwatch, places)
        if places and time.monotonic() - committed_at >= EVERY_S:
            assert producer.flush(10) == 0, "the broker did not take every record"
            offsets = [TopicPartition(task.source, *place) for place in places.items()]
            consumer.commit(offsets=offsets, asynchronous=False)
            stopwatch.committed()
            places.clear()
            committed_at = time.monotonic()
    consumer.close()


def _move(
    consumer: Consumer,
    producer: Producer,
    task: Task,
    stopwatch: Stopwatch,
    places: dict[int, int],
) -> None:
    first = consumer.poll(0.05)
    if first is None:
        return
    messages = [first, *consumer.consume(FETCH - 1, 0)]
    for message in messages:
        if (error := message.error()) is not None:
            raise KafkaException(error)
    stopwatch.read(len(messages))
    columns = columns_of(messages)
    for number, message in enumerate(messages):
        places[message.partition() or 0] = (message.offset() or 0) + 1
        if number % 5 < TOLD_OF_FIVE:
            value = (message.value() or b"")[:TOLD_BYTES]
            put(producer, task.outputs, columns.subjects[number], value)
    producer.poll(0)
