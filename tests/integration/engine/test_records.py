"""What a worker does with records it cannot read, and with a decision that fails."""

from __future__ import annotations

from dataclasses import replace

from tests.integration.engine.stage import Stage, wait_until
from tests.integration.engine.words import POISON


def test_an_unreadable_record_is_buried_while_its_neighbours_go_on(stage: Stage) -> None:
    stage.feed([("before", "said"), ("both", "said")])
    for word in ("before", "both", "after"):
        stage.feed_garbage(word)
    stage.feed([("both", "said"), ("after", "said")])
    actor = stage.start()
    stage.wait_done()
    actor.stop()
    stage.check()
    dead = stage.read(stage.play.dead_letters or "", 1)
    assert [value for _, value in dead] == stage.buried


def test_an_unreadable_record_stops_a_worker_without_dead_letters(stage: Stage) -> None:
    stage.play = replace(stage.play, dead_letters=None)
    stage.feed_garbage("garbled")
    actor = stage.start()
    assert actor.ended() == 1
    assert "/0 cannot be read: no text" in actor.log
    assert set(stage.standing().values()) == {None}


def test_a_failing_decision_ends_the_process_and_commits_nothing(stage: Stage) -> None:
    actor = stage.start()
    actor.wait_ready()
    stage.feed_unfolded("word", POISON)
    assert actor.ended() == 1
    assert "a bug of the toy" in actor.log
    assert set(stage.standing().values()) == {None}
    assert stage.outputs() == {}
    assert stage.rows_in_changelog() == {}


def test_a_lone_record_is_through_without_waiting_for_others(stage: Stage) -> None:
    actor = stage.start()
    actor.wait_ready()
    stage.feed([("lone", "said")])
    wait_until(stage.is_done, "a lone record", bound=3.0)
    actor.stop()
    stage.check()
