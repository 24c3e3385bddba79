"""The page: NiceGUI puts the board's fragments into the browser and renews them every second.

Everything it needs comes from this process; nothing is loaded from elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode

from nicegui import ui

from creditbus.console import fragments
from creditbus.console.decide import Board
from creditbus.console.words import TEXTS, Language, say
from creditbus.domain.calendar import SHANGHAI

STYLE: Final = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
RENEW_S: Final = 1.0
KEPT: Final = 120

Theme = Literal["light", "dark", "auto"]
_CHARTED: Final = ("received", "standings", "directives")
_COLOURS: Final = ("#1f6feb", "#2e9e6b", "#d08a1d")
_INK: Final = "#8493a3"
_HALVES: Final = (
    ("owed", fragments.owed),
    ("lists", fragments.lists),
    ("refusals", fragments.reasons),
    ("sources", fragments.sources),
)


class Watch:
    """What the page looks at: the last board, the last two minutes, and what is away if any."""

    def __init__(self) -> None:
        self.board: Board | None = None
        self.away: str | None = None
        self.past: deque[Board] = deque(maxlen=KEPT)

    def see(self, board: Board) -> None:
        """Take the next board."""
        self.board, self.away = board, None
        self.past.append(board)


def theme_of(stated: str | None) -> Theme:
    """Return the theme that a page was asked for; the browser's own unless one was."""
    return "light" if stated == "light" else "dark" if stated == "dark" else "auto"


def show(watch: Watch, language: Language, theme: Theme) -> None:
    """Build the page and keep it renewed."""
    ui.page_title(say("title", language))
    ui.add_css(STYLE)
    ui.dark_mode(value=None if theme == "auto" else theme == "dark")
    renewals: list[Callable[[], None]] = []

    def part(read: Callable[[], str], kind: str = "") -> None:
        element = ui.html(read(), sanitize=False).classes(kind)

        def renew() -> None:
            element.set_content(read())

        renewals.append(renew)

    def of_board(render: Callable[[Board, Language], str]) -> Callable[[], str]:
        return lambda: render(watch.board, language) if watch.board is not None else ""

    spoken = "en" if language == "en" else "zh-CN"
    with ui.element("main").classes("console").props(f"lang={spoken}"):
        _head(watch, language, theme, part)
        part(lambda: fragments.warning(watch.away, language))
        part(of_board(fragments.figures))
        with ui.element("div").classes("cards"):
            with _card("flow", language):
                part(of_board(fragments.flow))
                renewals.append(_chart(watch, language))
            for title, render in _HALVES:
                with _card(title, language, half=True):
                    part(of_board(render), "scroll")

    ui.timer(RENEW_S, lambda: [renew() for renew in renewals])


def _head(
    watch: Watch, language: Language, theme: Theme, part: Callable[[Callable[[], str]], None]
) -> None:
    other = "zh" if language == "en" else "en"
    with ui.element("header"):
        ui.html(say("title", language), sanitize=False, tag="h1")
        part(lambda: fragments.state(watch.board, watch.away, language))
        with ui.element("nav"):
            _link(say("other_language", language), other, theme)
            for kind in ("light", "dark"):
                if kind != theme:
                    _link(say(kind, language), language, kind)


def _link(text: str, language: str, theme: str) -> None:
    stated = {"lang": language} | ({"theme": theme} if theme != "auto" else {})
    ui.link(text, f"/?{urlencode(stated)}")


def _card(title: str, language: Language, *, half: bool = False) -> ui.element:
    card = ui.element("section").classes("card half" if half else "card")
    with card:
        hint = f"{title}_hint"
        small = f"<small>{say(hint, language)}</small>" if hint in TEXTS else ""
        ui.html(f"{say(title, language)}{small}", sanitize=False, tag="h2")
    return card


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
