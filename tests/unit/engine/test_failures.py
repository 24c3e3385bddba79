"""The table of failures, walked row by row with errors as the client library makes them."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from creditbus.engine.failures import RULES, Reaction, halt, kind_of, rule_for

# As the library tells that a broker was killed in the middle of a login.
BROKEN_OFF = "SASL SCRAM-SHA-256 mechanism handshake failed: Local: Broker transport failure"
# As it tells of a certificate that nobody it knows has signed.
NOT_BELIEVED = "SSL handshake failed: error:0A000086: certificate verify failed: broker certificate"

CASES = [
    (KafkaError(KafkaError._AUTHENTICATION, BROKEN_OFF), Reaction.SILENT),
    (KafkaError(KafkaError._AUTHENTICATION), Reaction.FATAL),
    (KafkaError(KafkaError.SASL_AUTHENTICATION_FAILED), Reaction.FATAL),
    (KafkaError(KafkaError._SSL, NOT_BELIEVED), Reaction.FATAL),
    (KafkaError(KafkaError._SSL, "SSL handshake failed: Disconnected"), Reaction.SILENT),
    (KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED), Reaction.FATAL),
    (KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED), Reaction.FATAL),
    (KafkaError(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED), Reaction.FATAL),
    (KafkaError(KafkaError._FENCED, fatal=True), Reaction.FATAL),
    (KafkaError(KafkaError.FENCED_INSTANCE_ID, fatal=True), Reaction.FATAL),
    (KafkaError(KafkaError.FENCED_INSTANCE_ID, txn_requires_abort=True), Reaction.LOST),
    (KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), Reaction.FATAL),
    (KafkaError(KafkaError._AUTO_OFFSET_RESET), Reaction.FATAL),
    (KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, txn_requires_abort=True), Reaction.FATAL),
    (KafkaError(KafkaError._STATE, fatal=True), Reaction.FATAL),
    (KafkaError(KafkaError.ILLEGAL_GENERATION, fatal=True), Reaction.FATAL),
    (KafkaError(KafkaError._FATAL), Reaction.FATAL),
    (KafkaError(KafkaError.UNKNOWN_MEMBER_ID, txn_requires_abort=True), Reaction.LOST),
    (KafkaError(KafkaError._MAX_POLL_EXCEEDED), Reaction.LOST),
    (KafkaError(KafkaError.ILLEGAL_GENERATION, txn_requires_abort=True), Reaction.REFUSED),
    (KafkaError(KafkaError.REBALANCE_IN_PROGRESS, txn_requires_abort=True), Reaction.REFUSED),
    (KafkaError(KafkaError.INVALID_PRODUCER_EPOCH, txn_requires_abort=True), Reaction.ABORT),
    (KafkaError(KafkaError._STATE), Reaction.ABORT),
    (KafkaError(KafkaError._QUEUE_FULL), Reaction.ABORT),
    (KafkaError(KafkaError._TIMED_OUT, txn_requires_abort=True), Reaction.ABORT),
    (KafkaError(KafkaError._TIMED_OUT, retriable=True), Reaction.SILENT),
    (KafkaError(KafkaError._TRANSPORT), Reaction.SILENT),
    (KafkaError(KafkaError._ALL_BROKERS_DOWN), Reaction.SILENT),
    (KafkaError(KafkaError._DESTROY_BROKER), Reaction.SILENT),
    (KafkaError(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, retriable=True), Reaction.RETRY),
    (KafkaError(KafkaError.UNSTABLE_OFFSET_COMMIT), Reaction.RETRY),
    (KafkaError(KafkaError.FENCED_LEADER_EPOCH), Reaction.RETRY),
    (KafkaError(KafkaError.NOT_COORDINATOR), Reaction.RETRY),
    (KafkaError(KafkaError.INVALID_REQUIRED_ACKS), Reaction.UNKNOWN),
]


@pytest.mark.parametrize(("error", "kind"), CASES, ids=lambda value: str(value)[:60])
def test_every_error_has_its_kind(error: KafkaError, kind: Reaction) -> None:
    assert kind_of(KafkaException(error)) is kind


def test_the_cases_walk_the_whole_table() -> None:
    assert {id(rule_for(error)) for error, _ in CASES} >= {id(rule) for rule in RULES}


def test_a_halt_says_what_happened_and_what_to_do() -> None:
    told = str(halt("a checkpoint failed", KafkaError(KafkaError._AUTHENTICATION, "no such user")))
    assert told == (
        "a checkpoint failed: _AUTHENTICATION: no such user; the broker refuses this user or"
        " password: check the worker's credentials"
    )
