"""The quick ways say what the careful ones say: pyruhvro and the compiled writers, and fastavro.

Goal: no byte and no verdict depends on which of the two did the work. Method: values of every
record with any content, written both ways; slices of records of which some are damaged, read both
ways.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from io import BytesIO
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import fastavro
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbus.domain.acts.events import EntryRemoved
from creditbus.wire.avro import AvroTypes
from creditbus.wire.bulk import bulk_of
from creditbus.wire.records import FEWEST, TYPES, Codec, Undecodable, to_record
from creditbus.wire.schemas import Schema, load_schemas, published
from creditbus.wire.writers import writer_of
from tests.effort import examples
from tests.examples import SCHEMA_FOLDER

SCHEMAS: Final = load_schemas(SCHEMA_FOLDER)
IDS: Final = {key: number for number, key in enumerate(sorted(SCHEMAS.versions), start=1)}
QUICK: Final = Codec(SCHEMAS, IDS, lambda _number: None)
CAREFUL: Final = Codec(SCHEMAS, IDS, lambda _number: None, in_bulk=False)
EXAMPLES: Final[dict[str, Any]] = {
    record: msgspec.json.decode((SCHEMA_FOLDER / record / "1.json").read_bytes(), type=kind)
    for record, kind in TYPES.items()
}
RECORDS: Final = sorted(TYPES)
ONE_BY_ONE: Final = {"dead_letter"}  # pyruhvro knows no bytes

PLAIN: Final[dict[Any, st.SearchStrategy[Any]]] = {
    str: st.text(max_size=8) | st.text("测", min_size=60, max_size=70),
    int: st.integers(-(2**63), 2**63 - 1) | st.integers(-70, 70),
    bool: st.booleans(),
    bytes: st.binary(max_size=8),
    date: st.dates(),
    datetime: st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999).map(
        lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    ),
}


@cache
def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of a type of the domain with any content that Avro can carry."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    if get_origin(kind) in (Union, UnionType):
        (present,) = (each for each in get_args(kind) if each is not NoneType)
        return st.none() | any_of(present)
    if get_origin(kind) is tuple:
        return st.lists(any_of(get_args(kind)[0]), max_size=3).map(tuple)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    if issubclass(kind, msgspec.Struct):
        fields = {each.name: any_of(each.type) for each in msgspec.structs.fields(kind)}
        return st.fixed_dictionaries(fields).map(lambda content: kind(**content))
    return PLAIN[kind]


def by_fastavro(value: msgspec.Struct, schema: Schema) -> bytes:
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, schema.parsed, to_record(value))
    return buffer.getvalue()


def carried(record: str) -> st.SearchStrategy[Any]:
    """Return values of a record without those that its newest schema no longer admits."""

    def is_carried(value: msgspec.Struct) -> bool:
        try:
            by_fastavro(value, SCHEMAS.newest[record])
        except (TypeError, ValueError):
            return False
        return True

    return any_of(TYPES[record]).filter(is_carried)


def verdicts(codec: Codec, data: list[bytes | None]) -> list[object]:
    """Return what a codec says of each record, comparable."""
    return [
        (found.reason, found.detail) if isinstance(found, Undecodable) else found
        for found in codec.decode_many(data)
    ]


@pytest.mark.parametrize("record", RECORDS)
@examples(20)
@given(data=st.data())
def test_compiled_writer_writes_what_fastavro_writes(record: str, data: st.DataObject) -> None:
    value = data.draw(carried(record))
    assert QUICK.encode(value)[5:] == by_fastavro(value, SCHEMAS.newest[record])


@pytest.mark.parametrize("record", sorted(set(RECORDS) - ONE_BY_ONE))
def test_every_record_has_a_compiled_writer_but_those_with_bytes(record: str) -> None:
    value = EXAMPLES[record]
    schema = SCHEMAS.newest[record]
    assert writer_of(AvroTypes(schema.parsed))(value) == by_fastavro(value, schema)


@pytest.mark.parametrize("record", RECORDS)
@examples(10)
@given(data=st.data())
def test_slice_of_any_values_is_read_as_one_by_one(record: str, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(carried(record), min_size=1, max_size=4))
    values = (drawn * FEWEST)[: FEWEST + 3]
    raw: list[bytes | None] = [QUICK.encode(value) for value in values]
    assert QUICK.decode_many(raw) == CAREFUL.decode_many(raw) == values


def framed(body: bytes, record: str) -> bytes:
    return b"\x00" + IDS[record, 1].to_bytes(4, "big") + body


GOOD: Final = {record: QUICK.encode(value) for record, value in EXAMPLES.items()}
LISTED: Final = GOOD["entry_listed"]
TURNED: Final = GOOD["day_turned"]
NAME: Final = "（测）".encode()
SUBJECT: Final = b"\x2e" + EXAMPLES["entry_listed"].envelope.subject_id.encode()  # behind its kind

DAMAGED: Final[dict[str, bytes | None]] = {
    "nothing": None,
    "empty": b"",
    "no frame": b"no record",
    "wrong magic byte": b"\x01" + LISTED[1:],
    "frame that ends early": LISTED[:3],
    "frame alone": LISTED[:5],
    "unknown schema": b"\x00\x7f\xff\xff\xff" + LISTED[5:],
    "a schema that is no record of its own": framed(LISTED[5:], "envelope"),
    "another record's schema": framed(LISTED[5:], "entry_removed"),
    "truncated": LISTED[:-1],
    "bytes left over": LISTED + b"\x00",
    "said twice": LISTED + LISTED[5:],
    "over-long number": TURNED[:-1] + bytes([TURNED[-1] | 0x80, 0]),
    "over-long number and one byte short": (LISTED[:5] + b"\xc0\x00" + LISTED[6:])[:-1],
    "number of eleven bytes": TURNED[:-1] + b"\xff" * 10 + b"\x01",
    "day beyond the calendar": TURNED[:-3] + b"\xfe\xff\xff\xff\x0f",
    "day beyond 32 bits": TURNED[:-3] + b"\xfe\xff\xff\xff\xff\x01",
    "enum index too high": LISTED.replace(b"\x00" + SUBJECT, b"\x14" + SUBJECT),
    "no such branch of a union": LISTED[:-5] + b"\x06" + LISTED[-4:],
    "truth that is neither": LISTED[:-1] + b"\x02",
    "text that is no text": LISTED.replace(NAME, b"\xff" * len(NAME)),
    "negative length": LISTED[:5] + b"\x01" + LISTED[6:],
}
BELIEVED: Final = {"truth that is neither", "over-long number"}  # fastavro takes them


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("among", ["many", "few", "its like"])
def test_damaged_record_gets_the_same_verdict_and_its_neighbours_none(
    damage: str, among: str
) -> None:
    whole = [LISTED, TURNED, GOOD["entry_removed"]]
    count = {"many": 3 * FEWEST, "few": 3, "its like": 0}[among]
    slices: list[bytes | None] = [*(whole * count), DAMAGED[damage], *(whole * count)]
    if among == "its like":
        slices = [DAMAGED[damage]] * (2 * FEWEST)
    found = verdicts(QUICK, slices)
    assert found == verdicts(CAREFUL, slices)
    if damage not in BELIEVED:
        assert isinstance(found[len(slices) // 2], tuple)


def test_damage_is_what_its_name_says() -> None:
    sound = [name for name, data in DAMAGED.items() if data in GOOD.values()]
    assert sound == []


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a record with some bytes changed, put in or taken out behind its frame."""
    data = bytearray(GOOD[draw(st.sampled_from(RECORDS))])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(5, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(data)


@examples(300)
@given(st.lists(mutated(), min_size=1, max_size=4), st.sampled_from(RECORDS))
def test_mutated_bytes_get_the_same_verdict(bad: list[bytes], record: str) -> None:
    data: list[bytes | None] = [*([GOOD[record]] * FEWEST), *bad, *(bad * FEWEST)]
    assert verdicts(QUICK, data) == verdicts(CAREFUL, data)


def test_version_that_lacks_a_newer_field_is_read_in_bulk_with_its_default() -> None:
    newest = SCHEMAS.newest["entry_removed"]
    schema = msgspec.json.decode(newest.text)
    schema["fields"] = [each for each in schema["fields"] if each["name"] != "ground"]
    text = msgspec.json.encode(schema).decode()
    lacking = published("entry_removed", 99, text)
    assert bulk_of(EntryRemoved, lacking, newest) is not None
    quick, careful = (
        Codec(SCHEMAS, IDS, lambda _number: text, in_bulk=way) for way in (True, False)
    )
    value = EXAMPLES["entry_removed"]
    data: list[bytes | None] = [b"\x00\x00\x00\xff\x00" + by_fastavro(value, lacking)] * FEWEST
    expected = [msgspec.structs.replace(value, ground="")] * FEWEST
    assert quick.decode_many(data) == careful.decode_many(data) == expected


def test_every_record_is_read_in_bulk_but_those_with_bytes() -> None:
    alone = {
        record
        for record, schema in SCHEMAS.newest.items()
        if record in TYPES and bulk_of(TYPES[record], schema, schema) is None
    }
    assert alone == ONE_BY_ONE


class Rank(Enum):
    HIGH = "HIGH"
    LOW = "LOW"


class Inner(msgspec.Struct, frozen=True):
    word: str
    numbers: tuple[int, ...] = ()


class Outer(msgspec.Struct, frozen=True):
    """What the schemas of the bus may come to use: a record that may be absent, and the like."""

    inner: Inner | None
    inners: tuple[Inner, ...]
    rank: Rank | None
    ranks: tuple[Rank, ...]
    word: str | None = None


OUTER: Final = {
    "type": "record",
    "name": "Outer",
    "fields": [
        {
            "name": "inner",
            "type": [
                "null",
                {
                    "type": "record",
                    "name": "Inner",
                    "fields": [
                        {"name": "word", "type": "string"},
                        {"name": "numbers", "type": {"type": "array", "items": "long"}},
                    ],
                },
            ],
        },
        {"name": "inners", "type": {"type": "array", "items": "Inner"}},
        {
            "name": "rank",
            "type": ["null", {"type": "enum", "name": "Rank", "symbols": ["HIGH", "LOW"]}],
        },
        {"name": "ranks", "type": {"type": "array", "items": "Rank"}},
        {"name": "word", "type": "string"},
    ],
}


@examples(60)
@given(st.lists(any_of(Outer), min_size=1, max_size=6))
def test_nested_and_absent_records_are_read_and_written_as_by_fastavro(drawn: list[Outer]) -> None:
    schema = published("outer", 1, msgspec.json.encode(OUTER).decode())
    values = [msgspec.structs.replace(each, word=each.word or "") for each in drawn]
    bodies = [by_fastavro(value, schema) for value in values]
    bulk = bulk_of(Outer, schema, schema)
    assert bulk is not None
    assert bulk.read(bodies) == values
    assert list(map(writer_of(AvroTypes(schema.parsed)), values)) == bodies
