"""``creditbus run``: one service in this process, as the supervisor and the image start it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from creditbus.cli.faults import MISUSED, fail, plain
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, environment, read_settings, replace_environment
from creditbus.stack.services import HOSTED, why_not_worker


@plain
def run(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(HOSTED)}.")],
    worker: Annotated[
        int, typer.Option(help="Number of this worker, part of its stable name.")
    ] = 0,
    home: Annotated[
        Path | None, typer.Option(help="Folder of the local bus beside which it shall run.")
    ] = None,
) -> None:
    """Run one service until it is told to stop.

    With `--home` it is one more worker beside those of the local bus in that folder, whose
    addresses and passwords it takes from there; nobody starts it again.
    """
    if service not in HOSTED:
        fail(f"there is no service {service}; there are {', '.join(HOSTED)}", MISUSED)
    settings = read_settings()
    if home is not None:
        settings = _beside(home, service, worker)
    if why_not := why_not_worker(service, worker, settings.workers):
        fail(why_not, MISUSED)
    app = importlib.import_module(f"creditbus.{service}.app")
    app.run(Process(service, worker, settings))


def _beside(home: Path, service: str, worker: int) -> Settings:
    """Return the settings of one more worker beside those of a local bus."""
    # A service that its supervisor starts need not wait for what only this needs.
    from creditbus.cli.places import sites, stack_file
    from creditbus.stack.bus import service_settings

    file = stack_file(home)
    file.workers = file.workers | {service: max(worker + 1, file.workers.get(service, 1))}
    replace_environment(environment(service_settings(file, sites(home), service, worker)))
    return read_settings()
