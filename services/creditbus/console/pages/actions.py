"""Actions: what persons have done to the bus, the newest first: who, when, what, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, LoggedRows, Row
from creditbus.console.stamps import stamp
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.domain.acts.interventions import Intervention

RENEW_S: Final = 3.0

COLUMNS: Final = (
    Column("at", "at", is_sortable=False, keeps=True),
    Column("author", "author", is_sortable=False),
    Column("step", "what_was_done", is_sortable=False, keeps=True),
    Column("about", "about", is_sortable=False),
    Column("reason", "reason", is_sortable=False),
    Column("detail", "detail", is_sortable=False),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show what was done, from the console and from the command line."""
    visit = frame.visit
    with frame.card("actions_page") as card:

        async def part(start: int, count: int | None) -> tuple[list[Row], int]:
            done, total = await desk.pages.interventions(start, count)
            return rows(done, visit), total

        listing = RowTable(visit, COLUMNS, LoggedRows(part), "actions")
        listing.build()
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)


def rows(done: Iterable[Intervention], visit: Visit) -> list[Row]:
    """Return one row an act."""
    return [
        {
            "at": Cell(stamp(each.at)),
            "author": Cell(each.author, small=visit.say(f"way_{each.way}")),
            "step": Cell(visit.say(f"step_{each.step}"), small=each.step),
            "about": Cell(each.about, small=each.place if each.place != each.about else ""),
            "reason": Cell(each.reason),
            "detail": Cell(each.detail, small=each.intervention_id),
        }
        for each in done
    ]
