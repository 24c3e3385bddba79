"""The broker: it stands still, is killed, and is restarted, while workers and load go on."""

from __future__ import annotations

import signal

from tests.crash.run import Run
from tests.crash.scenarios import Chapter
from tests.integration.engine.stage import wait_until

CHAPTER = Chapter("The broker")

# What was open at a broker that died can leave a client unusable.
UNUSABLE = "start the worker again"


@CHAPTER.scenario(
    strikes="SIGSTOP of the broker for some seconds",
    then="the workers wait and say so in their health; what they do goes on where it was",
)
def a_broker_that_stands_still(run: Run) -> None:
    run.begin(0, 1)
    run.wait_ready()
    with run.load():
        run.pause(0.2, 0.5)
        run.broker.send(signal.SIGSTOP)
        run.kills += 1
        run.pause(1.0, 5.0)
        run.broker.send(signal.SIGCONT)
        run.pause(0.2, 0.5)


@CHAPTER.scenario(
    strikes="SIGKILL of the broker; it is started again",
    then="the workers go on by themselves, or end (a hanging call, an unusable client) and are"
    " restarted",
    is_short=True,
)
def a_killed_broker(run: Run) -> None:
    lose_broker(run, signal.SIGKILL)


@CHAPTER.scenario(
    strikes="SIGKILL of the broker, at the moment when it has promised a commit, and of the worker",
    then="the broker keeps its promise when it is back; Kafka 4.3 does not (decision 0012)",
    is_short=True,
)
def a_broker_killed_as_it_commits(run: Run) -> None:
    run.pardon = UNUSABLE
    restarts = run.broker.restarts
    at = {"strike_at": "committed", "strike_after": run.dice.randrange(3, 30)}
    run.begin(0, **at, fells=run.broker.pid)
    run.begin(1)
    with run.load():
        run.kills += 1
        run.struck(0)
        wait_until(lambda: run.broker.restarts > restarts, "the broker's restart")
        run.broker_back()
        # What the broker has forgotten goes with the next transaction, and that one is aborted.
        run.begin(0, strike_at="offered")
        run.struck(0)
        run.begin(0)
        run.pause(0.2, 0.5)


@CHAPTER.scenario(
    strikes="an orderly restart of the broker",
    then="as after a kill",
)
def a_restarted_broker(run: Run) -> None:
    lose_broker(run, signal.SIGTERM)


@CHAPTER.scenario(
    strikes="SIGKILL of the broker and of a worker at the same time",
    then="the worker waits for the broker, then restores",
)
def a_killed_broker_and_worker(run: Run) -> None:
    lose_broker(run, signal.SIGKILL, also=run.dice.randrange(2))


def lose_broker(run: Run, blow: signal.Signals, also: int | None = None) -> None:
    """Strike the broker under load; its supervisor starts it again."""
    run.pardon = UNUSABLE
    run.begin(0, 1)
    run.wait_ready()
    restarts = run.broker.restarts
    with run.load():
        run.pause(0.2, 0.8)
        run.broker.send(blow)
        run.kills += 1
        if also is not None:
            run.kill(also)
            run.begin(also)
        run.wait_until(lambda: run.broker.restarts > restarts, "the broker's restart")
        run.broker_back()
        run.pause(0.2, 0.5)
