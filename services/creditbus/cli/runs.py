"""``creditbus run``: one service in this process, as the supervisor and the image start it."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.runtime.process import Process
from creditbus.runtime.settings import read_settings
from creditbus.stack.services import HOSTED, why_not_worker


@told
def run(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(HOSTED)}.")],
    worker: Annotated[
        int, typer.Option(help="Number of this worker, part of its stable name.")
    ] = 0,
) -> None:
    """Run one service until it is told to stop."""
    if service not in HOSTED:
        fail(f"there is no service {service}; there are {', '.join(HOSTED)}", MISUSED)
    settings = read_settings()
    if why_not := why_not_worker(service, worker, settings.workers):
        fail(why_not, MISUSED)
    app = importlib.import_module(f"creditbus.{service}.app")
    app.run(Process(service, worker, settings))
