"""Subject: what stands against one subject, what follows from it, and what its bodies answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from nicegui import ui

from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, Row
from creditbus.console.stamps import stamp
from creditbus.console.tables import show_rows
from creditbus.console.visit import Visit
from creditbus.domain.effects.directives import Action
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.entry import Entry
from creditbus.domain.entries.standings import Standing
from creditbus.domain.identifiers.uscc import UNIFIED
from creditbus.domain.ids import (
    BodyId,
    MeasureId,
    ObligationId,
    SubjectId,
    derive_obligation_id,
)
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.differences import citations
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import Trust, kind_of, uscc_subject, why_not_subject
from creditbus.runtime.outages import Unavailable

NOBODY: Final = "unknown"
"""What stands in an address in place of what names no subject."""

ENTRIES: Final = (
    Column("list", "list"),
    Column("stage", "stage"),
    Column("document", "document"),
    Column("bases", "bases"),
    Column("starts", "starts_on"),
    Column("ends", "ends_at"),
    Column("marks", "marks"),
    Column("source", "source"),
)
DIRECTIVES: Final = (
    Column("measure", "measure"),
    Column("body", "body"),
    Column("action", "action"),
    Column("outcome", "outcome"),
    Column("stated", "stated_at"),
    Column("tried", "last_try"),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show the field to look a subject up, and the one that was asked for."""
    visit = frame.visit
    asked = visit.asked.get("id", "")
    subject = subject_of(asked)
    with frame.card("subject"):
        _search(visit, subject or "")
        if asked and subject is None:
            # What is no id might be a person's number, so it is not said again.
            frame.note("no_subject", "warning")
    if subject is None:
        return
    try:
        standing = await desk.serving.standing(subject)
        directives = await desk.serving.obligations_of(obligations_of(subject, desk.editions))
    except Unavailable:
        frame.note("away_detail")
        return
    if standing is None:
        with frame.card("entries"):
            frame.note("never_named")
        return
    await _show(standing, directives, desk, frame)


def subject_of(text: str) -> SubjectId | None:
    """Return the subject that a code or an id names, None for anything else."""
    text = text.strip()
    if UNIFIED.is_valid(text):
        return uscc_subject(text)
    subject = SubjectId(text)
    return None if why_not_subject(kind_of(subject), subject, Trust.EASING) else subject


def obligations_of(subject: SubjectId, law: Editions) -> list[ObligationId]:
    """Return every obligation that there could be about a subject, by any edition of the law."""
    pairs = {
        (measure.id, body): None
        for catalogue in law.catalogues
        for measure in catalogue.measures.values()
        for body in measure.bodies
    }
    return [
        derive_obligation_id(subject, MeasureId(measure), BodyId(body)) for measure, body in pairs
    ]


def entries(standing: Standing, catalogue: Catalogue, visit: Visit, now: datetime) -> list[Row]:
    """Return one row an entry, ended ones last."""
    found = sorted(
        standing.entries, key=lambda entry: (entry.is_removed, -entry.decided_on.toordinal())
    )
    return [_entry(entry, catalogue, visit, now) for entry in found]


def directives(found: Iterable[Obligation], catalogue: Catalogue, visit: Visit) -> list[Row]:
    """Return one row an obligation as last stated, what is owed first."""
    rows = []
    for each in sorted(found, key=lambda each: (not each.is_owed, each.stated_at)):
        is_lift = each.action is Action.LIFT
        outcome = str(each.outcome) if each.outcome is not None else visit.say("no_answer")
        rows.append(
            {
                "measure": Cell(
                    visit.named(catalogue.measures.get(each.measure_id), each.measure_id),
                    small=each.measure_id,
                ),
                "body": Cell(
                    visit.named(catalogue.bodies.get(each.body), each.body),
                    visit.to("/owed", body=each.body) if each.is_owed else "",
                ),
                "action": Cell(
                    visit.say("lift" if is_lift else "apply"),
                    small=f"{visit.say('revision')} {each.revision}",
                ),
                "outcome": Cell(outcome, mark="attention" if each.is_owed else "fine"),
                "stated": Cell(stamp(each.stated_at)),
                "tried": Cell(
                    stamp(each.tried_at) if each.tries else visit.say("not_tried"),
                    small=each.detail,
                ),
            }
        )
    return rows


async def _show(standing: Standing, found: Sequence[Obligation], desk: Desk, frame: Frame) -> None:
    visit, catalogue = frame.visit, desk.catalogue
    with frame.card("entries"):
        said = f"{visit.say('revision')} {standing.revision} · {visit.say('edition')}"
        ui.label(f"{said} {standing.edition}").classes("quiet")
        now = desk.process.clock.now()
        await show_rows(visit, ENTRIES, entries(standing, catalogue, visit, now), name="entries")
    with frame.card("directives"):
        await show_rows(visit, DIRECTIVES, directives(found, catalogue, visit), name="directives")
    with frame.card("why"):
        ui.label(visit.say("why_how")).classes("quiet")
        flag = "" if visit.language == "en" else " --zh"
        ui.code(f"creditbus explain {standing.subject_id}{flag}", language="bash")


def _entry(entry: Entry, catalogue: Catalogue, visit: Visit, now: datetime) -> Row:
    definition = catalogue.lists.get(entry.list_id)
    is_over = not entry.is_removed and entry.ends_at is not None and entry.ends_at <= now
    stage = visit.say("term_over") if is_over else visit.of_law("stage", entry.stage)
    cause = visit.of_law("cause", entry.removal_cause) if entry.removal_cause else ""
    return {
        "list": Cell(
            visit.named(definition, entry.list_id),
            visit.to("/lists", id=entry.list_id),
            small=entry.entry_id,
        ),
        "stage": Cell(stage, small=cause),
        "document": Cell(entry.document_number or "—", small=f"{entry.decided_on}"),
        "bases": Cell("; ".join(citations(entry.bases, catalogue))),
        "starts": Cell(f"{entry.starts_on}"),
        "ends": Cell(
            f"{entry.removed_on}" if entry.removed_on is not None else stamp(entry.ends_at) or "—"
        ),
        "marks": Cell(", ".join(_marks(entry, visit)), mark="attention"),
        "source": Cell(visit.named(catalogue.sources.get(entry.source), entry.source)),
    }


def _marks(entry: Entry, visit: Visit) -> Iterator[str]:
    if entry.disputed:
        yield visit.say("disputed")
    if entry.repair_pending:
        yield visit.say("repair_pending")
    if entry.suspended_by is not None:
        yield f"{visit.say('suspended')} ({entry.suspended_by})"
    if entry.delete_by is not None:
        yield f"{visit.say('delete_by')} {entry.delete_by}"
    for each in entry.overdue:
        yield f"{visit.say('overdue')}: {visit.of_law('overdue', each)}"


def _search(visit: Visit, subject: str) -> None:
    def look_up() -> None:
        found = subject_of(field.value or "")
        if found is None:
            # Never in the address: it might be a person's number.
            ui.notify(visit.say("no_subject"), type="warning")
            return
        ui.navigate.to(visit.to("/subject", id=found))

    with ui.row().classes("ask"):
        field = ui.input(visit.say("subject_field"), value=subject).props("dense outlined")
        field.classes("choice").props("autocomplete=off").on("keydown.enter", look_up)
        ui.button(visit.say("look_up"), on_click=look_up).props("no-caps unelevated")
