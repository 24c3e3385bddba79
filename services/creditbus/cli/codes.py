"""``creditbus identify``: what a code is, which checks it passes, and what may have been meant.

Of whatever may be a natural person's number nothing is printed but the verdict; its place among the
values says which one is meant.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
import typer

from creditbus.cli.faults import FAILED, MISUSED, fail, told
from creditbus.cli.prints import give, pass_on
from creditbus.domain.identifiers.recognition import examine, recognise
from creditbus.domain.identifiers.scheme import MASKED, CodeKind, Examination, Soundness

STANDARD_INPUT: Final = "-"
_SHOWN_CHARACTERS: Final = 60


class CodeLine(msgspec.Struct, frozen=True):
    """One value by its place, counted from one, with what was found about it."""

    place: int
    value: str
    found: Examination


@told
def identify(
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="VALUE...", help="Codes as they are written; - reads them from standard input."
        ),
    ],
    kind: Annotated[
        CodeKind | None, typer.Option(help="What the codes are said to be; else their form tells.")
    ] = None,
    lenient: Annotated[
        bool, typer.Option(help="Let a wrong check inside a credit code pass, as a doubt.")
    ] = False,
) -> None:
    """Say of codes what they are, which checks they pass, and what may have been meant."""
    if kind is CodeKind.UNKNOWN:
        fail("name a kind, or leave it out", MISUSED)
    count = wrong = 0
    for value in _each(values):
        count += 1
        found = (
            recognise(value, lenient=lenient)
            if kind is None
            else examine(value, kind, lenient=lenient)
        )
        wrong += found.verdict is Soundness.INVALID
        line = CodeLine(count, shown(value, found), found)
        give(line)
        pass_on(told_of(line))
    if not count:
        fail("no code was given", MISUSED)
    if wrong:
        raise typer.Exit(FAILED)


def shown(value: str, found: Examination) -> str:
    """Return a value as it may be printed: masked if it may be a person's, and on one line."""
    if found.code == MASKED:
        return MASKED
    line = "".join(symbol if symbol.isprintable() else " " for symbol in value.strip())
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…"


def told_of(line: CodeLine) -> str:
    """Return the sentence of one value."""
    found = line.found
    parts = [f"{line.place}: {line.value} {found.kind} {found.verdict}"]
    if found.code not in {line.value, MASKED} and found.verdict is Soundness.NORMALISED:
        parts.append(f"as {found.code}")
    if found.passed:
        parts.append(f"passed {', '.join(found.passed)}")
    if found.failed:
        parts.append(f"failed {found.failed}: {found.detail}")
    parts += [f"doubt: {doubt}" for doubt in found.doubts]
    if found.suggestion:
        parts.append(f"did you mean {found.suggestion}?")
    return "; ".join(parts)


def _each(values: list[str]) -> Iterator[str]:
    for value in values:
        if value != STANDARD_INPUT:
            # What the shell could not decode would not go into JSON either.
            yield value.encode(errors="replace").decode()
            continue
        for raw in sys.stdin.buffer:
            line = raw.decode("utf-8-sig", errors="replace").strip()
            if line:
                yield line
