"""Reads the files of time: announced years, terms and timers, beside the rest of the catalogue.

Each file is checked as a whole and every fault is told at once, as in the rest of the catalogue. A
calendar's edition names its content, so a decision that looked at it can say which one it was.
"""

from __future__ import annotations

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from creditbus.domain.calendar import Calendar, Year
from creditbus.domain.terms.clauses import TermClause
from creditbus.domain.terms.reckonings import Clause
from creditbus.domain.terms.timers import Timer

CALENDAR: Final = "calendar"
TERMS: Final = "terms.toml"
TIMERS: Final = "timers.toml"
PARTS: Final = (CALENDAR, TERMS, TIMERS)
"""What of the catalogue's folder is read here, and nowhere else."""

ClauseKind = TypeVar("ClauseKind", bound=Clause)


class CalendarInvalid(ValueError):
    """A file of time has faults; ``problems`` holds a sentence for each, with its file."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(f"calendar, terms and timers are not loaded until mended:\n{listed}")


def load_calendar(folder: Path) -> Calendar:
    """Return the announced years of a catalogue; raise `CalendarInvalid` with every fault."""
    problems: list[str] = []
    years: dict[int, Year] = {}
    for path in sorted((folder / CALENDAR).glob("*.toml")):
        place = f"{CALENDAR}/{path.name}"
        table = _read(path, place, problems)
        if not path.stem.isdecimal():
            problems.append(f"{place}: the file's name is the year, such as 2026.toml")
        elif year := _converted({"year": int(path.stem), **table}, Year, place, problems):
            problems += [f"{place}: {problem}" for problem in year.problems()]
            years[year.year] = year
    if not years and not problems:
        problems.append(f"{CALENDAR}: there is no year; add the file of at least one")
    if years and sorted(years) != list(range(min(years), max(years) + 1)):
        problems.append(f"{CALENDAR}: a year between the first and the last is missing")
    if problems:
        raise CalendarInvalid(problems)
    content = msgspec.json.encode(sorted(years.items()), order="sorted")
    return Calendar(edition=sha256(content).hexdigest()[:16], years=years)


def load_terms(folder: Path) -> dict[str, TermClause]:
    """Return the clauses of disclosure by id; raise `CalendarInvalid` with every fault."""
    return _clauses(folder, TERMS, TermClause)


def load_timers(folder: Path) -> dict[str, Timer]:
    """Return the timers by id; raise `CalendarInvalid` with every fault."""
    return _clauses(folder, TIMERS, Timer)


def _clauses(folder: Path, name: str, kind: type[ClauseKind]) -> dict[str, ClauseKind]:
    problems: list[str] = []
    found: dict[str, ClauseKind] = {}
    for clause_id, table in _read(folder / name, name, problems).items():
        place = f"{name}, row {clause_id}"
        if not isinstance(table, dict) or "id" in table:
            problems.append(f"{place}: a row is a table, and its name is the id")
        elif clause := _converted({"id": clause_id, **table}, kind, place, problems):
            found[clause_id] = clause
            if not clause.enabled and not clause.note.strip():
                problems.append(f"{place}: it is not enabled; say why in its note")
    if problems:
        raise CalendarInvalid(problems)
    return found


def _read(path: Path, place: str, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        problems.append(f"{place}: the file is missing")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        problems.append(f"{place}: no readable TOML in UTF-8: {fault}; mend that place")
    except RecursionError:
        problems.append(f"{place}: arrays are nested too deep; mend that place")
    except OSError as fault:
        problems.append(f"{place}: it cannot be read: {fault.strerror}; mend or remove it")
    return {}


Kind = TypeVar("Kind")


def _converted(
    table: dict[str, Any], kind: type[Kind], place: str, problems: list[str]
) -> Kind | None:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as invalid:
        problems.append(f"{place}: {invalid}")
        return None
