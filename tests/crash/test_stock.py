"""The harness can see a loss: a stock Faust agent fails the assertions that the engine passes."""

from __future__ import annotations

import random
import sys
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import ClassVar

from confluent_kafka import KafkaException

from creditbus.engine import offsets
from creditbus.engine.worker import Connection
from creditbus.stack.local import LocalStack
from tests.crash.run import BROKER_SECONDS, VOCABULARY, Run
from tests.crash.truth import judge

KILLS = 6  # at most; the first that costs an output is enough
WAVE = 4000
CONSUMED = 1500
QUIET_SECONDS = 15.0


class StockRun(Run):
    """A run whose workers are stock Faust agents."""

    program: ClassVar[str] = "tests.crash.stock"

    def say(self, count: int) -> None:
        """Feed words, each with its running number."""
        for _ in range(count):
            word = f"word-{self.dice.randrange(VOCABULARY)}"
            number = self.counts.get(word, 0) + 1
            self._produce(self.sources[0], word, str(number).encode())
            self.counts[word] = number
            self.totals.setdefault(word, []).append(number)
        assert self._producer.flush(40) == 0


def test_a_stock_agent_is_seen_to_lose(
    connection: Connection, stack: LocalStack, tmp_path: Path, seed: int
) -> None:
    run = StockRun(connection, tmp_path, seed=seed, broker=stack.server("kafka"))
    try:
        lose(run)
    except BaseException:
        sys.stdout.write(run.logs)
        raise
    finally:
        for actor in run.team.values():
            actor.kill()
    verdict = judge(run)
    sys.stdout.write(f"a stock agent: {verdict}\n")
    assert verdict.lost
    run.close()


def lose(run: Run) -> None:
    """Kill the agent while it works, as often as the engine's workers are."""
    dice = random.Random(run.dice.random())
    run.begin(0)
    for _ in range(KILLS):
        before = progress(run)
        run.say(WAVE)
        enough = before + CONSUMED + dice.randrange(500)
        try:
            run.wait_until(partial(has_come, run, enough), "the agent to work", BROKER_SECONDS)
        except AssertionError:
            if not run.kills:
                raise
            # After a kill it may come back and do nothing any more: what waits is lost as well.
            sys.stdout.write(f"a stock agent stands still after {run.kills} kills\n")
            return
        run.kill()
        run.begin(0)
        if has_gap(run):
            break
    run.wait_until(lambda: run.is_done() or is_quiet(run), "the agent to be done")


def has_gap(run: Run) -> bool:
    """Whether a word's output is missing below one that is there."""
    return any(len(set(totals)) < max(totals) for totals in run.outputs().values())


def has_come(run: Run, enough: int) -> bool:
    """Whether there are so many outputs."""
    return progress(run) >= enough


def is_quiet(run: Run) -> bool:
    """Whether nothing comes any more; the agent's group may never reach the end."""
    before = progress(run)
    deadline = monotonic() + QUIET_SECONDS
    while monotonic() < deadline:
        sleep(0.5)
        if run.is_done() or progress(run) > before:
            return False
    return True


def progress(run: Run) -> int:
    """Return how many outputs there are."""
    places = [(run.play.outputs, partition) for partition in range(run.partitions)]
    try:
        return sum(offsets.log_ends(run.admin, places).values())
    except KafkaException:
        return 0  # the broker does not lead the new topic yet
