"""``creditbus up``, ``down`` and ``status``: how a person starts, stops and watches the bus."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from creditbus.cli.faults import fail, told
from creditbus.cli.places import Home, parties, ports, sites, stack_file, url
from creditbus.cli.prints import PERSONS, give, machine, say, show
from creditbus.cli.progress import report_to
from creditbus.cli.roster import Roster, lasting
from creditbus.runtime.interpreter import described
from creditbus.runtime.settings import read_settings
from creditbus.stack.bus import LocalBus, bodies_plan
from creditbus.stack.cluster import SIZES, Cluster
from creditbus.stack.folder import Folder, StackFile, holder
from creditbus.stack.interrupts import raise_when_asked
from creditbus.stack.local import stop_stack
from creditbus.stack.reports import megabytes
from creditbus.stack.services import crew

_DETACHED_BOUND_S: Final = 300


def _a_size(brokers: int | None) -> int | None:
    """Return a number of brokers as it came; raises ``BadParameter`` for one that cannot be."""
    if brokers is not None and brokers not in SIZES:
        raise typer.BadParameter(f"a local bus has 1 or 3 brokers, not {brokers}")
    return brokers


@told
def up(
    home: Home = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Come back when everything is ready.")
    ] = False,
    bodies: Annotated[
        bool, typer.Option("--bodies", help="Run the demonstration's executing bodies as well.")
    ] = False,
    brokers: Annotated[
        int | None,
        typer.Option(
            callback=_a_size, help="1 or 3 brokers (default: as the folder was made, or 1)."
        ),
    ] = None,
) -> None:
    """Start the local servers and every service; Ctrl-C or `creditbus down` stops them."""
    places = sites(home)
    if _runs_already(Folder(places.home)):
        return
    if detach:
        _up_detached(home, bodies=bodies, brokers=brokers)
        return
    raise_when_asked()
    bus = LocalBus(
        places,
        parties(places),
        ports=ports(),
        say=report_to(PERSONS),
        cluster=None if brokers is None else Cluster(size=brokers),
        services=crew(read_settings().workers),
    )
    with suppress(KeyboardInterrupt), bus:
        if bodies:
            bus.services.start([bodies_plan(bus.stack.file, places)])
        bus.train()
        _tell_places(bus.stack.file)
        say("ready: `creditbus status` shows every process")
        threading.Event().wait()
    say("everything has stopped")


@told
def down(home: Home = None) -> None:
    """Stop the local bus, also one whose launcher was killed."""
    match stop_stack(sites(home).home):
        case None:
            give({"stopped": False, "launcher": None, "ended": []})
            say("nothing was running")
        case int() as launcher:
            give({"stopped": True, "launcher": launcher, "ended": []})
            say(f"the bus started by pid {launcher} has stopped")
        case leftovers:
            give({"stopped": True, "launcher": None, "ended": [left.name for left in leftovers]})
            names = ", ".join(left.name for left in leftovers)
            say(f"ended what a killed launcher had left: {names}")


@told
def status(home: Home = None) -> None:
    """Say how every process of the local bus is: servers, services, bodies, further workers."""
    folder = Folder(sites(home).home)
    lines = Roster(stack_file(home), folder).lines()
    give(lines)
    if machine() is None:
        table = Table("process", "pid", "memory", "up", "restarts", "ready", "")
        for line in lines:
            mark = "[green]yes[/]" if line.ready else "[red]no[/]"
            memory = megabytes(line.memory_bytes) if line.pid else "-"
            up = lasting(line.uptime_s) if line.pid else "-"
            pid, restarts = str(line.pid or "-"), str(line.restarts)
            table.add_row(line.name, pid, memory, up, restarts, mark, escape(line.why))
        show(table)
        for line in lines:
            if line.last_exit:
                say(f"{line.name} last {line.last_exit}")
        say(f"on {described()}: {sys.executable}")
    if not all(line.ready for line in lines):
        fail(f"not everything is ready: `creditbus up` starts it, the logs are in {folder.logs}")


def _runs_already(folder: Folder) -> bool:
    """Return whether a bus runs in the folder, and where; nothing is changed of it."""
    launcher = holder(folder)
    if launcher is None:
        return False
    if folder.stack_file.exists():
        _tell_places(StackFile.load(folder.stack_file))
    say(f"it runs already, started by pid {launcher}: `creditbus status` shows every process")
    return True


def _up_detached(home: Path | None, *, bodies: bool, brokers: int | None) -> None:
    folder = Folder(sites(home).home)
    folder.make()
    log = folder.logs / "launcher.log"
    extra = [*(["--home", str(home)] if home else []), *(["--bodies"] if bodies else [])]
    extra += ["--brokers", str(brokers)] if brokers else []
    with log.open("wb") as output:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "creditbus", "up", *extra],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    if not _is_ready(log, launcher):
        fail(f"the bus is not ready; its words are in {log}; `creditbus down` ends what is left")
    if machine() is not None:
        _tell_places(StackFile.load(folder.stack_file))


def _is_ready(log: Path, launcher: subprocess.Popen[bytes]) -> bool:
    """Print the launcher's lines until it says that it is ready, or is gone, or takes too long."""
    with log.open(encoding="utf-8") as lines:
        for _ in range(_DETACHED_BOUND_S * 10):
            for line in lines:
                say(line.rstrip())
                if line.startswith("ready"):
                    return True
            if launcher.poll() is not None:
                return False
            threading.Event().wait(0.1)
    return False


def _tell_places(file: StackFile) -> None:
    ports = file.ports
    places = {
        "gateway": url(ports.gateway),
        "query": url(ports.query),
        "feed": url(ports.feed),
        "console": url(ports.console),
        "kafka": file.bootstrap,
        "registry": file.registry_url,
    }
    give(places)
    for name, place in places.items():
        say(f"  {name:9} {place}" + (" (the token is in stack.json)" if name == "console" else ""))
