"""Tables that a person can search, sort, page through and take away as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nicegui import ui

from creditbus.console.visit import Visit

ROWS_A_PAGE: Final = 25
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

# A cell may lead somewhere, and may be marked; Vue escapes what it says.
_CELL: Final = """
<q-td :props="props" :class="props.row[props.col.name + '_mark']">
  <a v-if="props.row[props.col.name + '_to']" :href="props.row[props.col.name + '_to']"
    >{{ props.value }}</a>
  <template v-else>{{ props.value }}</template>
  <code v-if="props.row[props.col.name + '_small']"
    >{{ props.row[props.col.name + '_small'] }}</code>
</q-td>
"""

_EMPTY: Final = """<span class="nothing">{{ props.message }}</span>"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key of its cells, and the word over it."""

    name: str
    word: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, where it leads, what stands small below it, and how it is marked."""

    says: str | int
    to: str = ""
    small: str = ""
    mark: str = ""


Row = dict[str, Cell]


def show_table(
    visit: Visit, columns: Sequence[Column], rows: Sequence[Row], *, name: str
) -> ui.table:
    """Show rows below a field to search them; ``name`` is that of the file they are taken as."""
    table = ui.table(
        columns=[_column(visit, each) for each in columns],
        rows=flat(rows),
        row_key="row",
        pagination={"rowsPerPage": ROWS_A_PAGE},
    ).classes("listing")
    table.props('flat dense :rows-per-page-options="[25, 100, 500]" wrap-cells')
    table.props(f'no-data-label="{visit.say("nothing_here")}"')
    table.props(f'no-results-label="{visit.say("nothing_found")}"')
    # The library's own words are English, and its sign for "empty" is one for "beware".
    table.props(f'rows-per-page-label="{visit.say("rows_a_page")}"')
    table.props(':pagination-label="(first, last, all) => `${first}-${last} / ${all}`"')
    table.add_slot("no-data", _EMPTY)
    table.add_slot("body-cell", _CELL)
    with table.add_slot("top"):
        search = ui.input(placeholder=visit.say("search")).props("dense outlined clearable")
        search.props(f'aria-label="{visit.say("search")}"').classes("search")
        search.bind_value(table, "filter")
        ui.space()
        ui.button(
            visit.say("take_away"),
            on_click=lambda: ui.download.content(
                as_csv(visit, columns, table.rows), f"{name}.csv", "text/csv; charset=utf-8"
            ),
        ).props("flat dense no-caps")
    return table


def flat(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows as the browser is given them: a cell's link and mark beside what it says."""
    found = []
    for number, row in enumerate(rows):
        given: dict[str, Any] = {"row": number}
        for name, cell in row.items():
            given[name] = cell.says
            given |= {
                f"{name}_{part}": value
                for part, value in (("to", cell.to), ("small", cell.small), ("mark", cell.mark))
                if value
            }
        found.append(given)
    return found


def as_csv(visit: Visit, columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> bytes:
    """Return rows as a sheet that a spreadsheet program opens, and takes for no formulas."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([visit.say(each.word) for each in columns])
    for row in rows:
        writer.writerow([_plain(row.get(each.name, "")) for each in columns])
    return text.getvalue().encode("utf-8-sig")


def _plain(value: str | int) -> str | int:
    # What sources call themselves is theirs to choose, and a sheet would reckon with it.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _column(visit: Visit, column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": visit.say(column.word),
        "field": column.name,
        "align": "right" if column.is_number else "left",
        "sortable": True,
    }
