"""Reading a slice: good records arrive, each bad one is set aside whole with its reason."""

from __future__ import annotations

from typing import Final

import pytest
from confluent_kafka import Message

from creditbus.domain.acts.events import DayTurned, EntryListed, EntryRemoved
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.domain.effects.directives import Acknowledgement
from creditbus.engine.values import Position, Unreadable
from creditbus.runtime.kafka.arrivals import KEPT_BYTES, dead_letter, position_of, values
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import DEAD_LETTERS, EVENTS, inbox
from tests.examples import SCHEMA_FOLDER, a_codec, a_listing, a_removal, a_standing, a_turn

INTAKE: Final = values(
    a_codec(), accepts=(EntryListed, EntryRemoved, Acknowledgement), max_bytes=1000
)
LOGGED: Final = (EntryListed, EntryRemoved, DayTurned)
LISTING: Final = values(a_codec(), accepts=LOGGED)
GOOD: Final = a_codec().encode(a_listing())


def message(
    value: bytes | None,
    *,
    offset: int = 0,
    key: bytes | None = b"k",
    headers: list[tuple[str, str | bytes | None]] | None = None,
    topic: str = inbox("court"),
) -> Message:
    return Message(topic=topic, partition=0, offset=offset, key=key, value=value, headers=headers)


def test_whole_record_arrives_with_its_place_and_bytes() -> None:
    ([arrival], unreadable) = INTAKE([message(GOOD, offset=7, headers=[("attestation", b"a")])])
    assert unreadable == []
    assert arrival.value == a_listing()
    assert arrival.raw == GOOD
    assert arrival.origin == "credit.inbox.court.v1/0/7"
    assert list(arrival.headers) == [("attestation", b"a")]


def test_origin_of_a_record_is_carried_on() -> None:
    ([arrival], _) = LISTING(
        [message(GOOD, headers=[("origin", b"credit.inbox.x/0/3")], topic=EVENTS)]
    )
    assert arrival.origin == "credit.inbox.x/0/3"


@pytest.mark.parametrize(
    "forged", [b"\xff", b"credit.inbox.tax.v1/0/3", b"credit.inbox.court.v1/x"]
)
def test_origin_that_a_party_writes_into_its_own_inbox_is_not_believed(forged: bytes) -> None:
    bad = message(b"no record", topic="credit.inbox.court.v1", headers=[("origin", forged)])
    good = message(GOOD, topic="credit.inbox.court.v1", headers=[("origin", forged)])
    ([arrival], [unreadable]) = LISTING([good, bad])
    assert arrival.origin == "credit.inbox.court.v1/0/0"
    letter = dead_letter(unreadable, a_codec())
    assert letter.key == b"court"
    assert dict(letter.headers)["origin"] == str(unreadable.position).encode()


class Nameless(Message):
    """A record with a header name that is not UTF-8, as the client library has it."""

    asked = 0

    def headers(self) -> None:
        self.asked += 1
        assert self.asked == 1, "asked twice, the library ends the process"
        raise SystemError("returned a result with an exception set")


@pytest.mark.parametrize(("value", "size"), [(GOOD, len(GOOD)), (b"no record", 9), (None, 0)])
def test_header_name_that_is_no_text_is_asked_for_once_and_buries_its_record_alone(
    value: bytes | None, size: int
) -> None:
    bad = Nameless(topic=inbox("court"), partition=0, offset=1, key=b"k", value=value)
    ([arrival], [unreadable]) = INTAKE([bad, message(GOOD, offset=2)])
    assert arrival.origin == "credit.inbox.court.v1/0/2"
    letter = a_codec().decode(dead_letter(unreadable, a_codec()).value)
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.offset, letter.size) == ("HEADERS_UNREADABLE", 1, size)
    assert letter.value == value


