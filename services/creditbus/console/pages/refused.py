"""Refused: what was refused of one source's records or could not be read, with what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nicegui import ui

from creditbus.console.decide import Board
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.tables import Cell, Column, Row, flat, show_table
from creditbus.console.visit import Visit
from creditbus.console.words import explain
from creditbus.domain.acts.letters import UnreadNotice
from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.ids import SourceId
from creditbus.runtime.outages import Unavailable

RENEW_S: Final = 5.0
MOST: Final = 500

COLUMNS: Final = (
    Column("record", "record"),
    Column("reason", "reason"),
    Column("field", "field"),
    Column("article", "article"),
    Column("advice", "advice"),
    Column("origin", "origin"),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show the refusals of the source that was asked for, or of the most troubled one."""
    visit = frame.visit
    board = desk.watch.board
    source = visit.asked.get("source", "") or _most_troubled(board)
    with frame.card("refused_page"):
        _chosen(board, visit, source)
        if not source:
            frame.note("none_refused")
            return
        table = show_table(visit, COLUMNS, (), name=f"refused-{source}")

        async def renew() -> None:
            try:
                refused = await desk.serving.newest_refusals(SourceId(source), MOST)
                unread = await desk.serving.newest_unread(SourceId(source), MOST)
            except Unavailable:
                return  # the frame says so, and what was read last stays
            table.rows = flat([*unread_rows(unread, visit), *rows(refused, visit)])
            table.update()

        await renew()
        ui.timer(RENEW_S, renew)


def rows(refused: Iterable[Refusal], visit: Visit) -> list[Row]:
    """Return one row a fault, so that every mistake of a record is seen."""
    english = visit.language == "en"
    return [
        {
            "record": Cell(refusal.record_id, small=f"{refusal.record_revision}"),
            "reason": Cell(explain(fault.reason, visit.language), small=fault.reason),
            "field": Cell(fault.field),
            "article": Cell(fault.article),
            "advice": Cell(fault.detail if english else fault.detail_zh or fault.detail),
            "origin": Cell(refusal.origin),
        }
        for refusal in refused
        for fault in refusal.every_fault
    ]


def unread_rows(unread: Iterable[UnreadNotice], visit: Visit) -> list[Row]:
    """Return one row a record that nobody could read, by its key and place."""
    english = visit.language == "en"
    return [
        {
            "record": Cell(notice.key, small=f"{notice.size} B"),
            "reason": Cell(visit.say("dead"), small=notice.reason),
            "field": Cell(notice.detail),
            "article": Cell(""),
            "advice": Cell(notice.advice if english else notice.advice_zh),
            "origin": Cell(notice.origin),
        }
        for notice in unread
    ]


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
