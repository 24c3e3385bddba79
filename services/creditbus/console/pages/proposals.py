"""Proposals: what one person wants skipped and a second one approves or rejects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nicegui import ui

from creditbus.console.desk import Desk
from creditbus.console.dialogs import ask, show_facts
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, Row, WholeRows
from creditbus.console.stamps import stamp
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.domain.acts.interventions import OperatorStep
from creditbus.domain.acts.proposals import Proposal
from creditbus.domain.ids import BodyId, SourceId
from creditbus.domain.law.catalogue import Catalogue

RENEW_S: Final = 2.0

COLUMNS: Final = (
    Column("source", "source"),
    Column("records", "records", is_number=True),
    Column("by", "proposed_by"),
    Column("since", "since", keeps=True),
    Column("reason", "reason", is_sortable=False),
    Column("ends", "runs_out", keeps=True),
    Column("decide", "act", is_sortable=False),
)


def show(desk: Desk, frame: Frame) -> None:
    """Show every batch that waits, and let somebody decide about one."""
    visit = frame.visit
    with frame.card("proposals") as card:

        async def read() -> Sequence[Row]:
            return rows(await desk.interventions.proposals(), desk.process.parties, visit)

        listing = RowTable(visit, COLUMNS, WholeRows(read), "proposals")
        listing.build()

        async def decide(proposal_id: str) -> None:
            found = await desk.interventions.proposals()
            asked = next((each for each in found if each.proposal_id == proposal_id), None)
            if asked is None:
                frame.say("decided_already")
                return
            _decide(desk, frame, asked)

        listing.on_act(decide)
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)


def rows(waiting: Iterable[Proposal], parties: Catalogue, visit: Visit) -> list[Row]:
    """Return one row a batch, the oldest first."""
    found = []
    for each in waiting:
        row = parties.sources.get(SourceId(each.source)) or parties.bodies.get(BodyId(each.source))
        found.append(
            {
                "source": Cell(visit.named(row, each.source), small=each.source, mark="attention"),
                "records": Cell(each.records, small=f"{each.place}–{each.through}"),
                "by": Cell(each.by),
                "since": Cell(stamp(each.at)),
                "reason": Cell(each.reason, small=each.proposal_id),
                "ends": Cell(stamp(each.runs_out_at)),
                "decide": Cell(visit.say("decide"), act=each.proposal_id),
            }
        )
    return found


def _decide(desk: Desk, frame: Frame, asked: Proposal) -> None:
    """Show what exactly was proposed, and let a second person say yes or no."""
    visit = frame.visit
    facts = (
        ("source", asked.source),
        ("place", f"{asked.place}–{asked.through}"),
        ("records", f"{asked.records:,}"),
        ("proposed_by", f"{asked.by}, {stamp(asked.at)}"),
        ("reason", asked.reason),
    )
    with ui.dialog() as dialog, ui.element("div").classes("card dialog"):
        ui.html(visit.say("proposals"), sanitize=False, tag="h2")
        show_facts(facts, visit)

        async def approve() -> None:
            dialog.value = False
            await ask(
                frame,
                OperatorStep.APPROVE,
                facts,
                lambda who, reason: desk.interventions.approve(
                    who, asked.proposal_id, desk.rounds.parked, reason
                ),
            )

        async def reject() -> None:
            dialog.value = False
            await ask(
                frame,
                OperatorStep.REJECT,
                facts,
                lambda who, reason: desk.interventions.reject(who, asked.proposal_id, reason),
            )

        with ui.row().classes("ask"):
            ui.button(visit.say("step_APPROVE"), on_click=approve).props("no-caps unelevated")
            ui.button(visit.say("step_REJECT"), on_click=reject).props("no-caps outline")
            ui.button(visit.say("leave_it"), on_click=dialog.close).props("no-caps flat")
    dialog.value = True
