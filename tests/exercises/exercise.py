"""Exercises: what befalls a bus that is in use, and the runbook by whose words it is put right.

An exercise is one function with one decorator. To add one:

1. Write the section of ``docs/runbooks.md``: what is seen, and what is typed, in ``sh`` blocks.
2. Choose the module of its chapter, and write a function that strikes and then goes by the
   section::

       CHAPTER = Chapter("Losses")

       @CHAPTER.exercise(
           runbook="Redis is lost",
           strikes="Valkey is killed and its folder deleted",
           then="views fills it again by itself; until then every reader answers 503",
       )
       def redis_is_lost(drill: Drill) -> None:
           drill.press("kill -9 PID", PID=drill.pid("valkey"))

   Its name, with dashes, is the row's name. ``press`` runs a line in a shell, and fails unless the
   section holds that very line: words in capitals stand for what differs from case to case.
3. Say nothing about what holds for every exercise: a city goes on meanwhile
   (``tests.exercises.city``), and at the end nothing is lost, nothing was acted on twice, and
   nobody was told what was no longer so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.exercises.drill import Drill

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = "docs/runbooks.md"

Script = Callable[["Drill"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """What befalls the bus, by which section it is put right, and what comes of it."""

    name: str
    runbook: str  # the title of its section
    strikes: str
    then: str
    script: Script
    brokers: int

    @property
    def anchor(self) -> str:
        """Where the section is, as a link within the docs."""
        return f"runbooks.md#{self.runbook.lower().replace(',', '').replace(' ', '-')}"


class Chapter:
    """The exercises of one module."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.exercises: list[Exercise] = []

    def exercise(
        self, *, runbook: str, strikes: str, then: str, brokers: int = 1
    ) -> Callable[[Script], Script]:
        """Register a script under its name."""

        def register(script: Script) -> Script:
            self.exercises.append(
                Exercise(
                    name=script.__name__.replace("_", "-"),
                    runbook=runbook,
                    strikes=strikes,
                    then=then,
                    script=script,
                    brokers=brokers,
                )
            )
            return script

        return register


@cache
def sections() -> dict[str, str]:
    """Return the sections of the runbooks by their titles."""
    parts = re.split(r"^## (.+)$", (ROOT / PAGE).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
