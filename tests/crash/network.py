"""The network: a request of a transaction is held on its way, and arrives when nobody waits for it.

A proxy stands between the workers and the broker. In one half of the blows the connection is lost
as the request is held, and the client asks again on another one; in the other half it is silent.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.crash.compaction import COMPACTED, compact, configure
from tests.crash.proxy import Proxy, Request
from tests.crash.run import Run
from tests.crash.scenarios import Chapter

CHAPTER = Chapter("The network")

HELD = (Request.END_TXN, Request.TXN_OFFSET_COMMIT, Request.PRODUCE)
MORE = (Request.ADD_PARTITIONS, Request.ADD_OFFSETS)
HELD_SECONDS = (1.0, 4.0)
THEN = (
    "the worker goes on with a new producer, whose epoch fences what comes late; what it had"
    " asked to be committed it reads again from what the broker kept"
)


@CHAPTER.scenario(
    strikes="a request of a transaction (its end, its offsets, its records) is held as its"
    " connection is lost, and delivered seconds later",
    then=THEN,
    is_short=True,
)
def a_request_that_comes_late(run: Run) -> None:
    hold(run, HELD, drops=True)


@CHAPTER.scenario(
    strikes="the same and the two requests before them, on a connection that is silent meanwhile",
    then=THEN,
)
def a_silence_and_a_late_request(run: Run) -> None:
    hold(run, (*HELD, *MORE), drops=False)


@CHAPTER.scenario(
    strikes="late requests of both kinds, then compaction of the topic that was written to",
    then="the cleaner drops the aborted records, never the newer ones",
    readers="an empty reader of the compacted topic sees the newest value of each key",
)
def late_requests_before_compaction(run: Run) -> None:
    configure(run, run.play.outputs, COMPACTED)
    run.is_compacted = True
    hold(run, HELD, drops=True)
    hold(run, (run.dice.choice(HELD),), drops=False)
    run.wait_done()
    compact(run, run.play.outputs)


def hold(run: Run, requests: Sequence[Request], *, drops: bool) -> None:
    """Hold one request of each kind under load, in a drawn order."""
    drawn = list(requests)
    run.dice.shuffle(drawn)
    run.stop()  # those that an earlier hold left go on behind this proxy
    with Proxy(run.connection.bootstrap) as proxy:
        run.begin(0, 1, bootstrap=proxy.bootstrap)
        run.wait_ready()
        with run.load():
            for request in drawn:
                run.pause(0.0, 0.5)
                trap = proxy.hold(request, seconds=run.dice.uniform(*HELD_SECONDS), drops=drops)
                run.kills += 1
                run.wait_until(trap.delivered.is_set, f"a held {request.name}")
        run.say(100)
        run.wait_done()
        run.stop()
    run.begin(0, 1)
