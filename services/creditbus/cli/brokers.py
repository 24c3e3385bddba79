"""``creditbus broker``: one of several brokers gets an empty disk and fills it from the others."""

from __future__ import annotations

from typing import Annotated

import typer

from creditbus.cli.faults import told
from creditbus.cli.places import Home, sites, stack_file
from creditbus.cli.prints import PERSONS, give, say
from creditbus.cli.progress import report_to
from creditbus.stack.folder import Folder
from creditbus.stack.renewals import replace_broker

brokers = typer.Typer(help="The brokers of a bus that has several.", no_args_is_help=True)


@brokers.callback()
def _brokers() -> None:
    """The brokers of a bus that has several."""


@brokers.command("replace")
@told
def replace(
    number: Annotated[int, typer.Argument(help="Which: 1, 2 or 3, as in its name.")],
    home: Home = None,
) -> None:
    """Kill a broker, give it an empty disk, and wait until it has copied what the others hold.

    The others go on meanwhile. Its old disk is set aside, not deleted.
    """
    stack_file(home)
    places = sites(home)
    told_last: list[int] = []

    def tell(lacking: int) -> None:
        if not told_last or lacking != told_last[-1]:
            told_last.append(lacking)
            say(f"{lacking} partitions lack its copy")

    lost = replace_broker(Folder(places.home), places.cache, number, report_to(PERSONS), tell)
    where = "" if lost is None else f"; its old disk is {lost}"
    give({"broker": number, "old_disk": None if lost is None else str(lost)})
    say(f"every partition has its copy again{where}")
