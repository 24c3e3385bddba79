"""What is lost: a disk, a server's data, a broker."""

from __future__ import annotations

from typing import Final

from creditbus.stack.services import SLICED, worker_name
from tests.exercises.drill import Drill
from tests.exercises.exercise import Chapter

CHAPTER: Final = Chapter("Losses")
WITH_STATE: Final = tuple(name for name in SLICED if name != "intake")


@CHAPTER.exercise(
    runbook="A disk is empty",
    strikes="the stores of listing, dispatch, exposure and delivery are deleted, one after another",
    then="each builds its stores from its changelog and goes on where its group stands",
)
def an_empty_disk(drill: Drill) -> None:
    for service in WITH_STATE:
        name = worker_name(service)
        drill.press("creditbus drain SERVICE --reason WHY", SERVICE=service, WHY="drill")
        drill.press("rm -r .creditbus/state/SERVICE-0/p*", SERVICE=service)
        drill.press("creditbus resume SERVICE --reason WHY", SERVICE=service, WHY="drill")
        drill.wait_until(lambda name=name: drill.line(name)["ready"], f"{name} to work")  # type: ignore[misc]
    drill.press("creditbus status")


@CHAPTER.exercise(
    runbook="Redis is lost",
    strikes="Redis is killed, and what it kept on disk is deleted",
    then="views reads the topics again; until Redis is whole every reader answers 503",
)
def redis_is_lost(drill: Drill) -> None:
    killed = drill.pid("valkey")
    drill.press("rm -r .creditbus/valkey/appendonlydir")
    drill.press("kill -9 PID", PID=killed)
    drill.wait_until(lambda: drill.pid("valkey") not in {0, killed}, "another Redis")
    drill.wait_ready()
    drill.press("creditbus status")


@CHAPTER.exercise(
    runbook="The registry is lost",
    strikes="the registry is killed, and its database deleted",
    then="whoever runs goes on; every schema is published anew, under the id that the log knows",
)
def the_registry_is_lost(drill: Drill) -> None:
    killed = drill.pid("registry")
    drill.press("rm .creditbus/registry/registry.mv.db")
    drill.press("kill -9 PID", PID=killed)
    drill.wait_until(lambda: drill.line("registry")["ready"], "an empty registry")
    drill.press("creditbus schemas restore")
    drill.press("creditbus schemas check")
    # Who starts now asks it for every id.
    drill.press("kill -9 PID", PID=drill.pid("intake-0"))


@CHAPTER.exercise(
    runbook="Replace a broker",
    strikes="one of three brokers is killed and its disk deleted",
    then="the other two go on; it copies what they hold and is the third again",
    brokers=3,
)
def a_broker_is_lost(drill: Drill) -> None:
    drill.press("creditbus broker replace N", N=3)
    told = drill.press("creditbus topics check")
    assert "as declared" in told


@CHAPTER.exercise(
    runbook="Back up, and restore",
    strikes="a backup of the running bus; a while later all of it is lost",
    then="the servers stand still for the copy; restored, what came later is sent again",
)
def backup_and_restore(drill: Drill) -> None:
    known = len(drill.city.published)
    drill.press("creditbus backup FOLDER", FOLDER="kept")
    drill.live_on(6.0)
    with drill.city.still():
        drill.press("creditbus down")
        drill.press("mv .creditbus .creditbus.lost")
        drill.press("cp -a FOLDER .creditbus", FOLDER="kept")
        # Executing bodies are no part of the bus: these come back with what they know.
        drill.ground.type(
            "mkdir .creditbus/state; mv .creditbus.lost/state/bodies .creditbus/state"
        )
        drill.press("creditbus up -d", more=" --bodies")
        # All that may not have been in the copy, and some that was: both are harmless.
        drill.city.send_again(drill.city.published[known:])
    drill.city.begin_again()
