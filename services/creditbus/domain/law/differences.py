"""Differences: what one catalogue says that another did not, row by row and field by field.

Written for who reads law: every id stands with its name, every basis with its document and article.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec

from creditbus.domain.ids import BasisId
from creditbus.domain.law.catalogue import Basis, Catalogue, Row, Term, Trigger
from creditbus.domain.law.fields import words_of
from creditbus.domain.law.numbers import NUMBERS

_NAMED: Final = {
    "bases": "basis",
    "exit_bases": "basis",
    "keepers": "source",
    "bodies": "body",
    "barred_by": "measure",
    "eased_by": "measure",
}


class RowChange(StrEnum):
    """What happened to a row between two editions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a changed row: what it said and says now, in words, and what that decides."""

    field: str
    name: str
    decides: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is not alike in both; an added or removed one tells all that it says."""

    part: str
    id: str
    name_zh: str
    name_en: str
    kind: RowChange
    fields: tuple[FieldChange, ...]


def differences(before: Catalogue, after: Catalogue) -> list[Difference]:
    """Return every row that differs, part by part in the order of a lawyer's reading."""
    return [
        found
        for part in after.parts
        for row_id in sorted({*before.parts[part], *after.parts[part]})
        if (found := _difference(part, row_id, before, after)) is not None
    ]


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """What the change of one field decides, and in which rows of its part it is another."""

    part: str
    field: str
    name: str
    decides: str
    rows: tuple[str, ...]


def consequences(found: Iterable[Difference]) -> list[Consequence]:
    """Return what is decided otherwise where a row is another than before, a field for itself.

    A row that is new, or gone, changes with all that it says.
    """
    changed = [each for each in found if each.kind is RowChange.CHANGED]
    fields = {(row.part, change.field): change for row in changed for change in row.fields}
    return [
        Consequence(
            part=part,
            field=field,
            name=change.name,
            decides=change.decides,
            rows=tuple(
                row.id
                for row in changed
                if row.part == part and any(each.field == field for each in row.fields)
            ),
        )
        for (part, field), change in fields.items()
    ]


def in_words(field: str, value: Any, catalogue: Catalogue) -> tuple[str, ...]:
    """Return what a field says, an item each, with names and articles in place of bare ids."""
    match value:
        case None | "" | ():
            return ()
        case Mapping():
            return tuple(f"{key}: {_content(each)}" for key, each in sorted(value.items()))
        case tuple():
            return tuple(_item(field, each, catalogue) for each in value)
        case _:
            return (_content(value),)


def cited(basis: Basis) -> str:
    """Return a basis as a lawyer cites it."""
    return f"{basis.document} {basis.article}"


def citations(bases: Iterable[BasisId], catalogue: Catalogue) -> list[str]:
    """Return those of the bases that a catalogue knows, as a lawyer cites them."""
    known = (catalogue.bases.get(each) for each in bases)
    return [cited(each) for each in known if each is not None]


def _difference(part: str, row_id: str, before: Catalogue, after: Catalogue) -> Difference | None:
    old, new = before.parts[part].get(row_id), after.parts[part].get(row_id)
    changes = tuple(_changes(part, (old, before), (new, after)))
    row = new or old
    assert row is not None
    if not changes:
        return None
    kind = (
        RowChange.ADDED if old is None else RowChange.REMOVED if new is None else RowChange.CHANGED
    )
    names = (row.name_zh, row.name_en)
    return Difference(
        part=part, id=row_id, name_zh=names[0], name_en=names[1], kind=kind, fields=changes
    )


def _changes(
    part: str, old: tuple[Row | None, Catalogue], new: tuple[Row | None, Catalogue]
) -> Iterator[FieldChange]:
    row = new[0] or old[0]
    assert row is not None
    for field in row.__struct_fields__:
        if field == "id" or _is_alike(field, old[0], new[0]):
            continue
        was, now = _said(field, *old), _said(field, *new)
        if was != now:
            yield FieldChange(
                field=field,
                name=words_of(part, field).name,
                decides=words_of(part, field).decides,
                before=tuple(each for each in was if each not in now),
                after=tuple(each for each in now if each not in was),
            )


def _is_alike(field: str, old: Row | None, new: Row | None) -> bool:
    """Return whether both rows state the same; what a name they mention became is no change."""
    return old is not None and new is not None and getattr(old, field) == getattr(new, field)


def _said(field: str, row: Row | None, catalogue: Catalogue) -> tuple[str, ...]:
    return () if row is None else in_words(field, getattr(row, field), catalogue)


def _item(field: str, value: Any, catalogue: Catalogue) -> str:
    if isinstance(value, Trigger):
        under = f", under {', '.join(value.provisions)}" if value.provisions else ""
        return _titled(value.list_id, catalogue.lists.get(value.list_id)) + under
    if field in _NAMED:
        return _titled(str(value), catalogue.parts[_NAMED[field]].get(value))
    return f"{value} ({NUMBERS[value]})" if value in NUMBERS else str(value)


def _titled(row_id: str, row: Row | None) -> str:
    if isinstance(row, Basis):
        return f"{row_id} {cited(row)}"
    return f"{row_id} {row.name_zh} ({row.name_en})" if row is not None else row_id


def _content(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Term():
            most = (
                f" to {value.months_max} months" if value.months_max is not None else " months on"
            )
            return f"{value.months_min}{most}"
        case msgspec.Struct():
            said = (getattr(value, name) for name in value.__struct_fields__)
            return ", ".join(_content(each) for each in said if each is not None)
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(_content(each) for each in value)
        case _:
            return str(value)
