"""Sources: what came of each source's records, and the way into what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from creditbus.console.decide import SourceLine
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, Row, WholeRows
from creditbus.console.stamps import stamp
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.console.words import ago
from creditbus.domain.ids import SourceId
from creditbus.runtime.outages import Unavailable

RENEW_S: Final = 5.0

COLUMNS: Final = (
    Column("source", "source"),
    Column("silent", "silent_for", is_number=True, keeps=True),
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
            silences = Silences(desk.process.clock.now().timestamp(), desk.rounds.last_records)
            return rows(board.sources, desk, silences, visit)

        listing = RowTable(visit, COLUMNS, WholeRows(read), "sources")
        listing.build()
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)


class Silences(NamedTuple):
    """What the time is, and when the last record of each source came in."""

    now: float
    last: Mapping[str, float]

    def cell(self, source: str, visit: Visit) -> Cell:
        """Return for how long a source has said nothing, and since when."""
        at = self.last.get(source)
        if at is None:
            return Cell("—", order=-1)
        silent_s = max(0.0, self.now - at)
        since = stamp(datetime.fromtimestamp(at, UTC))
        return Cell(ago(silent_s, visit.language), small=since, order=silent_s)


def rows(spoken: tuple[SourceLine, ...], desk: Desk, silences: Silences, visit: Visit) -> list[Row]:
    """Return one row a source, those that never spoke last."""
    found: list[Row] = []
    for line in spoken:
        share = round(100 * (line.refused + line.dead) / line.received) if line.received else 0
        to_refused = visit.to("/refused", source=line.name.id) if line.refused else ""
        found.append(
            {
                "source": Cell(visit.called(line.name), small=_small(line.name.id, desk, visit)),
                "silent": silences.cell(line.name.id, visit),
                "received": Cell(line.received),
                "duplicate": Cell(line.duplicate),
                "refused": Cell(line.refused, to_refused, mark=_marked(line.refused, "attention")),
                "dead": Cell(line.dead, mark=_marked(line.dead, "alarm")),
                "share": Cell(share),
            }
        )
    told = {line.name.id for line in spoken}
    for row in (row for row in desk.catalogue.sources.values() if row.id not in told):
        name = Cell(visit.named(row, row.id), small=_small(row.id, desk, visit))
        nothing = {column.name: Cell(0) for column in COLUMNS[1:]}
        found.append({"source": name, **nothing, "silent": Cell("—", order=-1)})
    return found


def _small(source: str, desk: Desk, visit: Visit) -> str:
    """Return a source's id, and that it is in the sandbox, where nothing that it sends counts."""
    row = desk.catalogue.sources.get(SourceId(source))
    is_trying = row is not None and row.is_trying(desk.process.clock.now())
    return f"{source} · {visit.say('in_sandbox')}" if is_trying else source


def _marked(count: int, mark: str) -> str:
    return mark if count else ""
