"""``creditbus logs``: the logs of the local bus's processes, one or all of a service."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, sites
from creditbus.cli.prints import give, machine, pass_on
from creditbus.stack.folder import Folder

_LOOK_EVERY_S: Final = 0.3


@told
def logs(
    name: Annotated[
        str | None,
        typer.Argument(help="A process or a service: kafka, listing-0, listing. None: which are."),
    ] = None,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many at the end.")] = 50,
    go_on: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is written, until Ctrl-C.")
    ] = False,
    home: Home = None,
) -> None:
    """Print the end of a process's log; of a service, those of all its workers."""
    folder = Folder(sites(home).home).logs
    known = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if not known:
        fail(f"there are no logs in {folder}: run `creditbus up`, or name the bus with --home")
    chosen = {each: path for each, path in known.items() if name in {each, _service(each)}}
    if name is not None and not chosen:
        fail(f"there is no log of {name}, only of {', '.join(known)}", MISUSED)
    give({each: _end(path, lines) for each, path in (chosen or known).items()})
    if machine() is not None:
        return
    if name is None:
        for each, path in known.items():
            pass_on(f"{each:20} {path.stat().st_size:>12,} bytes  {path}")
        return
    _say_ends(chosen, lines, goes_on=go_on)


def _say_ends(chosen: Mapping[str, Path], lines: int, *, goes_on: bool) -> None:
    called = {f"{name}  " if len(chosen) > 1 else "": path for name, path in chosen.items()}
    ends = {name: path.stat().st_size for name, path in called.items()}
    for name, path in called.items():
        for line in _end(path, lines):
            pass_on(name + line)
    if goes_on:
        follow(called, ends, pass_on, threading.Event())


def follow(
    called: Mapping[str, Path],
    ends: dict[str, int],
    say: Callable[[str], None],
    ending: threading.Event,
) -> None:
    """Say every whole line that is written behind the ends, its log's name before it."""
    while not ending.wait(_LOOK_EVERY_S):
        for name, path in called.items():
            # One that was begun anew is read from its beginning.
            start = ends[name] if path.stat().st_size >= ends[name] else 0
            with path.open("rb") as file:
                file.seek(start)
                whole, newline, _ = file.read().rpartition(b"\n")
            ends[name] = start + len(whole) + len(newline)
            for line in whole.decode(errors="replace").splitlines() if newline else ():
                say(name + line)


def _end(path: Path, lines: int) -> list[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=lines)]


def _service(name: str) -> str:
    """Return the service of a worker's name, or the name.

    >>> _service("listing-0"), _service("kafka"), _service("class-caches")
    ('listing', 'kafka', 'class-caches')
    """
    service, dash, number = name.rpartition("-")
    return service if dash and number.isdecimal() else name
