"""Rows: the kinds of event as the law numbers them, and the record that carries each.

A source's competence is written in these numbers. What has no record here is carried by none: it
is the bus's own finding, a file of the catalogue, or kept off the bus for the subject's sake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec


class EventRow(msgspec.Struct, frozen=True):
    """One kind of event: what happens, and the records that say it; without one, why not."""

    sentence: str
    records: tuple[str, ...] = ()
    why_none: str = ""


_LISTED: Final = ("entry_listed", "entry_removed")

ROWS: Final[dict[str, EventRow]] = {
    "E01": EventRow("a subject is registered, updated or struck off", ("subject_registered",)),
    "E02": EventRow("an old code is mapped to a subject", (), "the register of aliases"),
    "E03": EventRow("a subject's relation changes", ("relation_changed",)),
    "E04": EventRow("a subject's identity is in conflict", (), "the register of aliases"),
    "E05": EventRow("a legal basis is registered or repealed", (), "an edition of the catalogue"),
    "E06": EventRow("an edition of the catalogue is activated", (), "an edition of the catalogue"),
    "E07": EventRow("a permit is decided", ("permit_decided",)),
    "E08": EventRow("a penalty is decided", ("penalty_decided",)),
    "E09": EventRow("a penalty is performed", ("duty_performed",)),
    "E10": EventRow("a decision is revoked or changed", ("basis_revoked",)),
    "E11": EventRow("the notice of a listing is served", ("entry_noticed",)),
    "E12": EventRow("an authority decides a listing", ("entry_listed",)),
    "E13": EventRow("a representation is received, or a hearing held", ("entry_noticed",)),
    "E14": EventRow("a court decides a listing", ("entry_listed",)),
    "E15": EventRow("a court extends a listing", ("entry_extended",)),
    "E16": EventRow("a court removes an entry", ("entry_removed",)),
    "E17": EventRow(
        "a consumption restriction order is issued, varied, lifted for a while, or lifted",
        ("entry_listed", "entry_varied", "restriction_lifted", "entry_removed"),
    ),
    "E18": EventRow(
        "an exit restriction is decided or lifted", (), "the court's own channel, never this bus"
    ),
    "E19": EventRow("a serious tax case is determined, or its publication stopped", _LISTED),
    "E20": EventRow("a bar from government procurement is decided", _LISTED),
    "E21": EventRow("a bidder's qualification is cancelled", _LISTED),
    "E22": EventRow("wage arrears are listed or removed", _LISTED),
    "E23": EventRow("a serious breach of safety is listed or removed", _LISTED),
    "E24": EventRow("an abnormal operation is entered or removed", _LISTED),
    "E25": EventRow("a customs level changes", (*_LISTED, "organisation_evaluated")),
    "E26": EventRow("a tax grade is evaluated", (*_LISTED, "organisation_evaluated")),
    "E27": EventRow("an attention is entered or cleared", _LISTED),
    "E28": EventRow("a red list entry is granted or withdrawn", (*_LISTED, "consent_withdrawn")),
    "E29": EventRow("a commitment is signed, fulfilled or breached", ("commitment_changed",)),
    "E30": EventRow("an objection is filed", ("objection_filed",)),
    "E31": EventRow("an objection is decided", ("objection_decided",)),
    "E32": EventRow("a review or lawsuit is asked for, or decided", ("entry_suspended",)),
    "E33": EventRow("a repair is applied for", ("repair_applied",)),
    "E34": EventRow("an application for repair is accepted or rejected", ("repair_decided",)),
    "E35": EventRow("a repair is decided", ("repair_decided",)),
    "E36": EventRow("a place is told of a repair, or acknowledges it", ("repair_propagated",)),
    "E37": EventRow(
        "an interview is held, a training attended, a rectification reported",
        ("governance_step_done",),
    ),
    "E38": EventRow("a court rules on a reorganisation", ("reorganisation_ruled",)),
}


def rows_of(record: str) -> Iterator[str]:
    """Return the numbers of the kinds of event that a record carries."""
    return (number for number, row in ROWS.items() if record in row.records)
