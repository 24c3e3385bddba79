"""Exposure: what the public sees at this moment, and the proof that a withdrawn entry is gone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nicegui import ui

from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.pages.stamps import stamp
from creditbus.console.tables import Cell, Column, Row, flat, show_table
from creditbus.console.visit import Visit
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.law.catalogue import Catalogue
from creditbus.runtime.outages import Unavailable

RENEW_S: Final = 10.0
MOST: Final = 5000

COLUMNS: Final = (
    Column("name", "subject_name"),
    Column("subject", "subject"),
    Column("list", "list"),
    Column("document", "document"),
    Column("decided", "decided_on"),
    Column("ends", "ends_at"),
    Column("entry", "entry"),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show every exposure; who is looked for in vain is shown to nobody."""
    visit = frame.visit
    with frame.card("exposure_page"):
        count = ui.label().classes("quiet")
        table = show_table(visit, COLUMNS, (), name="exposures")

        async def renew() -> None:
            try:
                shown, _ = await desk.serving.exposures()
            except Unavailable:
                return  # the frame says so, and what was read last stays
            table.rows = flat(rows(shown[:MOST], desk.catalogue, visit))
            table.update()
            said = visit.say("first_of").format(shown=min(len(shown), MOST), all=len(shown))
            count.set_text(said if len(shown) > MOST else "")

        await renew()
        ui.timer(RENEW_S, renew)


def rows(shown: Iterable[Exposure], catalogue: Catalogue, visit: Visit) -> list[Row]:
    """Return one row an entry that the public may see."""
    return [
        {
            "name": Cell(exposure.subject_name, small=visit.say("disputed") * exposure.disputed),
            "subject": Cell(exposure.subject_id, visit.to("/subject", id=exposure.subject_id)),
            "list": Cell(
                visit.named(catalogue.lists.get(exposure.list_id), exposure.list_id),
                visit.to("/lists", id=exposure.list_id),
            ),
            "document": Cell(exposure.document_number),
            "decided": Cell(f"{exposure.decided_on}"),
            "ends": Cell(stamp(exposure.ends_at) or visit.say("until_performed")),
            "entry": Cell(exposure.entry_id),
        }
        for exposure in shown
    ]
