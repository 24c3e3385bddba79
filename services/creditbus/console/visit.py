"""A visit: which page was asked for, with what, in which language and theme."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, Self
from urllib.parse import urlencode

from creditbus.console.decide import Name, name_of
from creditbus.console.words import say
from creditbus.domain.accounts.messages import MESSAGES
from creditbus.domain.law.catalogue import Row
from creditbus.domain.terms.words import Language

Theme = Literal["light", "dark", "auto"]


def theme_of(stated: str | None) -> Theme:
    """Return the theme that a page was asked for; the browser's own unless one was."""
    return "light" if stated == "light" else "dark" if stated == "dark" else "auto"


@dataclass(frozen=True, slots=True)
class Visit:
    """One page as it was asked for; ``asked`` is what it was asked besides language and theme."""

    path: str
    language: Language = "zh"
    theme: Theme = "auto"
    asked: dict[str, str] = field(default_factory=dict)

    def to(self, path: str, **asked: str) -> str:
        """Return the address of a page in this language and theme."""
        stated: dict[str, str] = {"lang": "en"} if self.language == "en" else {}
        stated |= {"theme": self.theme} if self.theme != "auto" else {}
        query = urlencode(asked | stated)
        return f"{path}?{query}" if query else path

    def here(self) -> str:
        """Return the address of this very page."""
        return self.to(self.path, **self.asked)

    def with_language(self, language: Language) -> Self:
        """Return the same page in a language."""
        return replace(self, language=language)

    def with_theme(self, theme: Theme) -> Self:
        """Return the same page in a theme."""
        return replace(self, theme=theme)

    def say(self, word: str) -> str:
        """Return a text of the console."""
        return say(word, self.language)

    def of_law(self, kind: str, word: str) -> str:
        """Return a word of the law; one that is not among the messages goes as it is."""
        texts = MESSAGES.get(f"{kind}.{word}")
        return texts[self.language == "en"] if texts is not None else word

    def called(self, name: Name) -> str:
        """Return the name of a row in this language; its id where it has none."""
        return (name.en if self.language == "en" else name.zh) or name.id

    def needles(self, text: str, rows: Iterable[Row]) -> list[str]:
        """Return what records hold that show a text: it, or the id of a row with it in its name."""
        if not text:
            return []
        return [text, *(f'"{row.id}"' for row in rows if text in self.named(row, "").casefold())]

    def named(self, row: Row | None, row_id: str) -> str:
        """Return what a row of the catalogue is called; its id where there is no row."""
        return self.called(name_of(row_id, row))
