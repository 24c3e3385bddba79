"""Exposure: what the public sees at this moment, and the proof that a withdrawn entry is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, NamedRows, Row
from creditbus.console.stamps import stamp
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.law.catalogue import Catalogue

RENEW_S: Final = 10.0

COLUMNS: Final = (
    Column("name", "subject_name", is_sortable=False),
    Column("subject", "subject", is_sortable=False),
    Column("list", "list", is_sortable=False),
    Column("document", "document", is_sortable=False),
    Column("decided", "decided_on", is_sortable=False),
    Column("ends", "ends_at", is_sortable=False),
    Column("entry", "entry", is_sortable=False),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show every exposure; who is looked for in vain is shown to nobody."""
    visit = frame.visit
    with frame.card("exposure_page") as card:

        async def hold(names: Sequence[str], needle: str) -> list[Row]:
            needles = visit.needles(needle, desk.catalogue.lists.values())
            return rows(await desk.pages.exposures(names, needles), desk.catalogue, visit)

        listing = RowTable(visit, COLUMNS, NamedRows(desk.exposed_names, hold), "exposures")
        listing.build()
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)


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
