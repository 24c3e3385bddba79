"""Reads the catalogue's files into one edition: lists, measures, bases and all they name.

An id is written once: as a file's name in ``lists`` and ``measures``, as a table's name in the
other files. So it cannot disagree with itself. A catalogue with any fault is not loaded at all, and
every fault is told at once, because whoever mends law in files wants the whole list.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from creditbus.domain.acts import power_review
from creditbus.domain.entries import clock_review
from creditbus.domain.law import review
from creditbus.domain.law.catalogue import (
    Basis,
    Catalogue,
    ClockStart,
    ExecutingBody,
    ListDefinition,
    MeasureDefinition,
    Power,
    Row,
    ServiceItem,
    Source,
    Subscriber,
)
from creditbus.domain.law.editions import EVER, Edition, sealed
from creditbus.domain.terms.timers import Timer
from creditbus.runtime.law import calendars

FOLDERS: Final[dict[str, type[Row]]] = {"lists": ListDefinition, "measures": MeasureDefinition}
"""Folders of one file a row."""

FILES: Final[dict[str, type[Row]]] = {
    "bases": Basis,
    "items": ServiceItem,
    "sources": Source,
    "bodies": ExecutingBody,
    "subscribers": Subscriber,
    "powers": Power,
}
"""Files of one table a row."""

EDITION: Final = "edition.toml"
"""From which day the rows are in force, and which edition they follow."""

PARTIES: Final = ("sources", "bodies", "subscribers")
"""Rows whose ids name topics and principals of the broker, which allow few characters."""

_PARTY_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FIELD: Final = re.compile(r"(?P<fault>.*) - at `\$\.?(?P<field>[^`]*)`", re.DOTALL)

Table = dict[str, Any]
RowKind = TypeVar("RowKind", bound=Row)


class Succession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The place of a draft among the editions."""

    in_force_from: date = EVER
    follows: str = ""


class CatalogueInvalid(ValueError):
    """The catalogue has faults; ``problems`` holds a sentence for each, with file and field."""

    def __init__(self, folder: Path, problems: list[str]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(f"the catalogue in {folder} is not loaded until this is mended:\n{listed}")


def load_catalogue(folder: Path) -> Catalogue:
    """Return the catalogue that the folder holds; raise `CatalogueInvalid` with every fault."""
    return load_draft(folder)[0].catalogue


def load_draft(folder: Path) -> tuple[Edition, bytes]:
    """Return the edition that the folder would be if published now, and the bytes of its file.

    Raises ``CatalogueInvalid`` with every fault found.
    """
    if not folder.is_dir():
        why = "there is no such folder: run this where it lies, or name it in CREDITBUS_CATALOGUE"
        raise CatalogueInvalid(folder, [why])
    problems = _strangers(folder)
    kinds = FOLDERS | FILES
    tables = {
        **{name: _folder_tables(folder / name, problems) for name in FOLDERS},
        **{name: _file_tables(folder / f"{name}.toml", problems) for name in FILES},
    }
    rows = {
        name: {
            row_id: row
            for row_id, (place, table) in tables[name].items()
            if (row := _row(kind, row_id, table, place=place, problems=problems)) is not None
        }
        for name, kind in kinds.items()
    }
    problems += _unusable_ids(rows)
    succession = _succession(folder / EDITION, problems)
    if problems:
        raise CatalogueInvalid(folder, problems)
    catalogue = msgspec.convert({"edition": "", **rows}, Catalogue, from_attributes=True)
    if problems := [
        *review.problems(catalogue),
        *power_review.problems(catalogue),
        *clock_review.problems(_timers(folder), catalogue),
    ]:
        raise CatalogueInvalid(folder, problems)
    return sealed(
        Edition(
            catalogue=catalogue, in_force_from=succession.in_force_from, follows=succession.follows
        )
    )


def _timers(folder: Path) -> dict[str, Timer]:
    """Return the timers; their own faults are told with all that is wrong with the catalogue."""
    try:
        return calendars.load_timers(folder)
    except calendars.CalendarInvalid as invalid:
        raise CatalogueInvalid(folder, list(invalid.problems)) from invalid


def _succession(path: Path, problems: list[str]) -> Succession:
    """Return what ``edition.toml`` says; without the file the draft was always in force."""
    try:
        return msgspec.convert(_read(path, problems) if path.is_file() else {}, Succession)
    except msgspec.ValidationError as invalid:
        problems.append(_sentence(path.name, str(invalid)))
        return Succession()


def _folder_tables(folder: Path, problems: list[str]) -> dict[str, tuple[str, Table]]:
    if not folder.is_dir():
        problems.append(f"{folder.name}: the folder is missing; add it, with one file a row")
        return {}
    return {
        path.stem: (f"{folder.name}/{path.name}", _read(path, problems))
        for path in sorted(folder.glob("*.toml"))
    }


def _file_tables(path: Path, problems: list[str]) -> dict[str, tuple[str, Table]]:
    if not path.is_file():
        problems.append(f"{path.name}: the file is missing; add it, with one table a row")
        return {}
    found = {}
    for row_id, table in _read(path, problems).items():
        if isinstance(table, dict):
            found[row_id] = (f"{path.name}, row {row_id}", table)
        else:
            problems.append(f"{path.name}: {row_id} stands outside any row; put it under a [row]")
    return found


def _read(path: Path, problems: list[str]) -> Table:
    try:
        # An editor of Windows puts a mark in front.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        problems.append(f"{path.name}: no readable TOML in UTF-8: {fault}; mend that place")
    except RecursionError:
        problems.append(f"{path.name}: arrays are nested too deep; mend that place")
    except OSError as fault:
        problems.append(f"{path.name}: it cannot be read: {fault.strerror}; mend or remove it")
    return {}


def _row(
    kind: type[RowKind], row_id: str, table: Table, *, place: str, problems: list[str]
) -> RowKind | None:
    if "id" in table:
        problems.append(f"{place}, field id: the name {row_id} is the id; remove the line")
        return None
    if kind is ListDefinition and "clock_start" not in table:
        problems.append(
            f"{place}, field clock_start: a term needs its beginning; say which fact starts it"
            f" ({', '.join(ClockStart)})"
        )
    try:
        return msgspec.convert({"id": row_id, **table}, kind)
    except msgspec.ValidationError as invalid:
        problems.append(_sentence(place, str(invalid)))
        return None


def _sentence(place: str, invalid: str) -> str:
    found = _FIELD.fullmatch(invalid)
    if found is None:
        return f"{place}: {invalid}; state the fields that the other rows of this kind state"
    return f"{place}, field {found['field']}: {found['fault']}; correct its value"


def _unusable_ids(rows: dict[str, dict[str, Row]]) -> list[str]:
    return [
        f"{name}.toml, row {row_id}: an id here names a topic and a principal;"
        " use small letters, digits and single hyphens"
        for name in PARTIES
        for row_id in rows[name]
        if _PARTY_ID.fullmatch(row_id) is None
    ]


def _strangers(folder: Path) -> list[str]:
    known = {*FOLDERS, *(f"{name}.toml" for name in FILES), EDITION, *calendars.PARTS}
    return [
        f"{path.name}: the catalogue knows no such part; rename it to one of "
        f"{', '.join(sorted(known))}, or move it away"
        for path in sorted(folder.iterdir())
        if path.name not in known and not path.name.startswith(".") and path.suffix != ".md"
    ]
