"""Repairs: one application, one package of two documents, one decision, three places told.

信用修复管理办法 (order 36 of 2025) and 国办发〔2025〕22号; in the city, "0113".
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import EntryAct
from creditbus.domain.acts.references import RecordReference


class RepairDocument(StrEnum):
    """The two documents of the package; nobody may ask for a third."""

    PROOF_OF_PERFORMANCE = "PROOF_OF_PERFORMANCE"
    COMMITMENT = "COMMITMENT"


class RepairApplied(EntryAct, frozen=True, kw_only=True):
    """A subject applied for repair of an entry, with its package of documents.

    ``content_hashes`` are those of the documents, in their order; the documents stay at the door.
    """

    applied_on: date
    documents: tuple[RepairDocument, ...]
    content_hashes: tuple[str, ...] = ()
    withdrawn: bool = False


class RepairStep(StrEnum):
    """What the authority said to an application; ``CANCELLED`` takes a granted repair back."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"


class RepairDecided(EntryAct, frozen=True, kw_only=True):
    """An authority took an application on, or decided it, with its reasons.

    Granted, publication, sharing, use and measures end together (order 36 art. 3). ``CANCELLED``
    is for a repair that was obtained by deceit; the entry returns for the rest of its term.
    """

    application: RecordReference
    step: RepairStep
    grounds: str = ""


class RepairPlace(StrEnum):
    """Who must be told of a repair: the authority, the city's platform, Credit China."""

    AUTHORITY = "AUTHORITY"
    PLATFORM = "PLATFORM"
    CREDIT_CHINA = "CREDIT_CHINA"


class RepairPropagated(EntryAct, frozen=True, kw_only=True):
    """A place was told of a decided repair, or has acknowledged it."""

    application: RecordReference
    place: RepairPlace
    told_on: date
    acknowledged_on: date | None = None
