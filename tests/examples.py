"""Small named values for tests: one lawful case, of which each test changes what it is about.

All subjects are synthetic: their codes hold an organisation body that no registry gives out.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from creditbus.domain.catalogue import Catalogue
from creditbus.domain.events import EntryListed, EntryRemoved, Envelope, RemovalCause
from creditbus.domain.ids import BasisId, ListId, SourceId, SubjectId, derive_event_id
from creditbus.domain.subjects import SubjectKind
from creditbus.runtime.catalogue import load_catalogue

CATALOGUE_FOLDER: Final = Path(__file__).parents[1] / "deploy" / "catalogue"

FIRM: Final = SubjectId("uscc:913702000000000A2F")
OTHER_FIRM: Final = SubjectId("uscc:91370200M000100Y4G")
INDIVIDUAL_BUSINESS: Final = SubjectId("uscc:923702000000000B07")
PERSON: Final = SubjectId("person:" + "0123456789abcdef" * 4)

COURT_LIST: Final = ListId("BL-COURT-SX")
CONSUMPTION: Final = ListId("RG-COURT-XX")
BID_LIST: Final = ListId("BL-BID-ZT")
TAX_LIST: Final = ListId("BL-TAX-ZD")
GRADE_A: Final = ListId("RD-TAX-A")

DECIDED_ON: Final = date(2026, 3, 2)
ENDS_ON: Final = date(2028, 3, 2)

_ENVELOPE_FIELDS: Final = frozenset(Envelope.__struct_fields__)


@cache
def a_catalogue() -> Catalogue:
    """Return the catalogue that ships."""
    return load_catalogue(CATALOGUE_FOLDER)


def an_envelope(*, kind: str = "entry_listed", **changes: Any) -> Envelope:
    """Return the court's envelope about a firm; its event id follows from its identity."""
    envelope = Envelope(
        event_id=derive_event_id("", "", 0, kind),
        source=SourceId("court"),
        record_id="SX-2026-001",
        record_revision=1,
        sequence=1,
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=FIRM,
        occurred_at=datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
        decided_on=DECIDED_ON,
        document_number="（2026）测01执1号",
        bases=(BasisId("SPC-2017-7-ART1"),),
        synthetic=True,
    )
    envelope = msgspec.structs.replace(envelope, **changes)
    derived = derive_event_id(envelope.source, envelope.record_id, envelope.record_revision, kind)
    event_id = changes.get("event_id", derived)
    return msgspec.structs.replace(envelope, event_id=event_id)


def a_listing(**changes: Any) -> EntryListed:
    """Return the lawful listing of a firm on the court list for two years.

    A change names a field of the listing or of its envelope.
    """
    envelope, body = _split(changes)
    listing = EntryListed(
        envelope=an_envelope(kind="entry_listed", **envelope),
        list_id=COURT_LIST,
        subject_name="（测）第一贸易有限公司",
        provisions=("3",),
        ends_on=ENDS_ON,
        notice_served_on=date(2026, 1, 12),
        rights_stated=True,
    )
    return msgspec.structs.replace(listing, **body)


def a_bid_bar(**changes: Any) -> EntryListed:
    """Return the lawful bar of a firm from bidding, under article 53, for two years."""
    lawful = {
        "source": "tender",
        "record_id": "ZB-2026-001",
        "bases": (BasisId("TBL-ART53"),),
        "list_id": BID_LIST,
        "provisions": ("53",),
    }
    return a_listing(**(lawful | changes))


def a_restriction(**changes: Any) -> EntryListed:
    """Return a lawful consumption restriction of a natural person, until performed."""
    lawful = {
        "record_id": "XX-2026-001",
        "subject_id": PERSON,
        "subject_kind": SubjectKind.NATURAL_PERSON,
        "adult_on_decision": True,
        "bases": (BasisId("SPC-2015-17-ART3"),),
        "list_id": CONSUMPTION,
        "subject_name": None,
        "provisions": ("1", "9"),
        "ends_on": None,
        "until_performed": True,
        "notice_served_on": None,
        "rights_stated": False,
    }
    return a_listing(**(lawful | changes))


def a_grade_a(**changes: Any) -> EntryListed:
    """Return the lawful grant of tax grade A to a firm, for a year."""
    lawful = {
        "source": "tax",
        "record_id": "A-2026-001",
        "bases": (BasisId("STA-2025-12"),),
        "list_id": GRADE_A,
        "provisions": (),
        "ends_on": date(2027, 3, 2),
        "notice_served_on": None,
        "rights_stated": False,
    }
    return a_listing(**(lawful | changes))


def a_removal(**changes: Any) -> EntryRemoved:
    """Return the removal of the court's listing, at the next revision of its record."""
    envelope, body = _split({"record_revision": 2, "bases": (), **changes})
    removal = EntryRemoved(
        envelope=an_envelope(kind="entry_removed", **envelope),
        list_id=COURT_LIST,
        cause=RemovalCause.PERFORMED,
    )
    return msgspec.structs.replace(removal, **body)


def _split(changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    envelope = {name: value for name, value in changes.items() if name in _ENVELOPE_FIELDS}
    body = {name: value for name, value in changes.items() if name not in _ENVELOPE_FIELDS}
    return envelope, body
