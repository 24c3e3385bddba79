"""Transactions of processes that are no slice workers: some records, all of them or none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from confluent_kafka import KafkaException, Producer

from creditbus.engine.alarm import Alarm
from creditbus.engine.connection import Connection
from creditbus.engine.failures import error_of
from creditbus.runtime.kafka.clients import ANSWER_BOUND_S, KAFKA, reached
from creditbus.runtime.kafka.written import Written, put
from creditbus.runtime.outages import OutcomeUnknown
from creditbus.runtime.process import Process

COMMIT_BOUND_S: Final = 30.0
"""How long a commit is asked for; by then the broker has long ended what it was not told of."""

_PAUSE_S: Final = 0.1


def write_together(process: Process, records: Sequence[Written]) -> None:
    """Write all the records in one transaction, or none of them.

    Raises ``Unavailable``: then nothing was written; and ``OutcomeUnknown``.
    """
    producer = transactional_producer(process)
    with reached():
        producer.init_transactions(ANSWER_BOUND_S)
        producer.begin_transaction()
        try:
            for record in records:
                put(producer, record)
        except KafkaException:
            producer.abort_transaction(ANSWER_BOUND_S)
            raise
        commit(producer, " and ".join(dict.fromkeys(record.topic for record in records)))


def commit(producer: Producer, where: str, bound_s: float = COMMIT_BOUND_S) -> None:
    """Commit, asking again for as long as the broker has not said how it stands.

    A transaction that the library says can only be aborted is aborted, and its error raised. Of
    every other failure nobody knows whether the broker has committed: aborting would only hide
    that. Then ``OutcomeUnknown`` is raised, and ``where`` names the topics in which to look.
    """
    deadline = time.monotonic() + bound_s
    while True:
        try:
            producer.commit_transaction(ANSWER_BOUND_S)
        except KafkaException as failure:
            error = error_of(failure)
            if error.txn_requires_abort():
                producer.abort_transaction(ANSWER_BOUND_S)
                raise
            if not error.retriable() or time.monotonic() > deadline:
                raise OutcomeUnknown(KAFKA, f"{error.str()}; look in {where}") from failure
            time.sleep(_PAUSE_S)
        else:
            return


def transactional_producer(process: Process) -> Producer:
    """Return the transactional producer of a process; its name fences an older one of that name."""
    connection = Connection(process.settings.kafka, process.security)
    return connection.transactional(process.name, Alarm())
