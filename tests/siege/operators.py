"""The operator: mistyped and repeated commands, and a service that ends again and again."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

from creditbus.stack.services import HOSTED
from tests.bus_fixtures import eventually, press
from tests.examples import ROOT
from tests.siege.blows import Chapter
from tests.siege.bystanders import HEALTH
from tests.siege.siege import Siege

CHAPTER: Final = Chapter("The operator", door="operator")

FLAPS: Final = "exposure-0"
BOUND_S: Final = 90.0


@CHAPTER.blow(
    strikes="a second `up` on the running home; pause and drain of workers and services that there "
    "are not, and without a reason; a skip of an inbox that does not wait",
    then="`up` says that it runs, the rest is refused, and no folder of a ghost is left",
)
def commands_that_cannot_be_meant(siege: Siege) -> None:
    live, why = siege.live, ("--reason", "a siege")
    state = live.bus.stack.folder.state
    before = {each.name for each in state.iterdir()}
    command = [sys.executable, "-m", "creditbus", "up", "-d", "--home", str(live.sites.home)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=False,
    )
    assert (done.returncode, "runs" in done.stdout) == (0, True), done.stdout + done.stderr
    for words in (
        ("drain", "listing", "--worker", "3", *why),
        ("pause", "listing", "--worker", "-1", *why),
        ("pause", "views", *why),
        ("drain", "nothing", *why),
        ("pause", "listing"),
        ("inbox", "skip", siege.culprit, "--offset", "0", *why),
        ("inbox", "skip", "nobody", "--offset", "0", *why),
    ):
        code, printed = press(live, *words)
        assert (code, bool(printed)) == (2, True), (words, printed)
    assert {each.name for each in state.iterdir()} == before


@CHAPTER.blow(
    strikes="a service ends three times in a row",
    then="status and metrics tell how often, and how it ended last",
    others="exposure is not ready meanwhile",
    spares=(HEALTH,),
    ends=(FLAPS,),
)
def a_service_that_flaps(siege: Siege) -> None:
    services = siege.live.bus.services
    (before,) = (each.restarts for each in services.states() if each.name == FLAPS)
    for _ in range(3):
        services.kill(FLAPS)
        eventually(lambda: not services.is_ready(FLAPS))
        services.wait_ready([FLAPS], BOUND_S)
    _, printed = press(siege.live, "status", "--json")
    (row,) = (each for each in json.loads(printed) if each["name"] == FLAPS)
    assert row["restarts"] == before + 3
    assert "SIGKILL" in row["last_exit"]
    others = [each for each in services.states() if each.name.removesuffix("-0") in HOSTED]
    assert all(each.ready for each in others)
