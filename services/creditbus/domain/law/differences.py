"""Differences: what one catalogue says that another did not, row by row and field by field.

Written for who reads law: every id stands with its name, every basis with its document and article.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec

from creditbus.domain.law.catalogue import Basis, Catalogue, Row, Term, Trigger
from creditbus.domain.law.numbers import NUMBERS

FIELDS: Final[dict[str, str]] = {
    "name_zh": "name",
    "name_en": "name in English",
    "enabled": "in use",
    "note": "note",
    "document": "document",
    "article": "article",
    "level": "level",
    "in_force_from": "first day in force",
    "in_force_to": "last day in force",
    "polarity": "kind of list",
    "keepers": "who keeps it",
    "bases": "basis",
    "remedy_zh": "remedy",
    "remedy_en": "remedy in English",
    "provisions": "provisions, with their longest term in years",
    "serious": "serious, so that honours are suspended",
    "years_max": "longest term in years",
    "until_performed": "may have no fixed end",
    "notice_required": "notice required",
    "persons": "natural persons",
    "organisations": "organisations",
    "publication": "publication by the bus",
    "clock_start": "what starts the term",
    "exit_bases": "basis of term, removal and repair",
    "grace_days": "longest grace in days",
    "early_removal_months": "months before early removal",
    "performance_timer": "clock that performance starts",
    "extension_years": "longest extension in years",
    "disclosure_cap_years": "years after which nothing is shown",
    "closing_days": "days until a removed entry is closed",
    "retention_days": "days until a closed entry is erased",
    "classes": "first characters of the codes of its organisations",
    "for_unit": "persons listed for a unit's sake",
    "entered_by": "entered by",
    "removed_by": "removed by",
    "consent_required": "persons by their own application alone",
    "tiers": "terms by tier",
    "grounds": "provisions in words",
    "measure_class": "class",
    "triggers": "follows from",
    "bodies": "pushed to",
    "automatic": "applied without a human where the law allows",
    "record_only": "shown only, carried out by others",
    "excluded": "excluded for good",
    "executor_zh": "carried out by",
    "executor_en": "carried out by, in English",
    "spares_zh": "never touches",
    "spares_en": "never touches, in English",
    "barred_by": "barred by",
    "eased_by": "eased by",
    "purposes": "purposes",
    "kind": "kind",
    "region": "region",
    "events": "kinds of event it may state",
    "superior": "its superior",
    "reconsidered_by": "who reconsiders what it decides",
    "registers": "first characters of the codes that it gives out",
    "credit_office": "hands in what subjects state",
    "who": "who may state it",
    "lists": "who may state it about one list",
    "webhook": "path of its webhook",
    "topic": "reads its directives from a topic",
    "concurrency": "directives on their way to it at once",
    "time_limit_s": "seconds that its answer may take",
    "attempts": "failures in a row until it is only probed",
    "exposures": "reads exposures",
    "code": "number in the register",
    "purpose_zh": "purpose",
    "purpose_en": "purpose in English",
    "fields": "fields it is shown",
    "duties_zh": "duties",
    "duties_en": "duties in English",
}
"""Each field of a row in the words of a reader; a test holds this to the rows."""

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
    """One field of a changed row: what it said, and what it says now, each in words."""

    field: str
    name: str
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


def _difference(part: str, row_id: str, before: Catalogue, after: Catalogue) -> Difference | None:
    old, new = before.parts[part].get(row_id), after.parts[part].get(row_id)
    changes = tuple(_changes((old, before), (new, after)))
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
    old: tuple[Row | None, Catalogue], new: tuple[Row | None, Catalogue]
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
                name=FIELDS[field],
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
