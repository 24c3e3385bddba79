"""The agents' discipline against each fault of stock Faust, on the real broker.

What stock Faust does in the same places is shown in ``test_stock.py``; the table of the faults is
``docs/agents.md``.
"""

from __future__ import annotations

import signal
import time
from typing import Final

import psutil
import pytest

from creditbus.runtime.workers.apps import FAILED
from tests.integration.agents.conftest import Scene
from tests.integration.agents.taker import BIG
from tests.integration.views.stage import BOUND_S, Running, wait_until
from tests.stack_fixtures import ThrowawayTopic

STALLED_S: Final = 4.0
"""After how long a stall is one: a busy machine holds a loop up for a second or two."""

NUMBERS: Final = [str(number) for number in range(1000)]


def ended(running: Running) -> str:
    """Wait until a process has ended as one that must not go on, and return its log."""
    assert running.child.wait(BOUND_S) == FAILED, running.log.read_text()
    return running.log.read_text()


@pytest.mark.parametrize(
    ("bad", "why"),
    [("fail", "told to fail"), (b"\xff", "invalid start byte"), ("cancel", "a task beside")],
    ids=["exception", "undecodable", "cancelled"],
)
def test_a_record_that_fails_is_never_passed(scene: Scene, bad: str | bytes, why: str) -> None:
    """Faults 2, 3, 4 and 14."""
    scene.feed(*NUMBERS, bad, "behind")
    assert why in ended(scene.start())
    assert scene.taken[: len(NUMBERS)] == NUMBERS
    assert (scene.standing() or 0) <= len(NUMBERS)
    assert why in ended(scene.start())
    assert "behind" not in scene.taken


def test_what_is_unfinished_is_taken_again_after_a_kill(scene: Scene) -> None:
    """Faults 1 and 5: between markers of transactions, where offsets have gaps."""
    transactions = [(str(number), number % 3 > 0) for number in range(12)]
    # Each transaction takes two offsets: its record, and the marker behind it.
    offsets = {2 * number: str(number) for number in range(12) if number % 3 > 0}
    kept = list(offsets.values())
    scene.transact([*transactions, ("hang", True), ("behind", True)])
    first = scene.start()
    wait_until(lambda: scene.taken == [*kept, "hang"])
    scene.transact([("later", True)])
    time.sleep(1.2)  # two commits, which may stop anywhere before what is unfinished
    first.stop(signal.SIGKILL)
    before, standing = len(scene.taken), scene.standing() or 0
    assert standing <= 24
    again = scene.start(is_obedient=False)
    wait_until(lambda: "later" in scene.taken)
    uncommitted = [value for offset, value in offsets.items() if offset >= standing]
    assert scene.taken[before:] == [*uncommitted, "hang", "behind", "later"]
    wait_until(lambda: (scene.standing() or 0) == 29)  # the record, not the marker behind it
    assert again.stop() == 0


def test_what_the_broker_refuses_ends_the_process_before_the_commit(
    scene: Scene, throwaway_topic: ThrowawayTopic
) -> None:
    """Fault 6."""
    small = throwaway_topic(config={"max.message.bytes": str(BIG // 2)})
    scene.feed("one", "send", "behind")
    assert "MessageSizeTooLarge" in ended(scene.start(outputs=small))
    assert (scene.standing() or 0) <= 1
    assert "behind" not in scene.taken


def test_a_rebalance_ends_the_process(scene: Scene) -> None:
    """Fault 7."""
    first = scene.start()
    first.wait_ready()
    scene.start(worker=1)
    assert "rebalanced" in ended(first)


def test_a_process_that_lost_sight_of_the_group_reads_again(scene: Scene) -> None:
    """Fault 7: an older process of the name goes on while the new one rebuilds."""
    older = scene.start()
    older.wait_ready()
    scene.feed(*NUMBERS)
    wait_until(lambda: scene.standing() == len(NUMBERS))
    older.child.send_signal(signal.SIGSTOP)
    assert "went on while it was read" in ended(scene.start(rebuilt=len(NUMBERS) - 1))


def test_no_door_is_open_and_no_log_is_loud(scene: Scene) -> None:
    """Faults 12 and 13; and an empty value is a record like any other."""
    scene.feed("one", None, "level")
    running = scene.start()
    wait_until(lambda: scene.taken == ["one", "", "level"])
    opened = psutil.Process(running.child.pid).net_connections(kind="tcp")
    listening = [each.laddr for each in opened if each.status == psutil.CONN_LISTEN]
    assert listening == [("127.0.0.1", running.port)]
    wait_until(lambda: '"root_level": "WARNING"' in running.log.read_text())
    wait_until(lambda: scene.standing() == 3)
    assert running.stop() == 0


def test_a_partition_that_sleeps_beside_a_busy_one_ends_the_process(scene: Scene) -> None:
    """Fault 15."""
    running = scene.start(stuck=0, stalled=STALLED_S)
    running.wait_ready()
    deadline = time.monotonic() + BOUND_S
    while running.child.poll() is None and time.monotonic() < deadline:
        # Again and again: the first may be taken before the partition has fallen asleep.
        scene.feed("unseen", partition=0)
        scene.feed("seen", partition=1)
        time.sleep(0.2)
    assert f"no record of {scene.topic}/0 was done" in ended(running)
    assert "seen" in scene.taken


def test_a_loop_that_stands_still_ends_the_process(scene: Scene) -> None:
    """Fault 15: nobody is left in the loop to notice."""
    scene.feed("block")
    assert "the event loop stood still" in ended(scene.start(stalled=STALLED_S))


def test_what_is_aborted_or_open_is_never_taken(scene: Scene) -> None:
    """Of no number: Faust reads what was never committed."""
    scene.start().wait_ready()
    producer = scene.producer(**{"transactional.id": scene.topic})
    producer.init_transactions(BOUND_S)
    for number in range(4):
        producer.begin_transaction()
        producer.produce(scene.topic, f"{'kept' if number % 2 else 'aborted'}-{number}".encode())
        producer.flush(BOUND_S)
        if number == 1:
            # Long enough for a reader of what is not committed to have taken it.
            time.sleep(1)
            assert scene.taken == []
        if number % 2:
            producer.commit_transaction(BOUND_S)
        else:
            producer.abort_transaction(BOUND_S)
    wait_until(lambda: len(scene.taken) >= 2)
    assert sorted(scene.taken) == ["kept-1", "kept-3"]
