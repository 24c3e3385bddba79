"""What is sent in the sandbox: asked all that needs no state, told so, and never an event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pytest
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, TIMESTAMP_NOT_AVAILABLE, Message

from creditbus.domain.acts.events import EntryListed
from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.ids import SourceId
from creditbus.domain.law.catalogue import Source
from creditbus.engine.values import DictState, Slice
from creditbus.intake.decide import admit_try, build
from creditbus.intake.names import Submission
from creditbus.intake.namesakes import RecentRecords
from creditbus.intake.tries import Tries
from creditbus.runtime.kafka.arrivals import values
from creditbus.wire.topics import inbox, party_of_inbox
from tests.examples import (
    a_bid_bar,
    a_catalogue,
    a_codec,
    a_removal,
    an_acknowledgement,
    an_arrival,
    some_editions,
)
from tests.unit.intake.test_decide import a_directive
from tests.unit.intake.test_names import CORRECTED, OLD

TENDER: Final = SourceId("tender")
LEFT_AT: Final = datetime(2026, 11, 30, 12, tzinfo=UTC)
READ: Final = values(a_codec(), accepts=(EntryListed,))
GOOD: Final = a_codec().encode(a_bid_bar())


def message(offset: int, at_ms: int | None, value: bytes = GOOD) -> Message:
    kind = TIMESTAMP_NOT_AVAILABLE if at_ms is None else TIMESTAMP_LOG_APPEND_TIME
    return Message(
        topic=inbox(TENDER),
        partition=0,
        offset=offset,
        value=value,
        headers=[],
        timestamp=(kind, -1 if at_ms is None else at_ms),
    )


def sources(**changes: Any) -> dict[SourceId, Source]:
    row = a_catalogue().sources[TENDER]
    return {TENDER: msgspec.structs.replace(row, **changes)}


def tried(value: msgspec.Struct, *, marked: bool = True) -> tuple[Any, list[str]]:
    """Return what becomes of a record that says of itself that it is only tried, and the counts."""
    decide = build(some_editions(), party_of_inbox, lambda *_: False, is_try=Tries(sources()).holds)
    topic = inbox(TENDER)
    arrival = an_arrival(value, topic=topic, headers=(("sandbox", b"true"),) if marked else ())
    outcome = decide(Slice(topic=topic, partition=0, columns=[arrival]), DictState())
    (output,) = outcome.outputs
    return output.value, list(outcome.counts)


def test_a_sound_record_in_the_sandbox_is_no_event_and_no_refusal_of_anybodys_statistics() -> None:
    refusal, counts = tried(a_bid_bar(sequence=7))
    assert isinstance(refusal, Refusal)
    assert [each.reason for each in refusal.faults] == ["SANDBOX"]
    assert refusal.is_tried
    assert counts == ["tried"]
    event, _ = tried(a_bid_bar(sequence=7), marked=False)
    assert not isinstance(event, Refusal)


@pytest.mark.parametrize(
    ("value", "reasons"),
    [
        # What listing would ask is asked here, and all of it at once.
        (a_bid_bar(bases=(), document_number=""), ["BASIS_MISSING", "DOCUMENT_MISSING"]),
        (a_bid_bar(subject_id="uscc:913702000000000A2G"), ["SUBJECT_INVALID"]),
        (a_removal(source="tender", list_id="BL-COURT-SX"), ["SOURCE_NOT_COMPETENT"]),
        # Even what eases is only tried: its source is known to be trying.
        (a_removal(source="tender", list_id="BL-BID-ZT"), []),
    ],
)
def test_all_that_is_wrong_is_told_before_that_it_was_only_tried(
    value: msgspec.Struct, reasons: list[str]
) -> None:
    refusal, _ = tried(value)
    assert [each.reason for each in refusal.faults] == [*reasons, "SANDBOX"]
    assert refusal.reason == [*reasons, "SANDBOX"][0]


def test_a_try_is_told_that_its_record_has_named_another_subject() -> None:
    recent = RecentRecords()
    decide = build(
        some_editions(),
        party_of_inbox,
        lambda *_: False,
        is_try=Tries(sources()).holds,
        records=recent,
    )
    topic = inbox(TENDER)

    def told(offset: int, value: msgspec.Struct, *headers: tuple[str, bytes]) -> list[str]:
        origin = f"{topic}/0/{offset}"
        arrival = an_arrival(value, topic=topic, origin=origin, headers=headers)
        outcome = decide(Slice(topic=topic, partition=0, columns=[arrival]), DictState())
        (output,) = outcome.outputs
        return [each.reason for each in getattr(output.value, "faults", ())]

    marked = ("sandbox", b"true")
    other = "uscc:91370200000088022Y"
    assert told(0, a_bid_bar(record_id="real")) == []
    assert told(1, a_bid_bar(record_id="real"), marked) == ["SANDBOX"]
    assert told(2, a_bid_bar(record_id="real", subject_id=other), marked) == [
        "CONTENT_CONFLICT",
        "SANDBOX",
    ]
    # One try is met by the next, and by nothing that counts.
    assert told(3, a_bid_bar(record_id="tried"), marked) == ["SANDBOX"]
    again = a_bid_bar(record_id="tried", subject_id=other)
    assert told(4, again, marked) == ["CONTENT_CONFLICT", "SANDBOX"]
    assert told(5, again) == []
    # What was wrong with a try has named nobody.
    wrong = a_bid_bar(record_id="wrong", bases=())
    assert told(6, wrong, marked) == ["BASIS_MISSING", "SANDBOX"]
    assert told(7, a_bid_bar(record_id="wrong", subject_id=other), marked) == ["SANDBOX"]


def test_what_would_reach_several_subjects_is_told_once_what_is_wrong_with_it() -> None:
    removal = a_removal(source="tender", subject_id=OLD, list_id="BL-COURT-SX")
    party = removal.envelope.source
    found = admit_try(Submission(removal, party, False, some_editions(), CORRECTED))
    assert [each.reason for each in found.faults] == ["SOURCE_NOT_COMPETENT", "SANDBOX"]


def test_a_bodys_answer_may_be_tried_as_well() -> None:
    answer = an_acknowledgement(a_directive())
    body = answer.envelope.source
    found = admit_try(Submission(answer, body, False, some_editions(), Aliases()))
    assert [each.reason for each in found.faults] == ["SANDBOX"]


def test_what_was_sent_to_be_tried_stays_a_try_however_late_it_is_read() -> None:
    left = int(LEFT_AT.timestamp() * 1000)
    tries = Tries(sources(sandbox_until=LEFT_AT))
    sent = [message(0, left - 1), message(1, left - 1, b"no record"), message(2, left)]

    arrivals, unreadable = tries.reading(READ)([*sent, message(3, None)])

    assert len(unreadable) == 1
    assert [tries.holds(each) for each in arrivals] == [True, False, True]
    # The next slice knows nothing of the last.
    arrivals, _ = tries.reading(READ)([message(4, left + 1)])
    assert not tries.holds(arrivals[0])


def test_a_source_in_the_sandbox_tries_whatever_it_sends_and_nobody_else_does() -> None:
    tries = Tries(sources(sandbox=True))
    arrivals, _ = tries.reading(READ)([message(0, int(LEFT_AT.timestamp() * 1000))])
    assert tries.holds(arrivals[0])
    others = Tries(sources())
    arrivals, _ = others.reading(READ)([message(0, 0)])
    assert not others.holds(arrivals[0])
