"""Unread: the records of a source that nobody could read, their bytes, and the way back in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nicegui import ui

from creditbus.console.desk import Desk
from creditbus.console.dialogs import FAULTS, ask, sentence_of
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, LoggedRows, Row
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.domain.acts.interventions import OperatorStep
from creditbus.domain.acts.letters import SHOWN_BYTES, UnreadNotice, dump
from creditbus.domain.ids import SourceId
from creditbus.runtime.interventions.redrives import Original

RENEW_S: Final = 5.0

COLUMNS: Final = (
    Column("record", "record", is_sortable=False),
    Column("reason", "reason", is_sortable=False),
    Column("detail", "detail", is_sortable=False),
    Column("advice", "advice", is_sortable=False),
    Column("origin", "origin", is_sortable=False),
    Column("look", "act", is_sortable=False),
)


def show(desk: Desk, frame: Frame, source: SourceId) -> None:
    """Show the dead letters of a source, the newest first."""
    visit = frame.visit
    with frame.card("unread_page") as card:

        async def part(start: int, count: int | None) -> tuple[list[Row], int]:
            notices, total = await desk.pages.unread(source, start, count)
            return rows(notices, visit), total

        listing = RowTable(visit, COLUMNS, LoggedRows(part), f"unread-{source}")
        listing.build()

        async def look(place: str) -> None:
            try:
                found = await desk.interventions.bytes_of(frame.use(), place)
            except FAULTS as fault:
                ui.notify(sentence_of(fault, visit), type="warning", multi_line=True)
                return
            _show_bytes(desk, frame, found)

        listing.on_act(look)
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)


def rows(unread: Iterable[UnreadNotice], visit: Visit) -> list[Row]:
    """Return one row a record that nobody could read, by its key and place."""
    english = visit.language == "en"
    return [
        {
            "record": Cell(notice.key, small=f"{notice.size} B"),
            "reason": Cell(visit.say("dead"), small=notice.reason),
            "detail": Cell(notice.detail),
            "advice": Cell(notice.advice if english else notice.advice_zh),
            "origin": Cell(notice.origin),
            "look": Cell(visit.say("look_at_it"), act=notice.origin),
        }
        for notice in unread
    ]


def _show_bytes(desk: Desk, frame: Frame, found: Original) -> None:
    """Show what a source has sent as figures and letters, which can do nothing to a browser."""
    visit, place = frame.visit, str(found.position)
    value = found.value or b""
    with ui.dialog() as dialog, ui.element("div").classes("card dialog wide"):
        ui.html(visit.say("unread_record"), sanitize=False, tag="h2")
        ui.label(place).classes("quiet")
        kept = f", {visit.say('shown_of').format(n=SHOWN_BYTES)}" * (len(value) > SHOWN_BYTES)
        ui.label(f"{found.size} B{kept}").classes("quiet")
        with ui.element("pre").classes("bytes"):
            ui.label("\n".join(dump(value[:SHOWN_BYTES])) or visit.say("nothing_kept"))

        async def again() -> None:
            dialog.value = False
            await ask(
                frame,
                OperatorStep.REDRIVE,
                (("source", found.source), ("place", place), ("size", f"{len(value)} B")),
                lambda who, reason: desk.interventions.redrive(who, place, reason),
            )

        with ui.row().classes("ask"):
            ui.button(visit.say("step_REDRIVE"), on_click=again).props("no-caps unelevated")
            ui.button(visit.say("leave_it"), on_click=dialog.close).props("no-caps flat")
    dialog.value = True
