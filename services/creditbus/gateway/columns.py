"""Columns: from which of a sheet the fields of an act are read, and what is said of them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

from creditbus.domain.acts.events import Act
from creditbus.domain.acts.mistakes import Mistake

FIELDS: Final = {
    "subject_id": ("code", "registration", "organisation", "tax", "institution", "social"),
    "subject_name": ("name",),
    "record_id": ("case", "document"),
    "document_number": ("document",),
    "decided_on": ("published", "decided"),
    "occurred_at": ("published", "decided"),
    "ends_on": ("conduct",),
    "provisions": ("conduct",),
    "until_performed": ("conduct",),
    "notice_served_on": ("notice",),
    "rights_stated": ("rights",),
    "published_until": ("published_until",),
    "valid_from": ("valid_from",),
    "valid_to": ("valid_to",),
    "violation": ("violation", "facts"),
}
"""From which column of a table each field of an act is read."""

_DAYS: Final = frozenset(
    (
        *("decided_on", "occurred_at", "ends_on", "notice_served_on", "published_until"),
        *("valid_from", "valid_to", "bases"),
    )
)
"""Fields whose day is compared with another one: with one that could not be read nothing is."""

_DAY_COLUMNS: Final = frozenset(
    ("decided", "published", "notice", "published_until", "valid_from", "valid_to")
)


def rests_on(mistake: Mistake, act: Act, unsound: AbstractSet[str]) -> bool:
    """Return whether a mistake in an act rests on columns that could not be read.

    In their place something sound was read, and of that nothing is told: neither by itself nor
    compared with a day that was read. A day that is not there is compared with nothing.
    """
    name = mistake.field.rpartition(".")[2]
    if not unsound.isdisjoint(FIELDS.get(name, ())):
        return True
    if name not in _DAYS or unsound.isdisjoint(_DAY_COLUMNS):
        return False
    return bool(getattr(act, name, None) or getattr(act.envelope, name, None))
