"""Nothing that a source can write stops a worker: any bytes, any text, any day are dealt with.

One record that makes intake or listing fail would hold everybody behind it, the removals first. So
bytes are changed at random, and well-formed records carry values that nobody in their senses would
send.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creditbus.dispatch.decide import build as build_dispatch
from creditbus.domain.acts.events import EntryListed, EntryRemoved, RemovalCause
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import kind_of, uscc_subject, why_not_subject
from creditbus.engine.values import Arrival, DictState, Output
from creditbus.exposure.decide import build as build_exposure
from creditbus.intake.decide import build as build_intake
from creditbus.listing.decide import build as build_listing
from creditbus.wire.headers import event_headers
from creditbus.wire.records import RECORD_OF, TYPES, Undecodable
from creditbus.wire.topics import inbox, party_of_inbox
from tests.effort import examples
from tests.examples import (
    FIRM,
    PERSON,
    SCHEMA_FOLDER,
    a_catalogue,
    a_codec,
    a_listing,
    a_removal,
    a_turn,
    decided,
    some_editions,
)

WHOLE: Final = {
    record: a_codec().encode(
        msgspec.json.decode((SCHEMA_FOLDER / record / "1.json").read_bytes(), type=kind)
    )
    for record, kind in TYPES.items()
}
LISTING: Final = build_listing(some_editions())
DISPATCH: Final = build_dispatch(some_editions())
EXPOSURE: Final = build_exposure(some_editions())

TEXTS: Final = st.text(max_size=20) | st.sampled_from(["", " ", "\0", "\n", "1" * 300])
INSTANTS: Final = st.integers(-719_000 * 86_400, 2_900_000 * 86_400).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
SUBJECTS: Final = st.sampled_from([FIRM, PERSON, FIRM.lower(), f"{FIRM}\n", "uscc:"]) | TEXTS


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a record with some bytes changed, put in or taken out behind its frame."""
    data = bytearray(WHOLE[draw(st.sampled_from(sorted(WHOLE)))])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(5, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=4))
    return bytes(data)


@examples(300)
@given(damaged() | st.binary(max_size=40) | st.binary(max_size=40).map(b"\0\0\0\0\x07".__add__))
def test_any_bytes_are_a_record_or_undecodable(data: bytes) -> None:
    for read in (a_codec().decode, a_codec().envelope):
        finding = None
        try:
            read(data)
        except Undecodable as caught:
            finding = caught
        assert finding is None or (finding.reason.isupper() and finding.detail)


@st.composite
def strange(draw: st.DrawFn) -> EntryListed | EntryRemoved:
    """Draw an event of the court whose every value may be absurd."""
    envelope = {
        "event_id": draw(TEXTS),
        "record_id": draw(TEXTS),
        "record_revision": draw(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2)),
        "sequence": draw(st.integers(-(2**63), 2**63 - 1)),
        "subject_id": draw(SUBJECTS),
        "occurred_at": draw(INSTANTS),
        "decided_on": draw(st.dates() | st.just(a_listing().envelope.decided_on)),
        "effective_on": draw(st.none() | st.dates()),
        "document_number": draw(TEXTS),
        "adult_on_decision": draw(st.none() | st.booleans()),
        "causation_id": draw(st.none() | TEXTS),
    }
    if draw(st.booleans()):
        cause = draw(st.sampled_from(RemovalCause))
        return a_removal(**envelope, list_id=draw(TEXTS), cause=cause, ground=draw(TEXTS))
    return a_listing(
        **envelope,
        list_id=draw(st.sampled_from(sorted(a_catalogue().lists)) | TEXTS),
        subject_name=draw(st.none() | TEXTS),
        provisions=tuple(draw(st.lists(TEXTS | st.sampled_from(["1", "3"]), max_size=3))),
        ends_on=draw(st.none() | st.dates()),
        until_performed=draw(st.booleans()),
        notice_served_on=draw(st.none() | st.dates()),
    )


def through_the_bus(event: EntryListed | EntryRemoved) -> None:
    """Carry an event as far as it comes, through bytes wherever the bus writes some."""
    read = a_codec().decode(a_codec().encode(event))
    assert read == event
    intake = build_intake(some_editions(), party_of_inbox, lambda *_: False)
    (admission,) = decided(intake, DictState(), [read], topic=inbox("court"))
    if not isinstance(admission.value, Arrival):
        again(admission)
        return
    event_headers(RECORD_OF[type(event)], event.envelope)
    state = DictState()
    told = decided(LISTING, state, [event, a_turn(a_listing().envelope.decided_on), event])
    for output in told:
        standing = again(output)
        if output.stream == "standings":
            for decide in (DISPATCH, EXPOSURE):
                for each in decided(decide, DictState(), [standing]):
                    again(each)


def again(output: Output) -> msgspec.Struct:
    """Return the value of an output as its readers find it."""
    assert isinstance(output.value, msgspec.Struct)
    if type(output.value) not in TYPES.values():
        return output.value
    data = a_codec().encode(output.value)
    assert a_codec().decode(data) == output.value
    return output.value


@examples(150)
@given(strange())
def test_any_event_goes_its_way(event: EntryListed | EntryRemoved) -> None:
    through_the_bus(event)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("field", ["decided_on", "effective_on", "ends_on", "notice_served_on"])
def test_first_and_last_day_of_the_calendar_go_their_way(day: str, field: str) -> None:
    at = a_listing().envelope.decided_on.fromisoformat(day)
    through_the_bus(a_listing(**{field: at}))
    if field in {"decided_on", "effective_on"}:
        through_the_bus(a_removal(**{field: at}))
        through_the_bus(a_listing(**{field: at}, ends_on=None, until_performed=True))


@given(st.text(min_size=18, max_size=18) | st.from_regex(r"[0-9A-Za-z]{18}", fullmatch=True))
@example("9137o200000000000y")
@example("9137O20000000000OY")
@example("913702000000000a2f")
@example("9137020000000000①F")
def test_any_code_of_eighteen_is_judged_in_words(code: str) -> None:
    subject = uscc_subject(code)
    assert isinstance(why_not_subject(kind_of(subject), subject), str)
    assert why_not_subject(kind_of(subject), SubjectId(f"uscc:{code}")) is not None
