"""``creditbus pause``, ``resume`` and ``drain``: how an operator stills one slice worker."""

from __future__ import annotations

import time
from typing import Annotated, Final

import httpx
import typer

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, Reason, intervention_writer, sites, stack_file, url, why
from creditbus.cli.prints import give, say, warn
from creditbus.runtime.interventions.wishes import ask_mode
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.settings import read_settings
from creditbus.runtime.workers.modes import Mode, WantedMode
from creditbus.stack.folder import Folder
from creditbus.stack.services import SLICED, why_not_worker, worker_name

_BOUND_S: Final = 30.0
_ASK_EVERY_S: Final = 0.1
Sliced = Annotated[str, typer.Argument(metavar="SERVICE", help=f"One of {', '.join(SLICED)}.")]
Number = Annotated[int, typer.Option("--worker", help="Number of the worker.")]


@told
def pause(service: Sliced, worker: Number = 0, home: Home = None, reason: Reason = "") -> None:
    """Let a worker keep its partitions and read nothing until it is resumed."""
    _bring(service, worker, home, Mode.PAUSED, reason)


@told
def resume(service: Sliced, worker: Number = 0, home: Home = None, reason: Reason = "") -> None:
    """Let a paused or drained worker work again."""
    _bring(service, worker, home, Mode.RUNNING, reason)


@told
def drain(service: Sliced, worker: Number = 0, home: Home = None, reason: Reason = "") -> None:
    """Let a worker finish what it has read, give its partitions away and end.

    Its supervisor starts it again; it then waits, outside its group, until it is resumed.
    """
    _bring(service, worker, home, Mode.DRAINED, reason)


def _bring(service: str, worker: int, home: Home, mode: Mode, reason: str) -> None:
    """Say what is wanted, and wait until the worker says that it is so."""
    if service not in SLICED:
        fail(f"{service} is no slice worker; there are {', '.join(SLICED)}", MISUSED)
    name, file = worker_name(service, worker), stack_file(home)
    if why_not := why_not_worker(service, worker, file.workers | read_settings().workers):
        fail(why_not, MISUSED)
    reason, state, done = why(reason), Folder(sites(home).home).state, None
    try:
        done = ask_mode(intervention_writer(home), state, name, mode, reason)
    except Unavailable as outage:
        # A worker must be stilled when the broker is in trouble, then most of all.
        WantedMode(state, name).write(mode)
        warn(f"this is not on record: {outage}")
    address = f"{url(file.ports.metrics_of(service, worker))}/health/ready"
    deadline = time.monotonic() + _BOUND_S
    while not _is_so(address, mode):
        if time.monotonic() > deadline:
            fail(
                f"{name} shall be {mode} and does not say so within {_BOUND_S:g} s. It stays asked:"
                " `creditbus status` says how it is"
            )
        time.sleep(_ASK_EVERY_S)
    give({"worker": name, "mode": mode, "intervention": done})
    say(f"{name} is {mode}")


def _is_so(address: str, mode: Mode) -> bool:
    try:
        answer = httpx.get(address, timeout=2)
    except httpx.ConnectError:
        # Its process has ended; whether somebody starts it again is not for us to wait for.
        return mode is Mode.DRAINED
    except httpx.HTTPError:
        return False
    if mode is Mode.RUNNING:
        return answer.is_success
    return bool(answer.json()["why"] == mode.sentence)
