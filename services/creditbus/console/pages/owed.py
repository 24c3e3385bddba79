"""Owed: what the executing bodies have yet to do, lifts first, and why a delivery failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from nicegui import ui

from creditbus.console.decide import OVERDUE_LIFT_S
from creditbus.console.desk import Desk
from creditbus.console.dialogs import ask
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, NamedRows, Row
from creditbus.console.stamps import stamp
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.console.words import ago
from creditbus.domain.acts.interventions import OperatorStep
from creditbus.domain.effects.directives import Action
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import BodyId, ObligationId
from creditbus.domain.law.catalogue import Catalogue

RENEW_S: Final = 5.0

COLUMNS: Final = (
    Column("body", "body", is_sortable=False),
    Column("action", "action", is_sortable=False, keeps=True),
    Column("measure", "measure", is_sortable=False),
    Column("subject", "subject", is_sortable=False),
    Column("stated", "stated_at", keeps=True),
    Column("waits", "waits", is_sortable=False, keeps=True),
    Column("tries", "tries", is_number=True, is_sortable=False),
    Column("last", "last_try", is_sortable=False),
    Column("redeliver", "act", is_sortable=False),
)
"""They come in the order in which they waited, lifts first; there may be 100,000."""


async def show(desk: Desk, frame: Frame) -> None:
    """Show what one body owes, or all of them."""
    visit = frame.visit
    body = visit.asked.get("body", "")
    wanted = BodyId(body) if body else None
    with frame.card("owed") as card:
        _chosen(desk.catalogue, visit, body)

        async def hold(names: Sequence[str], needle: str) -> list[Row]:
            known = (*desk.catalogue.bodies.values(), *desk.catalogue.measures.values())
            owed = await desk.pages.obligations(names, visit.needles(needle, known))
            return rows(owed, desk.process.clock.now(), desk.catalogue, visit)

        source = NamedRows(lambda least: desk.owed_names(wanted, least), hold)
        listing = RowTable(visit, COLUMNS, source, "owed")
        listing.build()

        async def redeliver(name: str) -> None:
            owed = await desk.serving.obligation(ObligationId(name))
            if owed is None or not owed.is_owed:
                frame.say("settled_by_now")
                return
            facts = (
                ("body", visit.named(desk.catalogue.bodies.get(owed.body), owed.body)),
                ("action", visit.say("lift" if owed.action is Action.LIFT else "apply")),
                ("subject", owed.subject_id),
                ("last_try", _last(owed, visit).says),
            )
            await ask(
                frame,
                OperatorStep.REDELIVER,
                [(word, str(text)) for word, text in facts],
                lambda who, reason: desk.interventions.redeliver(who, owed, reason),
            )

        listing.on_act(redeliver)
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)


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
                "redeliver": Cell(visit.say("step_REDELIVER"), act=each.obligation_id),
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
    why = " ".join(dict.fromkeys(part for part in (status, owed.detail) if part))
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
