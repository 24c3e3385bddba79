"""When a fact came in is carried to all that it leads to; a party's own word is not believed."""

from __future__ import annotations

from typing import Final

import pytest
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message

from creditbus.domain.acts.events import EntryListed
from creditbus.engine.values import Output, Produced
from creditbus.runtime.kafka.arrivals import dead_letter, values
from creditbus.runtime.kafka.beginnings import Beginnings, began_at, readables
from creditbus.wire.headers import ORIGIN, REDRIVEN, SINCE
from creditbus.wire.topics import EVENTS, STANDINGS, inbox
from tests.examples import a_codec, a_listing

READ: Final = values(a_codec(), accepts=(EntryListed,))
GOOD: Final = a_codec().encode(a_listing())


def message(
    topic: str, *, offset: int = 0, at: int = 7000, value: bytes = GOOD, **headers: bytes
) -> Message:
    return Message(
        topic=topic,
        partition=0,
        offset=offset,
        value=value,
        headers=list(headers.items()),
        timestamp=(TIMESTAMP_LOG_APPEND_TIME, at),
    )


def write(output: Output) -> Produced:
    origin = (ORIGIN, output.origin.encode())
    return Produced(topic=STANDINGS, key=b"k", value=b"v", headers=(origin,))


def test_what_an_inbox_took_in_goes_on_with_the_instant_at_which_the_broker_took_it() -> None:
    beginnings = Beginnings()
    read, writing = beginnings.reading(READ), beginnings.writing(write)
    bad = message(inbox("court"), offset=3, value=b"no record")
    good = message(inbox("court"), offset=4, at=9000)
    ([arrival], [_]) = read([bad, good])
    written = writing(Output("standings", object(), arrival.origin))
    assert written.headers == ((ORIGIN, arrival.origin.encode()), (SINCE, b"9000"))


def test_a_beginning_that_is_carried_goes_on() -> None:
    beginnings = Beginnings()
    ([arrival], _) = beginnings.reading(READ)([message(EVENTS, since=b"123")])
    written = beginnings.writing(write)(Output("standings", object(), arrival.origin))
    assert dict(written.headers)[SINCE] == b"123"


def test_what_no_record_of_the_slice_led_to_has_no_beginning() -> None:
    beginnings = Beginnings()
    beginnings.reading(READ)([message(EVENTS, since=b"123")])
    plain = Output("standings", object(), "")
    assert beginnings.writing(write)(plain).headers == write(plain).headers


@pytest.mark.parametrize("forged", [b"1", b"\xff", b""])
def test_a_beginning_that_a_party_writes_into_its_inbox_is_not_believed(forged: bytes) -> None:
    beginnings = Beginnings()
    ([arrival], _) = beginnings.reading(READ)([message(inbox("court"), at=7000, since=forged)])
    written = beginnings.writing(write)(Output("standings", object(), arrival.origin))
    assert dict(written.headers)[SINCE] == b"7000"


def test_what_was_redriven_is_told_of_all_that_it_leads_to() -> None:
    place = f"{inbox('court')}/0/7".encode()
    for topic in (inbox("court"), EVENTS):
        beginnings = Beginnings()
        ([arrival], _) = beginnings.reading(READ)([message(topic, offset=9, redriven=place)])
        written = beginnings.writing(write)(Output("standings", object(), arrival.origin))
        assert dict(written.headers)[REDRIVEN] == place


@pytest.mark.parametrize(
    "forged",
    [
        b"credit.inbox.tax.v1/0/7",
        b"credit.inbox.court.v1/0/seven",
        b"credit.inbox.court.v1/0/" + b"9" * 19,
        b"credit.inbox.court.v1",
        b"credit.inbox.court.v1/0/7\n",
        b"\xff",
        b"",
    ],
)
def test_no_other_place_than_of_its_own_inbox_is_told(forged: bytes) -> None:
    beginnings = Beginnings()
    ([arrival], [letter]) = beginnings.reading(READ)(
        [message(inbox("court"), redriven=forged), message(inbox("court"), offset=1, value=b"no")]
    )
    written = beginnings.writing(write)(Output("standings", object(), arrival.origin))
    assert REDRIVEN not in dict(written.headers)
    assert REDRIVEN not in dict(dead_letter(letter, a_codec()).headers)


def test_what_could_not_be_read_again_is_told_as_redriven() -> None:
    place = f"{inbox('court')}/0/7".encode()
    _, [letter] = READ([message(inbox("court"), offset=9, value=b"no", redriven=place)])
    assert dict(dead_letter(letter, a_codec()).headers)[REDRIVEN] == place


def test_a_record_without_an_instant_has_none() -> None:
    assert began_at(Message(topic=EVENTS, partition=0, offset=0), (), inbox=None) is None


def test_readable_records_are_those_that_are_not_set_aside() -> None:
    three = [message(EVENTS, offset=offset, value=value) for offset, value in ((0, GOOD), (1, b""))]
    _, unreadable = READ(three)
    assert [each.offset() for each in readables(three, unreadable)] == [0]
    assert readables(three, []) is three
