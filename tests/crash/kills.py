"""Workers that are killed: at any moment, and at every step."""

from __future__ import annotations

import shutil

from tests.crash.run import Run, leave
from tests.crash.scenarios import Chapter

CHAPTER = Chapter("Killed workers")

BLOWS = 4
STEPS = (
    "sliced",
    "sent",
    "begun",
    "logging",
    "logged",
    "offered",
    "committed",
    "written",
    "settled",
)


@CHAPTER.scenario(
    strikes="SIGKILL of a worker in mid-stream, again and again",
    then="its next start reads the rest of the changelog and does the uncommitted work again",
    is_short=True,
)
def kills_in_mid_stream(run: Run) -> None:
    run.begin(0, 1)
    with run.load():
        for _ in range(BLOWS):
            run.wait_ready()
            number = run.dice.randrange(2)
            run.pause(0.0, 0.5)
            run.kill(number)
            run.begin(number)


@CHAPTER.scenario(
    strikes="SIGKILL of a worker, and its folder is deleted",
    then="its next start builds the stores from the changelog",
)
def kills_with_the_store_deleted(run: Run) -> None:
    run.begin(0, 1)
    with run.load():
        for _ in range(BLOWS):
            run.wait_ready()
            number = run.dice.randrange(2)
            run.pause(0.0, 0.5)
            run.kill(number)
            shutil.rmtree(run.home(number))
            run.begin(number)


@CHAPTER.scenario(
    strikes="both workers at once, as when the machine goes down",
    then="both restore; an open transaction is aborted by its owner's next start",
)
def kills_of_all_workers_at_once(run: Run) -> None:
    run.begin(0, 1)
    with run.load():
        for _ in range(BLOWS):
            run.wait_ready()
            run.pause(0.0, 0.5)
            run.kill(0)
            run.kill(1)
            run.begin(0, 1)


@CHAPTER.scenario(
    strikes="a worker before a partition's first checkpoint",
    then="group and state both know nothing of the partition, so it begins at the start",
)
def a_kill_before_the_first_checkpoint(run: Run) -> None:
    run.say(200)
    for step in ("offered", "logged", "sliced"):
        run.begin(0, strike_at=step, lingers=run.dice.choice((0.0, 0.05)))
        run.struck()
    assert set(run.standing().values()) == {None}
    run.begin(0, 1)


@CHAPTER.scenario(
    strikes="a worker at each step of a slice and of a checkpoint, and inside it",
    then="before the commit everything is done again, after it the disk follows the changelog",
    is_short=True,
)
def an_end_at_every_step_of_a_checkpoint(run: Run) -> None:
    run.begin(1)
    steps = list(STEPS)
    run.dice.shuffle(steps)
    with run.load():
        for step in steps:
            run.begin(
                0,
                strike_at=step,
                strike_after=run.dice.randrange(1, 8),
                lingers=run.dice.choice((0.0, 0.02)),
            )
            run.struck()
    run.begin(0)


@CHAPTER.scenario(
    strikes="a worker at each step of a restore",
    then="the next start goes on where the store is",
    is_short=True,
)
def an_end_at_every_step_of_a_restore(run: Run) -> None:
    run.begin(0)
    run.say(2000)
    run.wait_done()
    for step in ("asked", "opened", "followed", "restored", "begins"):
        run.kill(0)
        if run.dice.random() < 0.7 or step == "followed":
            shutil.rmtree(run.home())
        run.begin(0, strike_at=step, strike_after=run.dice.randrange(1, 5))
        run.struck()
        run.say(100)
        run.begin(0)
        run.wait_ready()


@CHAPTER.scenario(
    strikes="a worker at each step of giving its partitions away",
    then="the taker waits for the open transaction and restores what was committed",
    is_short=True,
)
def an_end_at_every_step_of_a_revoke(run: Run) -> None:
    run.begin(0, 1)
    with run.load():
        for step in ("revoking", "released", "parted"):
            run.wait_ready()
            run.kill(0)
            run.begin(0, strike_at=step)
            # The group's first answer may hold nothing for it yet, so nothing to give away.
            run.wait_holding(0)
            leave(run.team[0])
            run.struck(0)
            run.begin(0)


@CHAPTER.scenario(
    strikes="a worker that has given partitions away, before the group hands them on; it is back"
    " within its session",
    then="the group believes all is as before and reads them nowhere: a worker sees that, leaves"
    " and joins again",
    is_short=True,
)
def a_kill_between_two_rebalances(run: Run) -> None:
    run.begin(0, strike_at="parted")
    run.wait_ready()
    with run.load():
        run.begin(1)
        run.struck(0)
        run.begin(0)
        run.wait_ready()
