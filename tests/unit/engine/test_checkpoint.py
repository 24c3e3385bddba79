"""A checkpoint against a producer that fails as told: nothing is lost, nothing committed twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from creditbus.engine.checkpoint import ATTEMPTS, Checkpoint
from creditbus.engine.failures import Halt, Silent, TransactionRefused, Undecided
from creditbus.engine.shares import Share
from creditbus.engine.store import Store, StoreMark
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

    def __init__(
        self, *script: tuple[str, KafkaError | threading.Event], generation: int = 3
    ) -> None:
        self.producer = ScriptedProducer(*script)
        self.transaction = self.producer.as_transaction()
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


def test_a_broker_that_asks_for_it_is_asked_the_same_again(share: Share) -> None:
    again = KafkaError(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, retriable=True)
    desk = Desk(("offer", again), ("commit", again), ("commit", again))
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE
    assert desk.producer.calls.count("begin") == 1
    assert "abort" not in desk.producer.calls


def test_after_a_silence_before_the_commit_all_is_done_again_on_a_new_line(share: Share) -> None:
    desk = Desk(("offer", SILENCE))
    desk.transaction.send(share)
    with pytest.raises(Silent):
        desk.checkpoint.take([share])
    with pytest.raises(Silent):
        desk.checkpoint.take([share])
    desk.transaction.mend(1.0)
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE
    assert desk.producer.calls.count("init") == 1
    assert desk.producer.calls.index("init") < desk.producer.calls.index("commit")
    # The fence ends what was open: an abort would be one more request that might come late.
    assert "abort" not in desk.producer.calls


def test_a_commit_without_an_answer_is_undecided_and_never_asked_for_again(share: Share) -> None:
    desk = Desk(("commit", SILENCE))
    with pytest.raises(Undecided):
        desk.checkpoint.take([share])
    with pytest.raises(Silent):
        desk.checkpoint.take([share])
    assert desk.producer.calls.count("commit") == 1


@pytest.mark.parametrize(("waited_in", "raised"), [("offer", Silent), ("commit", Undecided)])
def test_a_record_without_an_answer_is_a_silence(
    share: Share, waited_in: str, raised: type[Exception]
) -> None:
    waited = KafkaError(KafkaError._MSG_TIMED_OUT, txn_requires_abort=True)
    desk = Desk((waited_in, waited))
    with pytest.raises(raised):
        desk.checkpoint.take([share])
    assert desk.transaction.doubt is not None
    desk.transaction.mend(1.0)
    desk.checkpoint.take([share])
    assert desk.producer.committed == WHOLE


def test_a_client_that_is_of_no_use_any_more_is_replaced(share: Share) -> None:
    desk = Desk(("commit", KafkaError(KafkaError.UNKNOWN_PRODUCER_ID, fatal=True)))
    with pytest.raises(Undecided):
        desk.checkpoint.take([share])
    desk.transaction.mend(1.0)
    assert desk.transaction.doubt is None


@pytest.mark.parametrize(("hangs_in", "raised"), [("offer", Silent), ("commit", Undecided)])
def test_a_call_that_never_returns_is_left_behind(
    share: Share, hangs_in: str, raised: type[Exception]
) -> None:
    let_go = threading.Event()
    desk = Desk((hangs_in, let_go))
    with pytest.raises(raised):
        desk.checkpoint.take([share])
    desk.transaction.mend(1.0)
    assert desk.transaction.doubt is None
    let_go.set()


def test_too_many_calls_that_hang_at_once_stop_the_worker(share: Share) -> None:
    let_go = threading.Event()
    desk = Desk()

    def hang() -> None:
        while True:
            desk.producer.script = [("offer", let_go)]
            with pytest.raises(Silent):
                desk.checkpoint.take([share])
            desk.transaction.mend(1.0)

    with pytest.raises(Halt, match="never returned; start the worker again"):
        hang()
    let_go.set()


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
    desk.transaction = desk.producer.as_transaction(room=2)
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
