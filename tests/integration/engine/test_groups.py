"""Workers that share an application: partitions move between them and every record counts once."""

from __future__ import annotations

import random

from tests.integration.engine.conftest import MakeStage
from tests.integration.engine.stage import Said, Stage, wait_until
from tests.integration.engine.words import FORGET

SEED = 7


def chatter(dice: random.Random, count: int) -> list[Said]:
    """Return words with some repeats and some that are forgotten again."""
    return [
        (f"word-{dice.randrange(200)}", FORGET if dice.random() < 0.05 else "said")
        for _ in range(count)
    ]


def test_every_record_counts_once_when_a_worker_joins_and_leaves(make_stage: MakeStage) -> None:
    stage = make_stage(partitions=4)
    dice = random.Random(SEED)
    first = stage.start(0)
    first.wait_ready()
    stage.feed(chatter(dice, 1000))
    second = stage.start(1)
    for _ in range(10):
        stage.feed(chatter(dice, 100))
    second.wait_ready()
    wait_until(lambda: "a partition begins" in second.log, "a share for the second worker")
    stage.feed(chatter(dice, 500))
    stage.wait_done()
    second.stop()
    stage.feed(chatter(dice, 500))
    stage.wait_done()
    first.stop()
    assert stage.outputs() == stage.totals
    assert stage.rows_in_changelog() == {word: n for word, n in stage.counts.items() if n}


def test_two_topics_meet_in_one_store(make_stage: MakeStage) -> None:
    stage = make_stage(sources=2)
    dice = random.Random(SEED)
    stage.feed(chatter(dice, 300), source=0)
    first, second = stage.start(0), stage.start(1)
    stage.wait_done()
    stage.feed(chatter(dice, 300), source=1)
    stage.wait_done()
    first.kill()
    stage.feed(chatter(dice, 300), source=0)
    again = stage.start(0)
    stage.wait_done()
    for actor in (again, second):
        actor.wait_ready()
        actor.stop()
    assert stage.outputs() == stage.totals
    assert stage.rows_in_changelog() == {word: n for word, n in stage.counts.items() if n}


def test_a_worker_without_tables_passes_every_record_on_once(make_stage: MakeStage) -> None:
    stage: Stage = make_stage(partitions=1, sources=12, has_tables=False)
    said = [[(f"word-{source}", str(n)) for n in range(200)] for source in range(12)]
    actor = stage.start()
    for source, records in enumerate(said):
        stage.feed(records[:100], source=source)
    actor.wait_ready()
    actor.kill()
    for source, records in enumerate(said):
        stage.feed(records[100:], source=source)
    again = stage.start()
    stage.wait_done()
    again.stop()
    assert stage.outputs() == {f"word-{source}": list(range(200)) for source in range(12)}
