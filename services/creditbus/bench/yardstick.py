"""The yardstick: one job by which the engine is compared with others and with itself.

An event is counted once by its id; a listing puts a code into its subject's set, a removal takes it
out; every change of the set is told. Half of the work is deduplication, as in listing, and the rest
is as little law as there can be, so that what is measured is the engine.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, cast

import fastavro
import pyarrow as pa
import pyruhvro
from confluent_kafka import Message

from creditbus.engine.job import Job
from creditbus.engine.values import (
    Output,
    Position,
    Produced,
    Slice,
    SliceOutcome,
    State,
    Table,
    Unreadable,
)

LISTED, REMOVED, CHECKED = "LISTED", "REMOVED", "CHECKED"
FRAME: Final = b"\x00\x00\x00\x00\x01"
CHANGE_FRAME: Final = b"\x00\x00\x00\x00\x02"
EVENT: Final[dict[str, Any]] = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "agency", "type": "string"},
        {"name": "sequence", "type": "long"},
        {"name": "subject_id", "type": "string"},
        {"name": "kind", "type": "string"},
        {"name": "list_code", "type": "string"},
        {"name": "document_number", "type": "string"},
        {"name": "basis", "type": "string"},
        {"name": "occurred_at", "type": "long"},
        {"name": "effective_from", "type": "long"},
        {"name": "effective_until", "type": "long"},
        {"name": "region", "type": "string"},
        {"name": "details", "type": "string"},
        {"name": "record_revision", "type": "int"},
    ],
}
CHANGE: Final[dict[str, Any]] = {
    "type": "record",
    "name": "Change",
    "fields": [
        {"name": "subject_id", "type": "string"},
        {"name": "list_code", "type": "string"},
        {"name": "action", "type": "string"},
        {"name": "revision", "type": "long"},
        {"name": "cause", "type": "string"},
        {"name": "at", "type": "long"},
    ],
}
_EVENT_TEXT: Final = json.dumps(EVENT)
_EVENT: Final = fastavro.parse_schema(EVENT)
CHANGE_PARSED: Final = fastavro.parse_schema(CHANGE)
_INSTANT: Final = struct.Struct(">q")
_COUNT: Final = struct.Struct(">I")
_BYTES: Final = tuple(bytes((value,)) for value in range(0x80))
_ADDED: Final = b"\x0aADDED"
_REMOVED: Final = b"\x0eREMOVED"

Held = tuple[int, tuple[bytes, ...]]
"""How many events a subject has had, and the codes of the lists it is on."""

Moved = tuple[bytes, bytes, bool, int, bytes, int]
"""A change: subject, list code, whether it was put in, revision, the event's id, the instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the fold needs of a slice's events, column by column."""

    ids: list[bytes]
    subjects: list[bytes]
    kinds: list[str]
    codes: list[bytes]
    instants: list[int]


def _same(value: bytes) -> bytes:
    return value


def _pack_held(held: Held) -> bytes:
    return _COUNT.pack(held[0]) + b"|".join(held[1])


def _unpack_held(packed: bytes) -> Held:
    codes = packed[_COUNT.size :]
    return _COUNT.unpack_from(packed)[0], tuple(codes.split(b"|")) if codes else ()


SEEN: Final[Table[bytes, int]] = Table(
    name="seen",
    pack_key=_same,
    unpack_key=_same,
    pack_value=_INSTANT.pack,
    unpack_value=lambda packed: int(_INSTANT.unpack(packed)[0]),
)
SUBJECTS: Final[Table[bytes, Held]] = Table(
    name="subjects",
    pack_key=_same,
    unpack_key=_same,
    pack_value=_pack_held,
    unpack_value=_unpack_held,
    recent=50_000,
)


def job(application: str, name: str, source: str, outputs: str) -> Job[Columns]:
    """Return the yardstick's job between two topics."""

    def write(output: Output) -> Produced:
        moved = cast("Moved", output.value)
        return Produced(topic=outputs, key=moved[0], value=packed(moved))

    return Job(
        application=application,
        name=name,
        sources=(source,),
        tables=(SEEN, SUBJECTS),
        read=read,
        decide=decide,
        write=write,
    )


