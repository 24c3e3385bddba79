"""Owed: what the executing bodies have yet to do, lifts first, and why a delivery failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from nicegui import ui

from creditbus.console.decide import OVERDUE_LIFT_S
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.pages.stamps import stamp
from creditbus.console.tables import Cell, Column, Row, flat, show_table
from creditbus.console.visit import Visit
from creditbus.console.words import ago
from creditbus.domain.effects.directives import Action
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import BodyId
from creditbus.domain.law.catalogue import Catalogue
from creditbus.runtime.outages import Unavailable

RENEW_S: Final = 5.0
MOST: Final = 1000
"""How many are shown; lifts and the oldest come first, so what is left out waits least."""

COLUMNS: Final = (
    Column("body", "body"),
    Column("action", "action"),
    Column("measure", "measure"),
    Column("subject", "subject"),
    Column("stated", "stated_at"),
    Column("waits", "waits"),
    Column("tries", "tries", is_number=True),
    Column("last", "last_try"),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show what one body owes, or all of them."""
    visit = frame.visit
    body = visit.asked.get("body", "")
    with frame.card("owed"):
        _chosen(desk.catalogue, visit, body)
        count = ui.label().classes("quiet")
        table = show_table(visit, COLUMNS, (), name="owed")

        async def renew() -> None:
            try:
                owed = await desk.serving.owed(BodyId(body) if body else None)
            except Unavailable:
                return  # the frame says so, and what was read last stays
            now = desk.process.clock.now()
            table.rows = flat(rows(owed[:MOST], now, desk.catalogue, visit))
            table.update()
            shown = visit.say("first_of").format(shown=min(len(owed), MOST), all=len(owed))
            count.set_text(shown if len(owed) > MOST else "")

        await renew()
        ui.timer(RENEW_S, renew)


def rows(
    owed: Iterable[Obligation], now: datetime, catalogue: Catalogue, visit: Visit
) -> list[Row]:
    """Return one row a directive that is owed, a lift that is overdue marked."""
    found = []
    for each in owed:
        seconds = max(0.0, (now - each.stated_at).total_seconds())
        is_lift = each.action is Action.LIFT
        is_overdue = is_lift and seconds >= OVERDUE_LIFT_S
        body = catalogue.bodies.get(each.body)
        measure = catalogue.measures.get(each.measure_id)
        found.append(
            {
                "body": Cell(visit.named(body, each.body), small=each.body),
                "action": Cell(visit.say("lift" if is_lift else "apply")),
                "measure": Cell(visit.named(measure, each.measure_id), small=each.measure_id),
                "subject": Cell(each.subject_id, visit.to("/subject", id=each.subject_id)),
                "stated": Cell(stamp(each.stated_at)),
                "waits": Cell(ago(seconds, visit.language), mark="alarm" if is_overdue else ""),
                "tries": Cell(each.tries),
                "last": _last(each, visit),
            }
        )
    return found


def _last(owed: Obligation, visit: Visit) -> Cell:
    if not owed.tries:
        return Cell(visit.say("not_tried"))
    is_taken = owed.status is not None and 200 <= owed.status < 300
    if is_taken and owed.outcome is not None:
        return Cell(str(owed.outcome), small=stamp(owed.tried_at))
    status = f"HTTP {owed.status}" if owed.status is not None else ""
    why = " ".join(part for part in (status, owed.detail) if part)
    return Cell(why or visit.say("failed"), small=stamp(owed.tried_at), mark="attention")


def _chosen(catalogue: Catalogue, visit: Visit, body: str) -> None:
    choices = {"": visit.say("all_bodies")} | {
        each.id: visit.named(each, each.id) for each in catalogue.bodies.values()
    }
    chosen = body if body in choices else ""
    ui.select(
        choices,
        value=chosen,
        label=visit.say("body"),
        on_change=lambda event: ui.navigate.to(
            visit.to("/owed", **({"body": event.value} if event.value else {}))
        ),
    ).props("dense outlined").classes("choice")
