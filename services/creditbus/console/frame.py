"""The frame around every page: title, where one can go, language, theme, and how fresh it is.

Everything it needs comes from this process; nothing is loaded from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nicegui import ui

from creditbus.console import fragments
from creditbus.console.desk import Watch
from creditbus.console.staff import Visitor
from creditbus.console.visit import Visit, theme_of
from creditbus.console.words import TEXTS
from creditbus.domain.terms.words import Language

STYLE: Final = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
RENEW_S: Final = 1.0
USED_EVERY_S: Final = 20.0

PLACES: Final = (
    ("now", "/"),
    ("subject", "/subject"),
    ("owed_page", "/owed"),
    ("held_page", "/held"),
    ("refused_page", "/refused"),
    ("sources_page", "/sources"),
    ("lists_page", "/lists"),
    ("exposure_page", "/exposures"),
    ("actions_page", "/actions"),
)
"""Where one can go: the word of each page, and its path."""


@dataclass(slots=True)
class Frame:
    """One opened page under construction, and what of it is renewed every second.

    ``who`` tells whose session it is, none once that has ended; ``use`` tells the same, and that
    the person has done something.
    """

    visit: Visit
    who: Callable[[], Visitor | None]
    use: Callable[[], Visitor | None]
    renewals: list[Callable[[], object]] = field(default_factory=list)

    @contextmanager
    def page(self, watch: Watch) -> Iterator[None]:
        """Build the head, let the page fill the middle, and keep it renewed."""
        visit = self.visit
        here = next(word for word, path in PLACES if path == visit.path)
        ui.page_title(f"{visit.say(here)} · {visit.say('title')}")
        ui.add_css(STYLE)
        ui.dark_mode(value=None if visit.theme == "auto" else visit.theme == "dark")
        spoken = "en" if visit.language == "en" else "zh-CN"
        with ui.element("main").classes("console").props(f"lang={spoken}") as main:
            # Whoever clicks or types is there; a page that is only open is not used.
            for kind in ("click", "keydown"):
                main.on(kind, self.use, [], throttle=USED_EVERY_S)
            self._head(watch)
            self.part(lambda: fragments.warning(watch.board, watch.away, visit.language))
            yield
        ui.timer(RENEW_S, self._renew)

    def part(self, read: Callable[[], str], kind: str = "") -> None:
        """Put HTML that is read anew every second; whoever reads has escaped it."""
        element = ui.html(read(), sanitize=False).classes(kind)
        self.renewals.append(lambda: element.set_content(read()))

    def card(self, title: str, *, half: bool = False) -> ui.element:
        """Return a card under a title, with the hint that belongs to it."""
        card = ui.element("section").classes("card half" if half else "card")
        with card:
            hint = f"{title}_hint"
            small = f"<small>{self.visit.say(hint)}</small>" if hint in TEXTS else ""
            ui.html(f"{self.visit.say(title)}{small}", sanitize=False, tag="h2")
        return card

    def note(self, word: str, kind: str = "nothing") -> None:
        """Put a sentence, such as that there is nothing to show."""
        ui.label(self.visit.say(word)).classes(kind)

    def say(self, word: str) -> None:
        """Say a sentence for a moment."""
        ui.notify(self.visit.say(word), multi_line=True)

    def _renew(self) -> None:
        if self.who() is None:
            # An open page ends with its session too: it asks for a token again.
            ui.navigate.reload()
            return
        for renew in self.renewals:
            renew()

    def _head(self, watch: Watch) -> None:
        visit = self.visit
        with ui.element("header"):
            ui.html(visit.say("title"), sanitize=False, tag="h1")
            self.part(lambda: fragments.state(watch.board, watch.away, visit.language))
            with ui.element("nav").classes("choices").props(f'aria-label="{visit.say("choices")}"'):
                self._choices()
        with ui.element("nav").classes("places").props(f'aria-label="{visit.say("places")}"'):
            for word, path in PLACES:
                link = ui.link(visit.say(word), visit.to(path))
                if path == visit.path:
                    link.props("aria-current=page")

    def _choices(self) -> None:
        visit = self.visit
        other: Language = "zh" if visit.language == "en" else "en"
        ui.link(visit.say("other_language"), visit.with_language(other).here())
        for theme in ("light", "dark"):
            if theme != visit.theme:
                ui.link(visit.say(theme), visit.with_theme(theme_of(theme)).here())
        visitor = self.who()
        if visitor is not None:
            role = visit.say(f"role_{visitor.role}")
            ui.label(f"{visitor.name} · {role}").classes("visitor")
        leaving = f'<form method="post" action="{visit.to("/logout")}">'
        button = f"<button>{visit.say('log_out')}</button></form>"
        ui.html(leaving + button, sanitize=False)
