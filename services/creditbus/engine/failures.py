"""Failures: what an error of the broker means for a worker, in one table, and the exceptions.

    EngineFailure
    ├── Halt             the worker cannot go on; the sentence says what happened and what to do
    │   └── TopicMissing a topic or partition is not there: the host knows who creates it
    ├── SliceFailed      the service's own code failed at a slice; the sentence names its place
    ├── Refused          the broker refused a transaction; what is owned is kept and tried again
    ├── Silent           it left a call unanswered; what is owned is tried again on a new line
    └── Undecided        it left a commit unanswered; what is owned is read again from what it kept

A refusal is not always a loss: in an ordinary rebalance a member that keeps its partitions can be
refused once. Only the group's own word (``on_lost``) drops what a worker holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from confluent_kafka import KafkaError, KafkaException


class EngineFailure(Exception):
    """What the engine itself raises."""


class Halt(EngineFailure):
    """The worker cannot go on: what happened, what to do about it, and what the broker said."""

    def __init__(self, happened: str, advice: str, error: KafkaError | None = None) -> None:
        super().__init__(f"{happened}; {advice}")
        self.error = error


class TopicMissing(Halt):
    """A topic or partition that the worker needs is not there; its host says how it is created."""


class SliceFailed(EngineFailure):
    """What a service does with a slice raised something: ``__cause__`` is what."""


class TransactionRefused(EngineFailure):
    """The broker refused the transaction and it was aborted; what is still owned is kept."""


class Silent(EngineFailure):
    """The broker left something unanswered before the commit; what is still owned is kept."""


class Undecided(EngineFailure):
    """The broker left the commit unanswered: only what it kept tells whether it happened."""


class Reaction(StrEnum):
    """What a worker does about an error."""

    FATAL = "fatal"  # stop with the sentence
    LOST = "lost"  # abort and poll: the group is about to take the partitions
    REFUSED = "refused"  # abort, keep what is owned, produce it again as the group now stands
    ABORT = "abort"  # abort and produce again at once, a few times
    SILENT = "silent"  # nobody answers: wait, the same call again
    RETRY = "retry"  # the same call again
    UNKNOWN = "unknown"  # in no row: a call that fails so stops the worker


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: which errors it is about, and what to do."""

    kind: Reaction
    holds: Callable[[KafkaError], bool]
    advice: str


def _codes(*codes: int) -> Callable[[KafkaError], bool]:
    return lambda error: error.code() in codes


def _is_another_process(error: KafkaError) -> bool:
    """Whether the client itself says that its name is taken: it is of no use any more."""
    return error.code() == KafkaError.FENCED_INSTANCE_ID and error.fatal()


def _is_broken_off(error: KafkaError) -> bool:
    """Whether the broker went away while it asked for the password, and refused nothing.

    The library has one code for both, and calls local what its own side noticed.
    """
    return error.code() == KafkaError._AUTHENTICATION and "handshake failed: Local:" in error.str()


_MISSING = _codes(
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
)


def _is_not_believed(error: KafkaError) -> bool:
    """Whether a certificate is refused; a handshake can also break off with its broker."""
    told = error.str().lower()
    return error.code() == KafkaError._SSL and ("certificate" in told or "alert" in told)


# What a broker says while it starts, or while partitions and groups change hands.
_PASSING = frozenset(
    {
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.NOT_CONTROLLER,
        KafkaError._NOENT,  # noqa: SLF001 - "no leaders found" for a topic that is there
    }
)

_UNANSWERED = frozenset(
    {
        KafkaError._MSG_TIMED_OUT,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._DESTROY_BROKER,  # the client let the broker go that was asked
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    }
)

_UNUSABLE = Rule(
    Reaction.FATAL,
    # What a read brings says so by its code alone.
    lambda error: error.fatal() or error.code() == KafkaError._FATAL,
    "the client is unusable: start the worker again",
)

