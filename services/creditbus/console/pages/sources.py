"""Sources: what came of each source's records, and the way into what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from creditbus.console.decide import SourceLine
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, Row, WholeRows
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.domain.ids import SourceId
from creditbus.runtime.outages import Unavailable

RENEW_S: Final = 5.0

COLUMNS: Final = (
    Column("source", "source"),
    Column("received", "received", is_number=True),
    Column("duplicate", "duplicate", is_number=True),
    Column("refused", "refused", is_number=True),
    Column("dead", "dead", is_number=True),
    Column("share", "refused_share", is_number=True),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show every source that has spoken, and those of the catalogue that have not."""
    visit = frame.visit
    with frame.card("sources_page") as card:

        async def read() -> Sequence[Row]:
            board = desk.watch.board
            if board is None:
                raise Unavailable("views", "they have not been read yet")
            return rows(board.sources, desk, visit)

        listing = RowTable(visit, COLUMNS, WholeRows(read), "sources")
        listing.build()
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)


def rows(spoken: tuple[SourceLine, ...], desk: Desk, visit: Visit) -> list[Row]:
    """Return one row a source, the silent ones last."""
    found: list[Row] = []
    for line in spoken:
        share = round(100 * (line.refused + line.dead) / line.received) if line.received else 0
        to_refused = visit.to("/refused", source=line.name.id) if line.refused else ""
        found.append(
            {
                "source": Cell(visit.called(line.name), small=_small(line.name.id, desk, visit)),
                "received": Cell(line.received),
                "duplicate": Cell(line.duplicate),
                "refused": Cell(line.refused, to_refused, mark=_marked(line.refused, "attention")),
                "dead": Cell(line.dead, mark=_marked(line.dead, "alarm")),
                "share": Cell(share),
            }
        )
    known = {line.name.id for line in spoken}
    silent = (row for row in desk.catalogue.sources.values() if row.id not in known)
    for row in silent:
        name = Cell(visit.named(row, row.id), small=_small(row.id, desk, visit))
        nothing = {column.name: Cell(0) for column in COLUMNS[1:]}
        found.append({"source": name, **nothing})
    return found


def _small(source: str, desk: Desk, visit: Visit) -> str:
    """Return a source's id, and that it is in the sandbox, where nothing that it sends counts."""
    row = desk.catalogue.sources.get(SourceId(source))
    is_trying = row is not None and row.is_trying(desk.process.clock.now())
    return f"{source} · {visit.say('in_sandbox')}" if is_trying else source


def _marked(count: int, mark: str) -> str:
    return mark if count else ""
