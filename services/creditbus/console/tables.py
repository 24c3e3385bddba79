"""Tables that a person can search, sort, page through, act in, and take away as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nicegui import events, ui

from creditbus.console.grid import (
    ROWS_A_PAGE,
    Column,
    Row,
    RowSource,
    View,
    as_csv,
    flat,
    given,
)
from creditbus.console.visit import Visit
from creditbus.runtime.outages import Unavailable

# A cell may lead somewhere, may be marked, and may ask for an act; Vue escapes what it says.
_CELL: Final = """
<q-td :props="props" :class="props.row[props.col.name + '_mark']" :data-label="props.col.label">
  <button v-if="props.row[props.col.name + '_act']" class="act"
    @click="() => $parent.$emit('act', props.row)">{{ props.value }}</button>
  <a v-else-if="props.row[props.col.name + '_to']" :href="props.row[props.col.name + '_to']"
    >{{ props.value }}</a>
  <template v-else>{{ props.value }}</template>
  <code v-if="props.row[props.col.name + '_small']"
    >{{ props.row[props.col.name + '_small'] }}</code>
</q-td>
"""

_EMPTY: Final = """<span class="nothing">{{ props.message }}</span>"""


@dataclass(slots=True)
class RowTable:
    """One table on a page: what it shows, and what of it is wanted."""

    visit: Visit
    columns: Sequence[Column]
    source: RowSource
    name: str
    view: View = field(default_factory=View)
    table: ui.table = field(init=False)
    _total: int = 0

    def build(self) -> None:
        """Put the table on the page, empty until it is renewed, below a field to search it."""
        visit = self.visit
        table = self.table = ui.table(
            columns=[_column(visit, each) for each in self.columns],
            rows=[],
            row_key="row",
            pagination={"rowsPerPage": ROWS_A_PAGE, "rowsNumber": 0, "page": 1},
        ).classes("listing")
        table.props('flat dense :rows-per-page-options="[25, 100, 500]" wrap-cells')
        table.props(f'no-data-label="{visit.say("reading")}"')
        table.props(f'no-results-label="{visit.say("nothing_found")}"')
        # The library's own words are English, and its sign for "empty" is one for "beware".
        table.props(f'rows-per-page-label="{visit.say("rows_a_page")}"')
        table.props(':pagination-label="(first, last, all) => `${first}-${last} / ${all}`"')
        table.add_slot("no-data", _EMPTY)
        table.add_slot("body-cell", _CELL)
        table.on("request", self._turn)
        table.on_pagination_change(self._hold_count)
        with table.add_slot("top"):
            search = ui.input(placeholder=visit.say("search"), on_change=self._search)
            search.props('dense outlined clearable debounce="300"')
            search.props(f'aria-label="{visit.say("search")}"').classes("search")
            ui.space()
            ui.button(visit.say("take_away"), on_click=self._take_away).props("flat dense no-caps")

    async def renew(self) -> None:
        """Read again what is wanted; raises ``Unavailable``, and what was read last stays."""
        view = self.view
        page = await self.source.read(view)
        if view != self.view:
            return  # something else is wanted by now, and on its way
        if not page.rows and view.start and page.total:
            # The rows have become fewer than the page that is looked at begins with.
            self.view = View(view.search, view.sort_by, view.descending, 0, view.count)
            page = await self.source.read(self.view)
        label = "nothing_found" if self.view.search else "nothing_here"
        self.table.props(f'no-data-label="{self.visit.say(label)}"')
        self.table.rows = flat(page.rows)
        self._total = page.total
        self.table.pagination = self._pagination()
        self.table.update()

    def on_act(self, act: Callable[[str], Awaitable[None]]) -> None:
        """Call ``act`` with what a pressed button is about."""

        async def pressed(event: events.GenericEventArguments) -> None:
            row = event.args if isinstance(event.args, dict) else {}
            about = next((value for name, value in row.items() if name.endswith("_act")), "")
            await act(str(about))

        self.table.on("act", pressed)

    async def _turn(self, event: events.GenericEventArguments) -> None:
        """Take what the browser asks for: another page, another order."""
        asked = event.args["pagination"]
        count = int(asked.get("rowsPerPage") or ROWS_A_PAGE)
        start = (max(1, int(asked.get("page") or 1)) - 1) * count
        known = {each.name for each in self.columns}
        sort_by = asked.get("sortBy") if asked.get("sortBy") in known else ""
        descending = bool(asked.get("descending"))
        self.view = View(self.view.search, sort_by or "", descending, start, count)
        await self._shown()

    def _hold_count(self) -> None:
        """Keep what is known of the count: the browser says again what it was told at first."""
        told = self._pagination()
        if self.table.pagination.get("rowsNumber") != told["rowsNumber"]:
            self.table.pagination = told

    async def _search(self, event: events.ValueChangeEventArguments[str | None]) -> None:
        view = self.view
        self.view = View(str(event.value or ""), view.sort_by, view.descending, 0, view.count)
        await self._shown()

    async def _shown(self) -> None:
        try:
            await self.renew()
        except Unavailable:
            ui.notify(self.visit.say("stale_never"), type="warning")

    async def _take_away(self) -> None:
        view = self.view
        wanted = View(view.search, view.sort_by, view.descending, 0, None)
        try:
            page = await self.source.read(wanted)
        except Unavailable:
            ui.notify(self.visit.say("stale_never"), type="warning")
            return
        content = as_csv(self.visit, self.columns, page.rows)
        ui.download.content(content, f"{self.name}.csv", "text/csv; charset=utf-8")

    def _pagination(self) -> dict[str, Any]:
        count = self.view.count or ROWS_A_PAGE
        return {
            "rowsPerPage": count,
            "rowsNumber": self._total,
            "page": self.view.start // count + 1,
            "sortBy": self.view.sort_by or None,
            "descending": self.view.descending,
        }


def _column(visit: Visit, column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": visit.say(column.word),
        "field": column.name,
        "align": "right" if column.is_number else "left",
        "sortable": column.is_sortable,
        "classes": "keeps" if column.keeps else "",
    }


async def show_rows(
    visit: Visit, columns: Sequence[Column], rows: Sequence[Row], *, name: str
) -> None:
    """Show rows that do not change; ``name`` is that of the file they are taken as."""
    listing = RowTable(visit, columns, given(rows), name)
    listing.build()
    await listing.renew()
