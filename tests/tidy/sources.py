"""What tidiness is about: every file of the project, read once.

The checks are functions from a source to complaints, so that each can be fed a bad source and shown
to catch it. A complaint is a sentence that begins with the file and the line.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "services" / "creditbus"
# Folders that begin with a dot hold caches, data and environments; this one is the project's.
OWN_HIDDEN: Final = frozenset({".ci"})
MADE: Final = frozenset({"__pycache__", "build", "dist", "node_modules"})


@dataclass(frozen=True)
class Source:
    """One file of the project, by its path from the root."""

    path: str
    text: str

    @property
    def lines(self) -> list[str]:
        """The lines of the file, without their ends."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax of a Python file."""
        return ast.parse(self.text, self.path)

    @property
    def name(self) -> str:
        """The module's full name, as it is imported."""
        parts = Path(self.path).with_suffix("").parts
        parts = parts[1:] if parts[0] == "services" else parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def at(self, line: int, complaint: str) -> str:
        """Return the complaint with the place it is about."""
        return f"{self.path}:{line}: {complaint}"


@cache
def texts() -> tuple[Source, ...]:
    """Return every text file of the project."""
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), text)
        for path in _paths()
        if (text := _read(path)) is not None
    )


def python() -> list[Source]:
    """Return every Python file of the project."""
    return [source for source in texts() if source.path.endswith(".py")]


def package() -> list[Source]:
    """Return the Python files that are shipped."""
    return [source for source in python() if source.path.startswith("services/")]


def documents() -> list[Source]:
    """Return the pages written for people."""
    return [source for source in texts() if source.path.endswith(".md")]


def assert_tidy(complaints: Iterable[str]) -> None:
    """Fail with the complaints, one a line and nothing around them."""
    if found := list(complaints):
        pytest.fail("\n".join(found), pytrace=False)


def _paths() -> Iterator[Path]:
    for folder, below, files in os.walk(ROOT):
        below[:] = sorted(
            name
            for name in below
            if name not in MADE and (not name.startswith(".") or name in OWN_HIDDEN)
        )
        # In a work tree of git, .git is a file that names the folder of its machine.
        yield from (Path(folder) / name for name in sorted(files) if name != ".git")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):  # no text, or gone since the folder was read
        return None