def test_dead_letter_fits_into_one_record_whatever_it_buries() -> None:
    huge = Unreadable(
        position=Position("credit.inbox.court.v1", 0, 7),
        reason="UNREADABLE",
        detail="x" * 800_000,
        key=b"k" * 2_000_000,
        value=b"v" * 3_000_000,
    )
    letter = dead_letter(huge, a_codec())
    assert letter.value is not None
    assert len(letter.value) + len(letter.key or b"") < 1_000_000


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "EMPTY_VALUE"),
        (b"", "EMPTY_VALUE"),
        (b"no record", "UNFRAMED"),
        (GOOD[:-1], "UNREADABLE"),
        (GOOD + b"!", "LEFT_OVER"),
        (GOOD + b"!" * 1000, "OVERSIZED"),
        (a_codec().encode(a_standing(a_listing())), "UNKNOWN_RECORD"),
        (a_codec().encode(a_turn(a_listing().envelope.decided_on)), "UNKNOWN_RECORD"),
    ],
)
def test_bad_record_is_set_aside_and_its_neighbours_arrive(
    value: bytes | None, reason: str
) -> None:
    later = a_codec().encode(a_removal())
    messages = [message(GOOD), message(value, offset=1), message(later, offset=2)]
    arrivals, (bad,) = INTAKE(messages)
    assert [arrival.value for arrival in arrivals] == [a_listing(), a_removal()]
    assert (bad.reason, bad.value, bad.key) == (reason, value, b"k")
    assert bad.position == position_of(messages[1])


def test_event_of_the_log_with_a_damaged_body_is_set_aside_and_stops_nobody() -> None:
    arrivals, (bad,) = LISTING([message(GOOD[:-1]), message(GOOD, offset=1)])
    assert [arrival.value for arrival in arrivals] == [a_listing()]
    assert (bad.reason, bad.position.offset) == ("UNREADABLE", 0)


def test_log_of_events_takes_events_alone() -> None:
    standing = a_codec().encode(a_standing(a_listing()))
    (arrival,), (bad,) = LISTING(
        [message(standing), message(a_codec().encode(a_turn(a_listing().envelope.decided_on)))]
    )
    assert isinstance(arrival.value, DayTurned)
    assert bad.reason == "UNKNOWN_RECORD"


def test_registry_is_asked_once_about_an_id_that_many_records_carry() -> None:
    asked: list[int] = []
    codec = Codec(load_schemas(SCHEMA_FOLDER), {}, asked.append)
    _, unreadable = values(codec, accepts=LOGGED)(
        [message(b"\0\0\0\0\x63%d" % each) for each in range(4000)]
    )
    assert {each.reason for each in unreadable} == {"UNKNOWN_SCHEMA"}
    assert (len(unreadable), asked) == (4000, [0x63])


def test_outage_of_the_registry_is_no_bad_record() -> None:
    def away(_number: int) -> str | None:
        raise ConnectionError

    read = values(Codec(load_schemas(SCHEMA_FOLDER), {}, away), accepts=(EntryListed,))
    with pytest.raises(ConnectionError):
        read([message(GOOD)])


@pytest.mark.parametrize("value", [b"no record", b"", None, b"x" * (KEPT_BYTES + 5)])
def test_dead_letter_keeps_the_bytes_the_place_and_the_reason(value: bytes | None) -> None:
    _, (bad,) = values(a_codec(), accepts=(EntryListed,))([message(value, offset=9)])
    produced = dead_letter(bad, a_codec())
    assert (produced.topic, produced.key) == (DEAD_LETTERS, b"court")
    assert produced.headers == (("origin", b"credit.inbox.court.v1/0/9"),)
    letter = a_codec().decode(produced.value)
    assert isinstance(letter, DeadLetter)
    assert (letter.source, letter.offset, letter.reason) == ("court", 9, bad.reason)
    assert letter.value == (value[:KEPT_BYTES] if value is not None else None)
    assert letter.size == len(value or b"")
    assert len(produced.value or b"") < 1024 * 1024
