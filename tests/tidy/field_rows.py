"""The lines of the page of fields: what each decides, and in which function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, get_args, get_type_hints

import msgspec

from creditbus.domain.law.catalogue import (
    Basis,
    ExecutingBody,
    ListDefinition,
    MeasureDefinition,
    Power,
    Row,
    ServiceItem,
    Source,
    Subscriber,
)
from creditbus.domain.law.fields import FIELDS
from creditbus.domain.terms.clauses import TermClause
from creditbus.domain.terms.timers import Timer
from tests.tidy.field_readers import readers

ROWS: Final[Mapping[str, type[Row]]] = {
    "basis": Basis,
    "list": ListDefinition,
    "measure": MeasureDefinition,
    "item": ServiceItem,
    "source": Source,
    "body": ExecutingBody,
    "subscriber": Subscriber,
    "power": Power,
    "term": TermClause,
    "timer": Timer,
}
"""What a row of each part is."""

FILES: Final[Mapping[str, str]] = {
    "basis": "bases.toml",
    "list": "lists/*.toml",
    "measure": "measures/*.toml",
    "item": "items.toml",
    "source": "sources.toml",
    "body": "bodies.toml",
    "subscriber": "subscribers.toml",
    "power": "powers.toml",
    "term": "terms.toml",
    "timer": "timers.toml",
}


def paths(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Yield the path of every field of a struct, of those within a field as well."""
    for name, hint in get_type_hints(kind).items():
        if name == "id":
            continue
        inner = next(_structs(hint), None)
        if inner is None:
            yield f"{prefix}{name}"
        else:
            yield from paths(inner, f"{prefix}{name}.")


def _structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for each in get_args(hint):
        yield from _structs(each)


def field_rows(part: str) -> list[Sequence[str]]:
    """Return the line of each field of a part."""
    return [
        (f"`{field}`", words.name, words.decides, *_read(f"{part}.{field}"))
        for field, words in FIELDS[part].items()
    ]


def _read(path: str) -> tuple[str, str]:
    known = readers()
    for what, found in (
        ("decides", known.deciding(path)),
        ("tells", known.telling(path)),
        ("checks", known.checking(path)),
    ):
        if found:
            return what, "<br>".join(f"`{each.removeprefix('domain.')}`" for each in found)
    return "-", "-"
