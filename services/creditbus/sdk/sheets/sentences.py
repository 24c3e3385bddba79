"""Sentences: what is said of a file, a row or a cell, in English and in Chinese.

Whoever fills in a sheet reads Chinese; a sentence that is shown to one person has both languages
from the place where the fault is found. It is the English text wherever one text is wanted.
"""

from __future__ import annotations

from typing import Self


class Sentence(str):
    """An English sentence with the same in Chinese beside it."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, english: str, chinese: str) -> Self:
        """Return the sentence in both languages."""
        made = super().__new__(cls, english)
        made.zh = chinese
        return made


class NoSheet(ValueError):
    """A file that is no sheet which can be read, or not to its end: the sentence says why."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(str(said))
        self.said = said
