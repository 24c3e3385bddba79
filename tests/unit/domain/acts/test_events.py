"""A repeat is known by its content, whatever the source changed in sending it again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from creditbus.domain.acts.events import DayTurned, EntryListed, RemovalCause, content_digest
from creditbus.domain.law.catalogue import Tier
from creditbus.domain.subjects import SubjectKind
from tests.examples import OTHER_FIRM, PERSON, a_listing, a_removal, an_envelope

REPEATED: dict[str, Any] = {
    "event_id": "another",
    "sequence": 99,
    "occurred_at": datetime(2026, 3, 9, tzinfo=UTC),
    "causation_id": "a second sending",
}
"""What a repeat may change without saying anything new."""

ENVELOPE_CHANGES: dict[str, Any] = {
    "source": "tax",
    "record_id": "SX-2026-002",
    "record_revision": 2,
    "subject_kind": SubjectKind.NATURAL_PERSON,
    "subject_id": OTHER_FIRM,
    "decided_on": date(2026, 3, 3),
    "effective_on": date(2026, 4, 2),
    "document_number": "（2026）测01执2号",
    "bases": ("SPC-2017-7-ART2",),
    "adult_on_decision": True,
    "synthetic": False,
}
LISTING_CHANGES: dict[str, Any] = ENVELOPE_CHANGES | {
    "list_id": "BL-TAX-ZD",
    "subject_name": None,
    "provisions": ("4",),
    "ends_on": date(2028, 3, 1),
    "until_performed": True,
    "notice_served_on": None,
    "rights_stated": False,
    "tier": Tier.SERIOUS,
    "underlying": ("（2026）测01民初1号",),
    "measures": ("A03",),
    "unit": OTHER_FIRM,
    "consent_on": date(2026, 3, 1),
    "act_ended_on": date(2025, 12, 31),
}
REMOVAL_CHANGES: dict[str, Any] = ENVELOPE_CHANGES | {
    "record_revision": 3,
    "list_id": "BL-TAX-ZD",
    "cause": RemovalCause.REVOKED,
    "ground": "第十条第一项",
}


def test_every_field_is_either_content_or_may_be_repeated() -> None:
    envelope = set(an_envelope().__struct_fields__)
    listing = set(a_listing().__struct_fields__) - {"envelope"}
    removal = set(a_removal().__struct_fields__) - {"envelope"}
    assert set(LISTING_CHANGES) | set(REPEATED) == envelope | listing
    assert set(REMOVAL_CHANGES) | set(REPEATED) == envelope | removal


@pytest.mark.parametrize("field", list(REPEATED))
def test_a_repeat_has_the_digest_of_the_original(field: str) -> None:
    change = {field: REPEATED[field]}
    assert content_digest(a_listing(**change)) == content_digest(a_listing())
    assert content_digest(a_removal(**change)) == content_digest(a_removal())


@pytest.mark.parametrize("field", list(LISTING_CHANGES))
def test_other_content_of_a_listing_has_another_digest(field: str) -> None:
    assert content_digest(a_listing(**{field: LISTING_CHANGES[field]})) != content_digest(
        a_listing()
    )


@pytest.mark.parametrize("field", list(REMOVAL_CHANGES))
def test_other_content_of_a_removal_has_another_digest(field: str) -> None:
    assert content_digest(a_removal(**{field: REMOVAL_CHANGES[field]})) != content_digest(
        a_removal()
    )


@pytest.mark.parametrize("default", [None, False, "", ()])
def test_new_optional_field_at_its_default_is_no_new_content(default: object) -> None:
    grown: Any = msgspec.defstruct(
        "EntryListed",
        [("hint", object, default)],
        bases=(EntryListed,),
        frozen=True,
        kw_only=True,
        tag="entry_listed",
        tag_field="type",
    )
    fields = msgspec.structs.asdict(a_listing())
    assert content_digest(grown(**fields)) == content_digest(a_listing())
    assert content_digest(grown(**fields, hint="stated")) != content_digest(a_listing())


def test_the_type_of_an_event_is_content() -> None:
    envelope = an_envelope(subject_id=PERSON)
    first = DayTurned(envelope=envelope, day=date(2026, 3, 2))
    second = DayTurned(envelope=envelope, day=date(2026, 3, 3))
    assert content_digest(first) != content_digest(second)
    assert len(content_digest(first)) == 16
