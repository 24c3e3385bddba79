"""Now: the bus at a glance, what needs a person first, renewed every second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from nicegui import ui

from creditbus.console import fragments
from creditbus.console.decide import Board
from creditbus.console.desk import Desk, Watch
from creditbus.console.frame import Frame
from creditbus.console.rounds import WAYS, Rounds
from creditbus.console.visit import Visit
from creditbus.console.words import say
from creditbus.domain.calendar import SHANGHAI
from creditbus.domain.terms.words import Language

_CHARTED: Final = ("received", "standings", "directives")
_COLOURS: Final = ("#1f6feb", "#2e9e6b", "#d08a1d")
_INK: Final = "#8493a3"
_HALVES: Final = (
    ("owed", fragments.owed),
    ("lists", fragments.lists),
    ("refusals", fragments.reasons),
    ("sources", fragments.sources),
)
_WAY_COLOURS: Final = ("#2e9e6b", "#7fc8a4", "#1f6feb", "#8fb6f5")


async def show(desk: Desk, frame: Frame) -> None:
    """Show the board; nothing of it is asked for the page alone."""
    watch, visit, rounds = desk.watch, frame.visit, desk.rounds

    def of_board(render: Callable[[Board, Visit], str]) -> Callable[[], str]:
        return lambda: render(watch.board, visit) if watch.board is not None else ""

    def held() -> int:
        return len(rounds.parked) + len(desk.proposals)

    frame.part(of_board(lambda board, visit: fragments.figures(board, held(), visit)))
    with ui.element("div").classes("cards"):
        with frame.card("flow"):
            frame.part(of_board(fragments.flow))
            frame.renewals.append(_chart(watch, visit.language))
        with frame.card("latency", half=True):
            frame.renewals.append(_latency_chart(rounds, visit))
        with frame.card("processes", half=True):
            if rounds.is_told:
                frame.part(lambda: fragments.processes(rounds, visit), "scroll")
            else:
                frame.note("no_scrapes", "warning")
        for title, render in _HALVES:
            with frame.card(title, half=True):
                frame.part(of_board(render), "scroll")


def _chart(watch: Watch, language: Language) -> Callable[[], None]:
    chart = ui.echart(_options(watch, language)).classes("chart")

    def renew() -> None:
        chart.options["xAxis"]["data"] = _moments(watch)
        chart.options["series"] = _series(watch, language)
        chart.update()

    return renew


def _latency_chart(rounds: Rounds, visit: Visit) -> Callable[[], None]:
    """Chart how long lifts and applications take, and return what renews it."""
    options = _frame_of_chart(_WAY_COLOURS)
    options["yAxis"] |= {"type": "log", "min": 0.1, "name": "s", "minInterval": 0.1}
    chart = ui.echart(options).classes("chart")

    def renew() -> None:
        past = rounds.latencies["lift"].past
        chart.options["xAxis"]["data"] = [
            f"{each.at.astimezone(SHANGHAI):%H:%M:%S}" for each in past
        ]
        chart.options["series"] = [
            {
                "type": "line",
                "name": f"{visit.say(way)} p{50 if part == 'half' else 99}",
                "showSymbol": False,
                "connectNulls": False,
                "lineStyle": {"width": 1.6, "type": "solid" if part == "half" else "dashed"},
                "data": [
                    None if (took := getattr(each, part)) is None else round(took, 2)
                    for each in rounds.latencies[way].past
                ],
            }
            for way in WAYS
            for part in ("half", "most")
        ]
        chart.update()

    renew()
    return renew


def _options(watch: Watch, language: Language) -> dict[str, Any]:
    options = _frame_of_chart(_COLOURS)
    options["xAxis"]["data"] = _moments(watch)
    return options | {"series": _series(watch, language)}


def _frame_of_chart(colours: Sequence[str]) -> dict[str, Any]:
    quiet = {"color": _INK, "fontSize": 11, "hideOverlap": True}
    return {
        "animation": False,
        "color": list(colours),
        "grid": {"left": 40, "right": 12, "top": 28, "bottom": 22},
        "legend": {"top": 0, "right": 0, "textStyle": quiet, "itemHeight": 8},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "boundaryGap": False, "axisLabel": quiet, "data": []},
        "yAxis": {
            "type": "value",
            "min": 0,
            "minInterval": 1,
            "axisLabel": quiet,
            "splitLine": {"lineStyle": {"color": _INK, "opacity": 0.2}},
        },
        "series": [],
    }


def _moments(watch: Watch) -> list[str]:
    return [f"{board.at.astimezone(SHANGHAI):%H:%M:%S}" for board in watch.past]


def _series(watch: Watch, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "name": say(stream, language),
            "showSymbol": False,
            "lineStyle": {"width": 1.6},
            "data": [
                round(flow.per_second, 2)
                for board in watch.past
                for flow in board.flows
                if flow.stream == stream
            ],
        }
        for stream in _CHARTED
    ]
