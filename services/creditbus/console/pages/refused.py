"""Refused: what was refused of one source's records, and why, with what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nicegui import ui

from creditbus.console.decide import Board
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, LoggedRows, Row
from creditbus.console.pages import unread
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.console.words import explain
from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.ids import SourceId

RENEW_S: Final = 5.0

COLUMNS: Final = (
    Column("record", "record", is_sortable=False),
    Column("reason", "reason", is_sortable=False),
    Column("field", "field", is_sortable=False),
    Column("article", "article", is_sortable=False),
    Column("advice", "advice", is_sortable=False),
    Column("origin", "origin", is_sortable=False),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show the refusals of the source that was asked for, or of the most troubled one."""
    visit = frame.visit
    board = desk.watch.board
    source = visit.asked.get("source", "") or _most_troubled(board)
    with frame.card("refused_page") as card:
        _chosen(board, visit, source)
        if not source:
            frame.note("none_refused")
            return

        async def part(start: int, count: int | None) -> tuple[list[Row], int]:
            refused, total = await desk.pages.refusals(SourceId(source), start, count)
            return rows(refused, visit), total

        listing = RowTable(visit, COLUMNS, LoggedRows(part), f"refused-{source}")
        listing.build()
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)
    unread.show(desk, frame, SourceId(source))


def rows(refused: Iterable[Refusal], visit: Visit) -> list[Row]:
    """Return one row a record, so that the pager counts what it shows; with every mistake in it."""
    english = visit.language == "en"
    return [
        {
            "record": Cell(refusal.record_id, small=f"{refusal.record_revision}"),
            "reason": Cell(
                _each(explain(fault.reason, visit.language) for fault in refusal.every_fault),
                small=_each(fault.reason for fault in refusal.every_fault),
            ),
            "field": Cell(_each(fault.field for fault in refusal.every_fault)),
            "article": Cell(_each(fault.article for fault in refusal.every_fault)),
            "advice": Cell(
                _each(
                    fault.detail if english else fault.detail_zh or fault.detail
                    for fault in refusal.every_fault
                )
            ),
            "origin": Cell(refusal.origin),
        }
        for refusal in refused
    ]


def _each(said: Iterable[str]) -> str:
    r"""Return what is said of each mistake, numbered where there are several, a line each.

    >>> _each(["one"]), _each(["one", ""]), _each(["", ""])
    ('one', '1. one\n2. —', '')
    """
    told = list(said)
    if len(told) < 2 or not any(told):
        return "".join(told)
    return "\n".join(f"{number}. {each or '—'}" for number, each in enumerate(told, start=1))


def _most_troubled(board: Board | None) -> str:
    lines = board.sources if board is not None else ()
    return max(lines, key=lambda line: line.refused + line.dead).name.id if lines else ""


def _chosen(board: Board | None, visit: Visit, source: str) -> None:
    lines = [each for each in board.sources if each.refused + each.dead] if board else []
    choices = {
        line.name.id: f"{visit.called(line.name)} ({line.refused + line.dead:,})" for line in lines
    }
    choices.setdefault(source, source)
    ui.select(
        choices,
        value=source,
        label=visit.say("source"),
        on_change=lambda event: ui.navigate.to(visit.to("/refused", source=event.value)),
    ).props("dense outlined").classes("choice")
