"""Careful reading: every damage to the bytes is told with its reason; an outage is no damage."""

from __future__ import annotations

import gc
import sys
from io import BytesIO
from typing import Final

import fastavro
import msgspec
import pytest

from creditbus.domain.acts.events import Envelope
from creditbus.domain.acts.refusals import DeadLetter
from creditbus.wire.records import Codec, Undecodable, to_record
from creditbus.wire.schemas import load_schemas
from tests.examples import SCHEMA_FOLDER, a_codec, a_listing, a_removal, an_envelope

SCHEMAS: Final = load_schemas(SCHEMA_FOLDER)
IDS: Final = {key: number for number, key in enumerate(sorted(SCHEMAS.versions), start=1)}
GOOD: Final = a_codec().encode(a_listing())


class Away(Exception):
    """The registry does not answer."""


def away(number: int) -> str | None:
    raise Away(number)


def reason(data: bytes | None, codec: Codec | None = None) -> str:
    with pytest.raises(Undecodable) as caught:
        (codec or a_codec()).decode(data)
    assert caught.value.detail
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, "EMPTY_VALUE"),
        (b"", "EMPTY_VALUE"),
        (b"\x00", "UNFRAMED"),
        (b"\x00\x00\x00\x00", "UNFRAMED"),
        (b"no record", "UNFRAMED"),
        (b"\x01" + GOOD[1:], "UNFRAMED"),
        (b"\x00\x7f\xff\xff\xff0123", "UNKNOWN_SCHEMA"),
        (b"\x00" + (17).to_bytes(8, "big") + b"0123", "LONG_SCHEMA_ID"),
        (GOOD[:5], "UNREADABLE"),
        (GOOD + b"\x00", "LEFT_OVER"),
        (GOOD + GOOD, "LEFT_OVER"),
    ],
)
def test_damage_is_told_with_its_reason(data: bytes | None, expected: str) -> None:
    assert reason(data) == expected


@pytest.mark.parametrize("bad", [b"no record", b"\x00\x7f\xff\xff\xff0123", GOOD[:-1]])
@pytest.mark.parametrize("beside", [0, 30])
def test_what_was_found_of_bad_bytes_holds_none_of_them(bad: bytes, beside: int) -> None:
    data = [bytes(bytearray(bad)), *[GOOD] * beside]
    gc.disable()
    try:
        held = sys.getrefcount(data[0])
        found = a_codec().decode_many(data)
        still_held = sys.getrefcount(data[0])
    finally:
        gc.enable()
    assert isinstance(found[0], Undecodable)
    assert still_held == held


@pytest.mark.parametrize("length", range(5, len(GOOD)))
def test_record_that_ends_early_is_unreadable(length: int) -> None:
    assert reason(GOOD[:length]) == "UNREADABLE"


@pytest.mark.parametrize("length", range(5))
def test_frame_that_ends_early_is_no_frame(length: int) -> None:
    assert reason(GOOD[:length]) == ("UNFRAMED" if length else "EMPTY_VALUE")


def test_envelope_is_read_though_the_body_is_damaged() -> None:
    body = len(a_codec().encode(a_listing())) - 3
    assert a_codec().envelope(GOOD[:body]) == ("entry_listed", a_listing().envelope)


FOREIGN: Final = (
    '"string"',
    '["null", "string"]',
    'syntax = "proto3";',
    "[]",
    "{}",
    '{"type": "record", "name": "Invoice", "fields": []}',
    '{"type": "record", "name": "EntryListed", "namespace": "creditbus"}',
    '{"type": "record", "name": "EntryListed", "namespace": "creditbus", "fields": [{}]}',
    (
        '{"type": "record", "name": "EntryListed", "namespace": "creditbus",'
        ' "fields": [{"name": "list_id", "type": "nothing"}]}'
    ),
)


@pytest.mark.parametrize("text", FOREIGN)
def test_foreign_schema_of_the_registry_is_no_record_of_the_bus(text: str) -> None:
    codec = Codec(SCHEMAS, IDS, lambda _number: text)
    assert reason(b"\x00\x00\x00\x0f\xffrest", codec) == "UNKNOWN_RECORD"


def test_schema_that_borrows_a_name_of_the_bus_makes_its_bytes_unreadable() -> None:
    fields = '[{"name": "list_id", "type": "int"}]'
    text = (
        f'{{"type": "record", "name": "EntryListed", "namespace": "creditbus", "fields": {fields}}}'
    )
    codec = Codec(SCHEMAS, IDS, lambda _number: text)
    assert reason(b"\x00\x00\x00\x0f\xff\x02", codec) == "UNREADABLE"


def test_envelope_alone_is_no_record_of_the_bus() -> None:
    buffer = BytesIO(b"\x00" + IDS["envelope", 1].to_bytes(4, "big"))
    buffer.seek(5)
    fastavro.schemaless_writer(
        buffer, SCHEMAS.versions["envelope", 1].parsed, to_record(an_envelope())
    )
    assert reason(buffer.getvalue()) == "UNKNOWN_RECORD"


@pytest.mark.parametrize("ask", [Codec.decode, Codec.envelope])
def test_outage_of_the_registry_goes_through_and_is_no_verdict(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(Away):
        ask(Codec(SCHEMAS, IDS, away), b"\x00\x7f\xff\xff\xff0123")


def test_own_records_are_read_without_asking_the_registry() -> None:
    assert Codec(SCHEMAS, IDS, away).decode(GOOD) == a_listing()


def test_event_that_the_registry_may_hold_only_at_times_is_read_once_it_answers() -> None:
    answers = iter([Away("down"), None])

    def sometimes(_number: int) -> str | None:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    codec = Codec(SCHEMAS, IDS, sometimes)
    with pytest.raises(Away):
        codec.decode(b"\x00\x7f\xff\xff\xff0123")
    assert reason(b"\x00\x7f\xff\xff\xff0123", codec) == "UNKNOWN_SCHEMA"


def test_json_of_an_event_says_its_type_and_bytes_do_not() -> None:
    assert to_record(a_removal())["type"] == "entry_removed"
    letter = msgspec.json.decode(
        (SCHEMA_FOLDER / "dead_letter" / "1.json").read_bytes(), type=DeadLetter
    )
    assert letter.value == b"no record"
    assert isinstance(a_listing().envelope, Envelope)
