"""How the command line prints what it found: tables of which nothing is cut off, and JSON."""

from __future__ import annotations

import sys
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

_WIDE: Final = 10_000
"""Columns where nobody looks at a terminal: a program must find each row in one line."""


def say(sentence: str) -> None:
    """Print a sentence whole, with nothing of it taken for markup."""
    Console(highlight=False).print(sentence, markup=False, soft_wrap=True)


def show(drawn: Table | Tree) -> None:
    """Print it whole: on a terminal what is too long goes on below, elsewhere in its line."""
    for column in drawn.columns if isinstance(drawn, Table) else ():
        column.overflow = "fold"
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    console.print(drawn)


def show_json(content: object) -> None:
    """Print a value as JSON, in one line."""
    sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
    sys.stdout.buffer.flush()
