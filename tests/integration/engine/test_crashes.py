"""Whatever kills a worker, wherever it strikes: nothing is lost and nothing counts twice.

The kills are drawn from a seed; a failure names it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from creditbus.engine.failpoints import POINTS
from creditbus.stack.local import LocalStack
from tests.integration.engine.stage import Said, Stage, wait_until
from tests.integration.engine.words import BOOM, FORGET

BY_OTHERS = ("lost", "aborted")  # what the group does to a worker
SEED = 20_261_123
KILLS = 5
STILL_SECONDS = 3.0
ZOMBIE_SECONDS = 7.5  # longer than the group's patience with a silent member


def chatter(dice: random.Random, count: int) -> list[Said]:
    """Return words with some repeats and some that are forgotten again."""
    return [
        (f"word-{dice.randrange(300)}", FORGET if dice.random() < 0.05 else "said")
        for _ in range(count)
    ]


@pytest.mark.parametrize("keeps_store", [True, False], ids=["store-kept", "store-deleted"])
def test_every_record_counts_once_when_workers_are_killed(
    stage: Stage, *, keeps_store: bool
) -> None:
    dice = random.Random(SEED + keeps_store)
    actor = stage.start()
    for _ in range(KILLS):
        actor.wait_ready()
        stage.feed(chatter(dice, 3000))
        time.sleep(dice.uniform(0.0, 0.25))
        actor.kill()
        if not keeps_store:
            shutil.rmtree(stage.play.folder)
        stage.feed(chatter(dice, 500))
        actor = stage.start()
    stage.wait_done()
    actor.stop()
    stage.check()


def test_every_record_counts_once_when_a_worker_ends_at_any_step(stage: Stage) -> None:
    dice = random.Random(SEED)
    for point in POINTS:
        if point in BY_OTHERS:
            continue
        if point == "followed":
            shutil.rmtree(stage.play.folder)
        stage.feed(chatter(dice, 200))
        actor = stage.start(strike_at=point)
        if point in ("revoking", "released", "parted"):
            actor.wait_ready()
            actor.signal(signal.SIGTERM)
        assert actor.ended() == BOOM, f"{point}: {actor.log}"
    last = stage.start()
    # Those before may have left it nothing to do, and a process that only starts cannot stop well.
    last.wait_ready()
    stage.wait_done()
    last.stop()
    stage.check()


def test_a_zombie_cannot_write_over_its_successor(stage: Stage) -> None:
    dice = random.Random(SEED)
    stage.feed(chatter(dice, 2000))
    zombie = stage.start(0, strike_at="sent", strike_after=2, stands_still=True)
    wait_until(lambda: "stands still" in zombie.log, "the zombie to be one")
    successor = stage.start(1)
    stage.feed(chatter(dice, 500))
    time.sleep(ZOMBIE_SECONDS)
    stage.wait_done()
    zombie.signal(signal.SIGCONT)
    wait_until(lambda: "took partitions" in zombie.log, "the loss")
    stage.feed(chatter(dice, 500))
    stage.wait_done()
    zombie.stop()
    successor.stop()
    assert stage.outputs() == stage.totals
    assert stage.rows_in_changelog() == {word: n for word, n in stage.counts.items() if n}


def test_a_killed_worker_rebuilds_a_store_that_cannot_be_read(stage: Stage) -> None:
    actor = stage.start()
    stage.feed(chatter(random.Random(SEED), 500))
    actor.wait_ready()
    stage.wait_done()
    actor.kill()
    home = Path(stage.play.folder) / stage.play.name
    for manifest in home.glob("p*/MANIFEST-*"):
        manifest.write_bytes(b"no manifest")
    again = stage.start()
    again.wait_ready()
    again.stop()
    assert "set aside" in again.log
    stage.check()


def test_every_record_counts_once_when_the_broker_stands_still(
    stage: Stage, stack: LocalStack
) -> None:
    dice = random.Random(SEED)
    actor = stage.start()
    actor.wait_ready()
    broker = stack.server("kafka").pid
    assert broker is not None
    stage.feed(chatter(dice, 5000))
    os.kill(broker, signal.SIGSTOP)
    time.sleep(STILL_SECONDS)
    os.kill(broker, signal.SIGCONT)
    stage.feed(chatter(dice, 500))
    stage.wait_done()
    actor.stop()
    stage.check()