def read(records: Sequence[Message]) -> tuple[Columns, list[Unreadable]]:
    """Return the columns of the records; one that is no event does not spoil its neighbours."""
    try:
        return columns_of(records), []
    except ValueError:
        readable, unreadable = [], []
        for record in records:
            try:
                columns_of([record])
            except ValueError as fault:
                unreadable.append(_unreadable(record, str(fault)))
            else:
                readable.append(record)
        return columns_of(readable), unreadable


def columns_of(records: Sequence[Message]) -> Columns:
    """Return the columns in one call of the decoder; raises ``ValueError`` for a bad record."""
    bodies = []
    for record in records:
        value = record.value() or b""
        if value[:5] != FRAME:
            raise ValueError("not framed as an event")
        bodies.append(value[5:])
    batch = pyruhvro.deserialize_array(bodies, _EVENT_TEXT)
    column, binary = batch.column, pa.binary()
    return Columns(
        ids=column("event_id").cast(binary).to_pylist(),
        subjects=[record.key() or b"" for record in records],
        kinds=column("kind").to_pylist(),
        codes=column("list_code").cast(binary).to_pylist(),
        instants=column("occurred_at").to_pylist(),
    )


def decide(records: Slice[Columns], state: State) -> SliceOutcome:
    """Fold the slice's events that were not seen before, and tell every change of a set."""
    columns, outcome = records.columns, SliceOutcome()
    seen, held = outcome.rows(SEEN), outcome.rows(SUBJECTS)
    subjects = list(set(columns.subjects))
    found = state.get_many(SUBJECTS, subjects)
    before = dict(zip(subjects, found, strict=True))
    tell = outcome.outputs.append
    for event_id, known, subject, kind, code, at in zip(
        columns.ids,
        state.get_many(SEEN, columns.ids),
        columns.subjects,
        columns.kinds,
        columns.codes,
        columns.instants,
        strict=True,
    ):
        if known is not None or event_id in seen:
            continue
        seen[event_id] = at
        count, codes = held.get(subject) or before[subject] or (0, ())
        count += 1
        if kind == LISTED and code not in codes:
            codes = (*codes, code)
            tell(Output("changes", (subject, code, True, count, event_id, at)))
        elif kind == REMOVED and code in codes:
            codes = tuple(each for each in codes if each != code)
            tell(Output("changes", (subject, code, False, count, event_id, at)))
        held[subject] = (count, codes)
    outcome.count("repeated", by=len(columns.ids) - len(seen))
    return outcome


def packed(moved: Moved) -> bytes:
    """Return a change as its framed record, written by hand: that is much of what it costs."""
    subject, code, is_in, revision, cause, at = moved
    return b"".join(
        (
            CHANGE_FRAME,
            avro_text(subject),
            avro_text(code),
            _ADDED if is_in else _REMOVED,
            avro_long(revision),
            avro_text(cause),
            avro_long(at),
        )
    )


def avro_text(text: bytes) -> bytes:
    """Return a text as Avro has it: its length, its bytes."""
    return avro_long(len(text)) + text


def avro_long(value: int) -> bytes:
    """Return a number that is not negative as Avro has it: doubled, seven bits a byte."""
    value <<= 1
    if value < 0x80:
        return _BYTES[value]
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def event_of(value: bytes) -> dict[str, Any]:
    """Return a framed event as a plain dictionary, decoded by the other library."""
    return _dictionary(value, _EVENT)


def change_of(value: bytes) -> dict[str, Any]:
    """Return a framed change as a plain dictionary."""
    return _dictionary(value, CHANGE_PARSED)


def _dictionary(value: bytes, schema: Any) -> dict[str, Any]:
    buffer = BytesIO(value)
    buffer.seek(len(FRAME))
    content: Any = fastavro.schemaless_reader(buffer, schema, None)
    assert isinstance(content, dict), "both schemas are records"
    return content


def _unreadable(record: Message, detail: str) -> Unreadable:
    place = Position(record.topic() or "", record.partition() or 0, record.offset() or 0)
    return Unreadable(
        position=place,
        reason="UNREADABLE",
        detail=detail,
        key=record.key(),
        value=record.value(),
    )
