"""Lists: what the catalogue in force says of each, its articles, its measures and its ways out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nicegui import ui

from creditbus.console.decide import Name
from creditbus.console.desk import Desk
from creditbus.console.frame import Frame
from creditbus.console.grid import Cell, Column, Row
from creditbus.console.tables import show_rows
from creditbus.console.visit import Visit
from creditbus.domain.ids import ListId
from creditbus.domain.law.catalogue import Catalogue, ListDefinition, MeasureDefinition
from creditbus.domain.law.differences import citations, differences

COLUMNS: Final = (
    Column("list", "list"),
    Column("kind", "kind"),
    Column("keepers", "keepers"),
    Column("in_use", "in_use"),
    Column("longest", "longest_years", is_number=True),
    Column("measures", "measures", is_number=True),
)
MEASURES: Final = (
    Column("measure", "measure"),
    Column("class", "class"),
    Column("bodies", "bodies"),
    Column("bases", "bases"),
    Column("in_use", "in_use"),
)
CHANGES: Final = (
    Column("row", "row"),
    Column("what", "what"),
    Column("before", "before"),
    Column("after", "after"),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show one list, or all of them and what the newest edition changed."""
    visit, catalogue = frame.visit, desk.catalogue
    definition = catalogue.lists.get(ListId(visit.asked.get("id", "")))
    if definition is not None:
        await _one(definition, catalogue, frame)
        return
    with frame.card("lists_page"):
        ui.label(f"{visit.say('edition')} {catalogue.edition}").classes("quiet")
        await show_rows(visit, COLUMNS, rows(catalogue, visit), name="lists")
    with frame.card("changes"):
        await show_rows(visit, CHANGES, changes(desk, visit), name="changes")


def rows(catalogue: Catalogue, visit: Visit) -> list[Row]:
    """Return one row a list of the catalogue."""
    return [
        {
            "list": Cell(visit.named(each, each.id), visit.to("/lists", id=each.id), small=each.id),
            "kind": Cell(visit.say(each.polarity)),
            "keepers": Cell(", ".join(_keepers(each, catalogue, visit))),
            "in_use": Cell(visit.say("yes" if each.enabled else "no"), small=each.note),
            "longest": Cell(each.years_max if each.years_max is not None else "—"),
            "measures": Cell(len(list(_following(each, catalogue)))),
        }
        for each in catalogue.lists.values()
    ]


def following(definition: ListDefinition, catalogue: Catalogue, visit: Visit) -> list[Row]:
    """Return one row a measure that follows from a list."""
    return [
        {
            "measure": Cell(visit.named(each, each.id), small=each.id),
            "class": Cell(each.measure_class, small=visit.of_law("class", each.measure_class)),
            "bodies": Cell(
                ", ".join(visit.named(catalogue.bodies.get(body), body) for body in each.bodies)
                or (each.executor_en if visit.language == "en" else each.executor_zh)
            ),
            "bases": Cell(", ".join(citations(each.bases, catalogue))),
            "in_use": Cell(visit.say("yes" if each.enabled else "no"), small=each.note),
        }
        for each in _following(definition, catalogue)
    ]


def changes(desk: Desk, visit: Visit) -> list[Row]:
    """Return what the newest edition says otherwise than the one before it."""
    newest, *older = desk.editions.catalogues
    return [
        {
            "row": Cell(
                visit.called(Name(each.id, each.name_zh, each.name_en)),
                small=f"{each.part} {each.id}",
            ),
            "what": Cell(change.name, small=str(each.kind)),
            "before": Cell("; ".join(change.before)),
            "after": Cell("; ".join(change.after)),
        }
        for before in older[:1]
        for each in differences(before, newest)
        for change in each.fields
    ]


async def _one(definition: ListDefinition, catalogue: Catalogue, frame: Frame) -> None:
    visit = frame.visit
    with frame.card("list"):
        ui.label(visit.named(definition, definition.id)).classes("headline")
        facts = (
            ("id", definition.id),
            ("kind", visit.say(definition.polarity)),
            ("keepers", ", ".join(_keepers(definition, catalogue, visit))),
            ("bases", "; ".join(citations(definition.bases, catalogue))),
            ("exit_bases", "; ".join(citations(definition.exit_bases, catalogue))),
            ("remedy", definition.remedy_en if visit.language == "en" else definition.remedy_zh),
            ("note", definition.note),
        )
        with ui.element("dl").classes("facts"):
            for word, text in facts:
                if text:
                    with ui.element("dt"):
                        ui.label(visit.say(word))
                    with ui.element("dd"):
                        ui.label(text)
    with frame.card("measures"):
        await show_rows(
            visit, MEASURES, following(definition, catalogue, visit), name=f"{definition.id}"
        )


def _following(definition: ListDefinition, catalogue: Catalogue) -> Iterator[MeasureDefinition]:
    for measure in catalogue.measures.values():
        if any(trigger.list_id == definition.id for trigger in measure.triggers):
            yield measure


def _keepers(definition: ListDefinition, catalogue: Catalogue, visit: Visit) -> list[str]:
    return [visit.named(catalogue.sources.get(each), each) for each in definition.keepers]
