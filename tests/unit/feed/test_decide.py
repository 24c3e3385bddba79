"""What may be seen at an instant, and what a change means for a reader."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.ids import EntryId, ListId, SourceId
from creditbus.domain.subjects import SubjectKind
from creditbus.feed.decide import change_of, may_read, visible
from tests.examples import FIRM, a_catalogue

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
ENTRY = EntryId("entry-1")


def an_exposure(ends_at: datetime | None) -> Exposure:
    return Exposure(
        entry_id=ENTRY,
        list_id=ListId("BL-COURT-SX"),
        source=SourceId("court"),
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_id=FIRM,
        subject_name="（测）第一贸易有限公司",
        document_number="（2026）测01执1号",
        provisions=(),
        decided_on=date(2026, 3, 2),
        ends_at=ends_at,
        disputed=False,
        revision=1,
    )


def test_an_exposure_is_visible_until_its_term_ends() -> None:
    open_ended, running = an_exposure(None), an_exposure(AT + timedelta(microseconds=1))
    assert visible([open_ended, running, an_exposure(AT)], AT) == [open_ended, running]


def test_a_change_says_what_is_now() -> None:
    running = an_exposure(AT + timedelta(days=1))
    assert change_of(ENTRY, running, AT).change == "exposed"
    assert change_of(ENTRY, running, AT).exposure == running


def test_nothing_of_the_subject_is_left_in_a_withdrawal() -> None:
    for gone in (None, an_exposure(AT)):
        change = change_of(ENTRY, gone, AT)
        assert change.change == "withdrawn"
        assert FIRM.encode() not in msgspec.json.encode(change)
        assert "第一贸易".encode() not in msgspec.json.encode(change)


def test_only_subscribers_of_exposures_read_them() -> None:
    subscribers = a_catalogue().subscribers
    assert may_read(subscribers["court-platform"])
    assert not may_read(subscribers["trade-centre"])
    assert not may_read(None)
    off = msgspec.structs.replace(subscribers["court-platform"], enabled=False)
    assert not may_read(off)