RULES: tuple[Rule, ...] = (
    Rule(
        Reaction.SILENT,
        _is_broken_off,
        "the broker went away during a login: the worker waits for it",
    ),
    Rule(
        Reaction.FATAL,
        _codes(KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED),
        "the broker refuses this user or password: check the worker's credentials",
    ),
    Rule(
        Reaction.FATAL,
        _is_not_believed,
        "the broker's certificate is not believed, or ours is not: check the authority's file and"
        " the client's certificate",
    ),
    Rule(
        Reaction.FATAL,
        _codes(
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.GROUP_AUTHORIZATION_FAILED,
            KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        ),
        "the worker's user has no right to this: give it the rights of its service",
    ),
    Rule(
        Reaction.FATAL,
        lambda error: error.code() == KafkaError._FENCED or _is_another_process(error),
        "another process runs under this worker's name, or this one stood still for so long that"
        " its transaction was given up: see that it runs once, and start it again",
    ),
    Rule(
        Reaction.FATAL,
        _MISSING,
        "a topic or partition is missing: create it",
    ),
    Rule(
        Reaction.FATAL,
        _codes(KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE),
        "records were removed before they were read: a person must say where to go on",
    ),
    Rule(
        Reaction.FATAL,
        _codes(KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE),
        "an output is larger than its topic allows: raise the topic's limit or mend the service",
    ),
    _UNUSABLE,
    Rule(
        # A member that was expelled is fenced by itself, come back under its name.
        Reaction.LOST,
        _codes(
            KafkaError.UNKNOWN_MEMBER_ID,
            KafkaError.FENCED_INSTANCE_ID,
            KafkaError._MAX_POLL_EXCEEDED,
        ),
        "the group has expelled this worker: it joins again by itself",
    ),
    Rule(
        Reaction.REFUSED,
        _codes(KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS),
        "the group is changing: the worker tries again by itself",
    ),
    Rule(
        Reaction.ABORT,
        # A record that comes after the error of an earlier one is told of the state alone; a full
        # queue takes a part of a batch.
        lambda error: (
            error.txn_requires_abort()
            or error.code() in (KafkaError._STATE, KafkaError._QUEUE_FULL)
        ),
        "the transaction must be aborted: the worker tries again by itself",
    ),
    Rule(
        Reaction.SILENT,
        _codes(
            KafkaError._TIMED_OUT,
            KafkaError._TRANSPORT,
            KafkaError._DESTROY_BROKER,
            KafkaError._ALL_BROKERS_DOWN,
            KafkaError._RESOLVE,
            KafkaError._SSL,
            KafkaError._WAIT_COORD,
            KafkaError.REQUEST_TIMED_OUT,
        ),
        "the broker does not answer: the worker waits for it",
    ),
    Rule(
        Reaction.RETRY,
        # The library says so of its transactions' errors alone, not of an admin's.
        lambda error: error.retriable() or error.code() in _PASSING,
        "the broker asks to try again: the worker does",
    ),
)

_UNKNOWN = Rule(
    Reaction.UNKNOWN, lambda _: True, "the engine does not know this error: look at the broker"
)


def rule_for(error: KafkaError) -> Rule:
    """Return the first row that holds for the error."""
    return next((rule for rule in RULES if rule.holds(error)), _UNKNOWN)


def is_unusable(error: KafkaError) -> bool:
    """Return whether a client can go no further for reasons of its own: another one could."""
    return rule_for(error) is _UNUSABLE


class Hindrance(StrEnum):
    """Why one source cannot be read, whatever the others are like."""

    BATCH_UNREADABLE = "batch_unreadable"
    RIGHTS_MISSING = "rights_missing"
    TOPIC_MISSING = "topic_missing"
    RECORDS_REMOVED = "records_removed"
    FETCH_FAILED = "fetch_failed"

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        return _HINDRANCES[self]


_HINDRANCES = {
    Hindrance.BATCH_UNREADABLE: "a batch is broken, or unpacks to more than is taken",
    Hindrance.RIGHTS_MISSING: "there is no right to read it",
    Hindrance.TOPIC_MISSING: "the topic or partition is not there",
    Hindrance.RECORDS_REMOVED: "records were removed before they were read, or the topic is new",
    Hindrance.FETCH_FAILED: "it cannot be fetched",
}


def hindrance_of(error: KafkaError) -> Hindrance | None:
    """Return what keeps a source from being read, None when the error is not of one source alone.

    An error that is in no row of the table is taken for the source's: what is the client's or the
    broker's own has its row.
    """
    code = error.code()
    if code in (
        KafkaError._BAD_COMPRESSION,
        KafkaError._BAD_MSG,
        KafkaError.INVALID_MSG,
        KafkaError.MSG_SIZE_TOO_LARGE,
    ):
        return Hindrance.BATCH_UNREADABLE
    if code == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        return Hindrance.RIGHTS_MISSING
    if _MISSING(error):
        return Hindrance.TOPIC_MISSING
    if code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
        return Hindrance.RECORDS_REMOVED
    return Hindrance.FETCH_FAILED if rule_for(error) is _UNKNOWN else None


def is_of_source(halted: Halt) -> bool:
    """Return whether a worker may have been stopped by what is wrong with one of its sources."""
    found = None if halted.error is None else hindrance_of(halted.error)
    return found in (Hindrance.RIGHTS_MISSING, Hindrance.TOPIC_MISSING)


def is_unanswered(error: KafkaError) -> bool:
    """Return whether something had no answer: the broker may have taken it all the same."""
    return error.code() in _UNANSWERED


def kind_of(failure: KafkaException) -> Reaction:
    """Return what a worker does about a call that failed so."""
    return rule_for(error_of(failure)).kind


def error_of(failure: KafkaException) -> KafkaError:
    """Return the broker's error inside the client's exception."""
    error: KafkaError = failure.args[0]
    return error


def halt(during: str, error: KafkaError) -> Halt:
    """Return the exception that says what failed and what to do."""
    kind = TopicMissing if _MISSING(error) else Halt
    return kind(f"{during}: {error.name()}: {error.str()}", rule_for(error).advice, error)
