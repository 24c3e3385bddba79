"""``creditbus deadline``: until when by law, and how that was counted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.instants import named_day
from creditbus.cli.places import catalogue, sites
from creditbus.cli.prints import give, say, show, stress
from creditbus.domain.calendar import Calendar
from creditbus.domain.ids import ListId
from creditbus.domain.law.catalogue import ListDefinition
from creditbus.domain.terms.clauses import Decision, ListTerm, TermClause, list_term
from creditbus.domain.terms.reckonings import Clause, Reckoning, reckon
from creditbus.domain.terms.spans import last_first_day
from creditbus.domain.terms.words import Language, explain, length_in_words, name_of
from creditbus.runtime.law.calendars import (
    CalendarInvalid,
    load_calendar,
    load_terms,
    load_timers,
)


@told
def deadline(
    timer: Annotated[
        str | None,
        typer.Argument(help="A timer or term, as the table without one lists them; or a list."),
    ] = None,
    start: Annotated[
        str | None, typer.Argument(help="The day that it begins on, such as 2026-09-30.")
    ] = None,
    provision: Annotated[
        list[str] | None, typer.Option(help="What a listing rests on, as the list numbers it.")
    ] = None,
    effective: Annotated[str | None, typer.Option(help="Its first day of effect.")] = None,
    chinese: Annotated[bool, typer.Option("--zh", help="Tell it in Chinese.")] = False,
) -> None:
    """Print until when a timer or term of the law runs, with every step of the counting."""
    clauses, calendar = _loaded(sites().catalogue)
    language: Language = "zh" if chinese else "en"
    if timer is None:
        give(clauses)
        _tell_all(clauses, language)
        return
    clause = clauses.get(timer)
    definition = catalogue(sites()).lists.get(ListId(timer)) if clause is None else None
    if clause is None and definition is None:
        fail(f"there is no timer, term or list {timer}; `creditbus deadline` lists them", MISUSED)
    if start is None:
        fail(f"on which day does {timer} begin? Name it as 2026-09-30", MISUSED)
    if definition is not None:
        decided_on = named_day(start)
        decision = Decision(
            decided_on=decided_on,
            starts_on=named_day(effective) if effective is not None else decided_on,
            provisions=tuple(provision or ()),
        )
        terms = [each for each in clauses.values() if isinstance(each, TermClause)]
        term = list_term(definition, decision, terms)
        _tell_list((definition, decision, term), language)
        return
    assert clause is not None
    reckoning = reckon(clause, named_day(start), calendar)
    give(_stated(reckoning, calendar))
    _tell(reckoning, language)


def _loaded(folder: Path) -> tuple[Mapping[str, Clause], Calendar]:
    try:
        return {**load_timers(folder), **load_terms(folder)}, load_calendar(folder)
    except CalendarInvalid as fault:
        fail(str(fault))


def _stated(reckoning: Reckoning, calendar: Calendar) -> dict[str, object]:
    stated: dict[str, object] = msgspec.to_builtins(reckoning)
    languages: tuple[Language, ...] = ("zh", "en")
    return stated | {
        "ends_at": reckoning.ends_at,
        "calendar": calendar.edition,
        "explained": {language: explain(reckoning, language) for language in languages},
    }


def _tell(reckoning: Reckoning, language: Language) -> None:
    clause = reckoning.clause
    length = length_in_words(clause.length, language)
    stress(name_of(clause, language), f"({length})")
    say(f"{clause.document} {clause.article}")
    if not clause.is_in_force(reckoning.start):
        words = {"zh": "当日不适用：", "en": "binds nothing that began on that day:"}
        stress(words[language], clause.note, "yellow")
    for line in explain(reckoning, language):
        say(f"  {line}")


def _tell_list(given: tuple[ListDefinition, Decision, ListTerm], language: Language) -> None:
    """Print what a list's rule gives a decision: first day, waiting time, longest term and cap."""
    definition, decision, term = given
    last = last_first_day(definition, decision.decided_on)
    give({"last_first_day": last, "asks_from": term.asks_from, "term": term})
    place = ("zh", "en").index(language)
    stress((definition.name_zh, definition.name_en)[place], "")
    begins = (f"最迟自{last}起生效", f"in effect by {last} at the latest")
    say(begins[place])
    for heading, reckoning in (
        (("可以申请提前移出：", "early removal may be asked for:"), term.waiting),
        (("最长期限：", "the longest first term:"), term.longest),
        (("失信信息披露的最长期限：", "the cap on all disclosure:"), term.cap),
    ):
        if reckoning is not None:
            clause = reckoning.clause
            say(f"{heading[place]} {clause.document} {clause.article}")
            for line in explain(reckoning, language):
                say(f"  {line}")


def _tell_all(clauses: Mapping[str, Clause], language: Language) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    off = {"zh": "（未启用）", "en": " (off)"}[language]
    for clause in clauses.values():
        name = name_of(clause, language) + ("" if clause.enabled else off)
        table.add_row(clause.id, length_in_words(clause.length, language), name)
    show(table)
