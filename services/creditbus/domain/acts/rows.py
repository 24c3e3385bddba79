"""Rows: the kinds of event by their numbers (``facts``), and the record that carries each.

A source's competence is written in these numbers. What has no record here is carried by none: it
is the bus's own finding, a file of the catalogue, or kept off the bus for the subject's sake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_LISTED: Final = ("entry_listed", "entry_removed")

RECORDS_OF: Final[dict[str, tuple[str, ...]]] = {
    "E01": ("subject_registered",),
    "E02": ("subject_alias_mapped",),
    "E03": ("relation_changed",),
    "E07": ("permit_decided",),
    "E08": ("penalty_decided",),
    "E09": ("duty_performed",),
    "E10": ("basis_revoked",),
    "E11": ("entry_noticed",),
    "E12": ("entry_listed",),
    "E13": ("entry_noticed",),
    "E14": ("entry_listed",),
    "E15": ("entry_extended",),
    "E16": ("entry_removed",),
    "E17": ("entry_listed", "entry_varied", "restriction_lifted", "entry_removed"),
    "E19": _LISTED,
    "E20": _LISTED,
    "E21": _LISTED,
    "E22": _LISTED,
    "E23": _LISTED,
    "E24": _LISTED,
    "E25": (*_LISTED, "organisation_evaluated"),
    "E26": (*_LISTED, "organisation_evaluated"),
    "E27": _LISTED,
    "E28": (*_LISTED, "consent_withdrawn"),
    "E29": ("commitment_changed",),
    "E30": ("objection_filed",),
    "E31": ("objection_decided",),
    "E32": ("entry_suspended",),
    "E33": ("repair_applied",),
    "E34": ("repair_decided",),
    "E35": ("repair_decided",),
    "E36": ("repair_propagated",),
    "E37": ("governance_step_done",),
    "E38": ("reorganisation_ruled",),
}
"""The records that say each kind of event; one record may say several kinds."""

NOT_CARRIED: Final = {
    "E04": "found by the register of aliases",
    "E05": "an edition of the catalogue",
    "E06": "an edition of the catalogue",
    "E18": "the court's own channel, never this bus",
}
"""Kinds of event that no record of a source says, and where they are instead."""


def rows_of(record: str) -> Iterator[str]:
    """Return the numbers of the kinds of event that a record carries."""
    return (number for number, records in RECORDS_OF.items() if record in records)
