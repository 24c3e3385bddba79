"""Held: what stands still, why, and how it goes on: inboxes that cannot be read, and workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from creditbus.console.desk import Desk
from creditbus.console.dialogs import ask
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, Row, WholeRows
from creditbus.console.pages import proposals
from creditbus.console.rounds import ProcessHealth
from creditbus.console.stamps import stamp
from creditbus.console.tables import RowTable
from creditbus.console.upkeep import Upkeep
from creditbus.console.visit import Visit
from creditbus.domain.acts.interventions import OperatorStep
from creditbus.domain.ids import BodyId, SourceId
from creditbus.domain.law.catalogue import Catalogue
from creditbus.engine.failures import Hindrance
from creditbus.runtime.interventions.wishes import STEPS, ParkedInbox
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.workers.modes import Mode
from creditbus.stack.services import SLICED

RENEW_S: Final = 2.0

COLUMNS: Final = (
    Column("source", "source"),
    Column("stands", "stands_at", is_number=True),
    Column("since", "since", keeps=True),
    Column("why", "reason"),
    Column("way", "way_on"),
    Column("skip", "act", is_sortable=False),
)

WORKERS: Final = (
    Column("process", "process"),
    Column("state", "state"),
    Column("lag", "lag", is_number=True),
    Column("act", "act", is_sortable=False),
)

SKIPPABLE: Final = frozenset({Hindrance.BATCH_UNREADABLE, Hindrance.RECORDS_REMOVED})
"""What a person must decide; everything else goes on by itself once its cause is gone."""


async def show(desk: Desk, frame: Frame) -> None:
    """Show every inbox that waits; all others are read."""
    visit, rounds = frame.visit, desk.rounds
    with frame.card("held_page") as card:
        if not rounds.is_told:
            frame.note("no_scrapes", "warning")
            return

        async def read() -> Sequence[Row]:
            if rounds.at is None:
                raise Unavailable("intake", "nobody has been asked yet")
            return rows(rounds.parked, desk.process.parties, visit)

        listing = RowTable(visit, COLUMNS, WholeRows(read), "held")
        listing.build()

        async def skip(topic: str) -> None:
            parked = next((each for each in rounds.parked if each.topic == topic), None)
            if parked is None or parked.position is None:
                frame.say("goes_on_already")
                return
            facts = (
                ("source", parked.source),
                ("place", parked.place),
                ("reason", parked.why),
            )
            stands = parked.position
            await ask(
                frame,
                OperatorStep.SKIP,
                facts,
                lambda who, reason: desk.interventions.skip(who, parked, stands, reason),
            )

        listing.on_act(skip)
        Upkeep(visit, card, listing.renew).begin(RENEW_S, desk.process.clock.now)
    proposals.show(desk, frame)
    _workers(desk, frame)


def _workers(desk: Desk, frame: Frame) -> None:
    """Show the workers that a person may still, and let one be stilled or go on."""
    visit, rounds = frame.visit, desk.rounds
    with frame.card("workers") as card:

        async def read() -> Sequence[Row]:
            return worker_rows(rounds.states, visit)

        table = RowTable(visit, WORKERS, WholeRows(read), "workers")
        table.build()

        async def press(worker: str) -> None:
            known = next((each for each in rounds.states if each.name == worker), None)
            if known is None:
                return
            mode = Mode.RUNNING if is_stilled(known) else Mode.PAUSED
            await ask(
                frame,
                STEPS[mode],
                (("process", worker), ("lag", "—" if known.lag is None else f"{known.lag:,}")),
                lambda who, reason: desk.interventions.still(who, worker, mode, reason),
            )

        table.on_act(press)
        Upkeep(visit, card, table.renew).begin(RENEW_S, desk.process.clock.now)


def is_stilled(state: ProcessHealth) -> bool:
    """Return whether a person has paused or drained a worker."""
    return state.why in {Mode.PAUSED.sentence, Mode.DRAINED.sentence}


def _state_of(state: ProcessHealth) -> str:
    if is_stilled(state):
        return "stilled"
    return "works" if state.is_ready else "not_ready"


def worker_rows(states: Iterable[ProcessHealth], visit: Visit) -> list[Row]:
    """Return one row a slice worker, those that a person has stilled first."""
    sliced = [each for each in states if each.name.rpartition("-")[0] in SLICED]
    return [
        {
            "process": Cell(each.name),
            "state": Cell(
                visit.say(_state_of(each)),
                small=each.why,
                mark="" if each.is_ready else "attention",
            ),
            "lag": Cell("—" if each.lag is None else each.lag),
            "act": Cell(
                visit.say("step_RESUME" if is_stilled(each) else "step_PAUSE"), act=each.name
            ),
        }
        for each in sorted(sliced, key=lambda each: not is_stilled(each))
    ]


def rows(parked: Iterable[ParkedInbox], parties: Catalogue, visit: Visit) -> list[Row]:
    """Return one row an inbox, with the button only where a person must decide."""
    found = []
    for each in parked:
        row = parties.sources.get(SourceId(each.source)) or parties.bodies.get(BodyId(each.source))
        is_skippable = each.reason in SKIPPABLE and each.position is not None
        button = Cell(visit.say("step_SKIP"), act=each.topic) if is_skippable else Cell("")
        found.append(
            {
                "source": Cell(visit.named(row, each.source), small=each.source, mark="alarm"),
                "stands": Cell(each.position if each.position is not None else "—"),
                "since": Cell(stamp(each.since)),
                "why": Cell(visit.say(f"hindrance_{each.reason}"), small=each.why),
                "way": Cell(visit.say(f"way_{each.reason}")),
                "skip": button,
            }
        )
    return found
