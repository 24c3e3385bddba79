"""How the command line tells what it found: sentences and tables to a person, JSON to a machine.

One of the two listens to a command, as ``--json`` says: what is said and shown reaches persons
alone, what is given reaches machines alone. So a command says both, and asks nobody who listens.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

_HARMLESS: Final = {
    each: "·" for each in (*range(32), 127, *range(128, 160)) if chr(each) not in "\n\t"
}
"""What a terminal obeys instead of showing it, by what is shown in its place."""


class PlainConsole(Console):
    """A console on which a stranger's text is text: it moves no cursor and clears no screen."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a string as it is printed."""
        return super().render_str(text.translate(_HARMLESS), **options)


PERSONS: Final = PlainConsole(highlight=False)
"""Where a person reads, and watches a bar; nothing reaches it while a machine listens."""

_ERRORS: Final = PlainConsole(stderr=True, highlight=False)

_WIDE: Final = 10_000
"""Columns where nobody looks at a terminal: a program must find each row in one line."""


@dataclass(slots=True)
class Machine:
    """The program that asked for JSON, and how many values it was given."""

    given: int = 0


_MACHINE: ContextVar[Machine | None] = ContextVar("machine", default=None)


def machine() -> Machine | None:
    """Return the machine that listens, None when a person does."""
    return _MACHINE.get()


@contextmanager
def heard_by_a_machine() -> Iterator[Machine]:
    """Let a machine listen instead of a person."""
    listens = Machine()
    before, was_quiet = _MACHINE.set(listens), PERSONS.quiet
    PERSONS.quiet = True
    try:
        yield listens
    finally:
        PERSONS.quiet = was_quiet
        _MACHINE.reset(before)


def say(sentence: str) -> None:
    """Print a sentence for persons, whole, with nothing of it taken for markup."""
    PERSONS.print(sentence, markup=False, soft_wrap=True)


def stress(word: str, sentence: str, style: str = "bold") -> None:
    """Print a sentence for persons, behind a word that is marked; nothing in either is markup."""
    PERSONS.print(word, style=style, markup=False, soft_wrap=True, end=" " if sentence else "\n")
    if sentence:
        PERSONS.print(sentence, markup=False, soft_wrap=True)


def pass_on(line: str) -> None:
    """Let persons have a line exactly as it is: a document, or what another program wrote."""
    if machine() is None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def show(drawn: Table | Tree) -> None:
    """Show persons all of it: on a terminal what is too long goes on below, else in its line."""
    if machine() is not None:
        return
    for column in drawn.columns if isinstance(drawn, Table) else ():
        column.overflow = "fold"
    console = PlainConsole(highlight=False)
    if not console.is_terminal:
        console = PlainConsole(highlight=False, width=_WIDE)
    console.print(drawn)


def give(content: object) -> None:
    """Give a machine a value as JSON, in one line; persons are told in other words."""
    listens = machine()
    if listens is not None:
        listens.given += 1
        sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
        sys.stdout.buffer.flush()


def warn(sentence: str) -> None:
    """Say on the error output what is not as it should be, while the command goes on."""
    if machine() is not None:
        _write_error({"notice": sentence})
    else:
        _ERRORS.print(sentence, markup=False, soft_wrap=True)


def tell_fault(sentence: str, code: int) -> None:
    """Say on the error output why a command ends, and with which exit code."""
    if machine() is not None:
        _write_error({"error": sentence, "exit_code": code})
    else:
        _ERRORS.print("error", style="bold red", end=" ")
        _ERRORS.print(sentence, markup=False, soft_wrap=True)


def _write_error(content: dict[str, object]) -> None:
    sys.stderr.write(msgspec.json.encode(content).decode() + "\n")
    sys.stderr.flush()
