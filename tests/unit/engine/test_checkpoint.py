"""A checkpoint against a producer that fails as told: nothing is lost, nothing committed twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from creditbus.engine.alarm import Alarm
from creditbus.engine.checkpoint import ATTEMPTS, Checkpoint
from creditbus.engine.failures import Halt, TransactionRefused
from creditbus.engine.shares import Share
from creditbus.engine.store import Store, StoreMark
from creditbus.engine.transaction import Transaction
from creditbus.engine.values import Produced
from creditbus.engine.watchdog import Watchdog
from tests.unit.engine.doubles import (
    COUNTS,
    NOON,
    Journal,
    ScriptedProducer,
    membership,
    surroundings,
)

REFUSED = KafkaError(KafkaError.ILLEGAL_GENERATION, txn_requires_abort=True)
ABORT = KafkaError(KafkaError.INVALID_PRODUCER_EPOCH, txn_requires_abort=True)
SILENCE = KafkaError(KafkaError._TIMED_OUT, retriable=True)
FENCED = KafkaError(KafkaError._FENCED, fatal=True)

WHOLE = [("out", b"a"), ("log", b"counts\0a"), ("log", b"\0source\0in")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "p0")
    yield opened
    opened.close()


@pytest.fixture
def share(store: Store) -> Share:
    made = Share(0, {"in": 7}, store, (COUNTS,))
    made.keep([Produced(topic="out", key=b"a", value=b"1")], {COUNTS: {"a": 1}}, {"seen": 2})
    made.advance("in", 9, 2)
    return made


class Desk:
    """A checkpoint over a scripted producer."""

    def __init__(self, *script: tuple[str, KafkaError], generation: int = 3) -> None:
        self.producer = ScriptedProducer(*script)
        self.transaction = Transaction(self.producer.as_producer(), Alarm())
        self.generation = generation
        self.journal = Journal()
        self.checkpoint = Checkpoint(
            self.transaction,
            changelog="log",
            topic_id="t1",
            membership=lambda: membership(self.generation),
            surroundings=surroundings(self.journal),
            watchdog=Watchdog(self.journal),
        )


def test_outputs_changes_and_position_become_durable_together(share: Share, store: Store) -> None:
    desk = Desk()
    desk.transaction.send(share)
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE
    assert desk.producer.offsets == {("in", 0): 9}
    assert store.fetch([b"counts\0a"]) == [b"1"]
    assert store.position("in") == 9
    assert store.mark == StoreMark(topic_id="t1", offset=42, at=int(NOON.timestamp()))
    assert desk.journal.counted["seen"] == 2
    assert not share.moved
    assert not share.kept


def test_nothing_is_committed_when_nothing_moved(store: Store) -> None:
    desk = Desk()
    desk.checkpoint.take([Share(0, {"in": 7}, store, (COUNTS,))])
    assert desk.producer.calls == []


def test_a_refused_share_is_kept_and_committed_whole_the_next_time(
    share: Share, store: Store
) -> None:
    desk = Desk(("offer", REFUSED))
    desk.transaction.send(share)
    with pytest.raises(TransactionRefused):
        desk.checkpoint.take([share])
    assert desk.producer.committed == []
    assert store.mark is None
    assert share.overlay.get_many(COUNTS, ["a"]) == [1]
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE


def test_an_abort_is_followed_by_the_same_transaction(share: Share) -> None:
    desk = Desk(("commit", ABORT))
    desk.transaction.send(share)
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE
    assert desk.producer.calls.count("abort") == 1


def test_a_transaction_broken_before_its_checkpoint_is_made_anew(share: Share) -> None:
    desk = Desk(("produce", KafkaError(KafkaError._STATE)))
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE
    assert desk.producer.calls.count("abort") == 1


def test_a_record_that_is_told_of_the_state_alone_halts_with_the_error_before_it(
    share: Share,
) -> None:
    too_large = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, txn_requires_abort=True)
    desk = Desk(("produce", KafkaError(KafkaError._STATE)), ("offer", too_large))
    with pytest.raises(Halt, match="an output is larger than its topic allows"):
        desk.checkpoint.take([share])
    assert desk.producer.committed == []


def test_a_record_refused_ahead_of_the_checkpoint_is_the_cause_of_its_halt(share: Share) -> None:
    desk = Desk(("produce", KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)))
    with pytest.raises(KafkaException):
        desk.transaction.send(share)
    with pytest.raises(Halt, match="an output is larger than its topic allows"):
        desk.checkpoint.take([share])
    assert desk.producer.committed == []


def test_an_abort_that_fails_for_good_says_what_to_do(share: Share) -> None:
    desk = Desk(("commit", ABORT), ("abort", FENCED))
    with pytest.raises(Halt, match="cannot be aborted: _FENCED"):
        desk.checkpoint.take([share])


def test_a_transaction_that_is_always_refused_stops_the_worker(share: Share) -> None:
    desk = Desk(*[("commit", ABORT)] * ATTEMPTS)
    with pytest.raises(Halt, match="refused the same transaction 5 times"):
        desk.checkpoint.take([share])
    assert desk.producer.committed == []


def test_a_silent_broker_is_asked_the_same_again(share: Share) -> None:
    desk = Desk(("offer", SILENCE), ("commit", SILENCE), ("commit", SILENCE))
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE
    assert desk.producer.calls.count("begin") == 1
    assert "abort" not in desk.producer.calls


def test_a_fenced_worker_stops(share: Share) -> None:
    desk = Desk(("commit", FENCED))
    with pytest.raises(Halt, match="see that it runs once, and start it again"):
        desk.checkpoint.take([share])
    assert desk.producer.committed == []


def test_a_worker_outside_its_group_commits_nothing(share: Share) -> None:
    desk = Desk(generation=-1)
    with pytest.raises(TransactionRefused):
        desk.checkpoint.take([share])
    assert desk.producer.committed == []
    assert desk.producer.offsets == {}


def test_a_share_without_tables_commits_its_position_alone() -> None:
    desk = Desk()
    share = Share(0, {"in": 0})
    share.advance("in", 5, 5)
    desk.checkpoint.take([share])
    assert desk.producer.committed == []
    assert desk.producer.offsets == {("in", 0): 5}


@pytest.mark.parametrize("headers", [(), (("origin", b"in/0/7"),)], ids=["batch", "headers"])
def test_a_full_queue_is_waited_for(share: Share, headers: tuple[tuple[str, bytes], ...]) -> None:
    desk = Desk()
    desk.producer = ScriptedProducer(room=2)
    desk.transaction = Transaction(desk.producer.as_producer(), Alarm(), room=2)
    for key in (b"b", b"c", b"d"):
        share.keep([Produced(topic="out", key=key, value=b"1", headers=headers)], {}, {})
        desk.transaction.send(share)
    assert [key for _, key in desk.producer.open] == [b"a", b"b", b"c", b"d"]
    assert "poll" in desk.producer.calls


def test_a_transaction_that_lacks_a_record_is_not_committed(share: Share) -> None:
    desk = Desk(("produce", KafkaError(KafkaError._QUEUE_FULL)))
    with pytest.raises(KafkaException):
        desk.transaction.send(share)
    desk.checkpoint.take([share])
    assert desk.producer.calls.count("abort") == 1
    assert desk.producer.committed == WHOLE
