"""Now: the bus at a glance, what needs a person first, renewed every second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nicegui import ui

from creditbus.console import fragments
from creditbus.console.decide import Board
from creditbus.console.desk import Desk, Watch
from creditbus.console.frame import Frame
from creditbus.console.visit import Visit
from creditbus.console.words import Language, say
from creditbus.domain.calendar import SHANGHAI

_CHARTED: Final = ("received", "standings", "directives")
_COLOURS: Final = ("#1f6feb", "#2e9e6b", "#d08a1d")
_INK: Final = "#8493a3"
_HALVES: Final = (
    ("owed", fragments.owed),
    ("lists", fragments.lists),
    ("refusals", fragments.reasons),
    ("sources", fragments.sources),
)


async def show(desk: Desk, frame: Frame) -> None:
    """Show the board; nothing of it is asked for the page alone."""
    watch, visit = desk.watch, frame.visit

    def of_board(render: Callable[[Board, Visit], str]) -> Callable[[], str]:
        return lambda: render(watch.board, visit) if watch.board is not None else ""

    frame.part(of_board(fragments.figures))
    with ui.element("div").classes("cards"):
        with frame.card("flow"):
            frame.part(of_board(fragments.flow))
            frame.renewals.append(_chart(watch, visit.language))
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


def _options(watch: Watch, language: Language) -> dict[str, Any]:
    quiet = {"color": _INK, "fontSize": 11, "hideOverlap": True}
    return {
        "animation": False,
        "color": list(_COLOURS),
        "grid": {"left": 40, "right": 12, "top": 28, "bottom": 22},
        "legend": {"top": 0, "right": 0, "textStyle": quiet, "itemHeight": 8},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "boundaryGap": False, "axisLabel": quiet}
        | {"data": _moments(watch)},
        "yAxis": {
            "type": "value",
            "min": 0,
            "minInterval": 1,
            "axisLabel": quiet,
            "splitLine": {"lineStyle": {"color": _INK, "opacity": 0.2}},
        },
        "series": _series(watch, language),
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
