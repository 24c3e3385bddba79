"""``creditbus deadline``: until when by law, and how that was counted."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import AsJson, sites
from creditbus.domain.calendar import Calendar
from creditbus.domain.terms.reckonings import Clause, Reckoning, reckon
from creditbus.domain.terms.words import Language, explain, length_in_words, name_of
from creditbus.runtime.law.calendars import (
    CalendarInvalid,
    load_calendar,
    load_terms,
    load_timers,
)

_console = Console(highlight=False)


@told
def deadline(
    timer: Annotated[
        str | None, typer.Argument(help="A timer or term, as the table without one lists them.")
    ] = None,
    start: Annotated[
        str | None, typer.Argument(help="The day that it begins on, such as 2026-09-30.")
    ] = None,
    chinese: Annotated[bool, typer.Option("--zh", help="Tell it in Chinese.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print until when a timer or term of the law runs, with every step of the counting."""
    clauses, calendar = _loaded(sites().catalogue)
    language: Language = "zh" if chinese else "en"
    if timer is None:
        if as_json:
            _print_json(clauses)
        else:
            _tell_all(clauses, language)
        return
    clause = clauses.get(timer)
    if clause is None:
        fail(f"there is no timer or term {timer}; `creditbus deadline` lists them", MISUSED)
    if start is None:
        fail(f"on which day does {timer} begin? Name it as 2026-09-30", MISUSED)
    reckoning = reckon(clause, _day(start), calendar)
    if as_json:
        _print_json(_stated(reckoning, calendar))
    else:
        _tell(reckoning, language)


def _loaded(folder: Path) -> tuple[Mapping[str, Clause], Calendar]:
    try:
        return {**load_timers(folder), **load_terms(folder)}, load_calendar(folder)
    except CalendarInvalid as fault:
        fail(str(fault))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no day; write it as 2026-09-30", MISUSED)


def _stated(reckoning: Reckoning, calendar: Calendar) -> dict[str, object]:
    stated: dict[str, object] = msgspec.to_builtins(reckoning)
    languages: tuple[Language, ...] = ("zh", "en")
    return stated | {
        "ends_at": reckoning.ends_at,
        "calendar": calendar.edition,
        "explained": {language: explain(reckoning, language) for language in languages},
    }


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def _tell(reckoning: Reckoning, language: Language) -> None:
    clause = reckoning.clause
    length = length_in_words(clause.length, language)
    _console.print(f"[bold]{name_of(clause, language)}[/] ({length})")
    _console.print(f"{clause.document} {clause.article}", markup=False, soft_wrap=True)
    if not clause.is_in_force(reckoning.start):
        words = {"zh": "当日不适用：", "en": "binds nothing that began on that day:"}
        _console.print(f"[yellow]{words[language]}[/] {clause.note}", soft_wrap=True)
    for line in explain(reckoning, language):
        _console.print(f"  {line}", markup=False, soft_wrap=True)


def _tell_all(clauses: Mapping[str, Clause], language: Language) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    off = {"zh": "（未启用）", "en": " (off)"}[language]
    for clause in clauses.values():
        name = name_of(clause, language) + ("" if clause.enabled else off)
        table.add_row(clause.id, length_in_words(clause.length, language), name)
    _console.print(table)
