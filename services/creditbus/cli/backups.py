"""``creditbus backup``: a copy of what a bus cannot do without, taken while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from creditbus.cli.faults import told
from creditbus.cli.places import Home, sites
from creditbus.cli.prints import give, say
from creditbus.stack.backups import back_up
from creditbus.stack.folder import Folder
from creditbus.stack.reports import megabytes

Into = Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")]
NEXT: Final = "a copy of it in the place of the bus's folder is started by `creditbus up`"


@told
def backup(into: Into, home: Home = None) -> None:
    """Copy broker, registry, passwords and tokens; the servers stand still for it, nobody ends.

    It holds every password: keep it like `stack.json`.
    """
    done = back_up(Folder(sites(home).home), into)
    give(msgspec.to_builtins(done) | {"into": str(into)})
    say(
        f"{megabytes(done.bytes)} lie in {into}; the servers stood still for "
        f"{done.stood_still_s:g} s; {NEXT}"
    )
