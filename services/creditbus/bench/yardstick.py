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
    Draft,
    Outcome,
    Output,
    Position,
    Produced,
    Slice,
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
_CHANGE: Final = fastavro.parse_schema(CHANGE)
_INSTANT: Final = struct.Struct(">q")
_COUNT: Final = struct.Struct(">I")

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


def decide(records: Slice[Columns], state: State) -> Outcome:
    """Fold the slice's events that were not seen before, and tell every change of a set."""
    columns = records.columns
    draft, outcome = Draft(state), Outcome()
    draft.prefetch(SEEN, columns.ids)
    draft.prefetch(SUBJECTS, set(columns.subjects))
    for event_id, subject, kind, code, at in zip(
        columns.ids, columns.subjects, columns.kinds, columns.codes, columns.instants, strict=True
    ):
        if draft.get(SEEN, event_id) is not None:
            outcome.count("repeated")
            continue
        draft.put(SEEN, event_id, at)
        count, codes = draft.get(SUBJECTS, subject) or (0, ())
        count += 1
        if kind == LISTED and code not in codes:
            codes = (*codes, code)
            moved = (subject, code, True, count, event_id, at)
            outcome.outputs.append(Output("changes", moved))
        elif kind == REMOVED and code in codes:
            codes = tuple(each for each in codes if each != code)
            moved = (subject, code, False, count, event_id, at)
            outcome.outputs.append(Output("changes", moved))
        draft.put(SUBJECTS, subject, (count, codes))
    outcome.changes = draft.changes
    return outcome


def packed(moved: Moved) -> bytes:
    """Return a change as its framed record."""
    subject, code, is_in, revision, cause, at = moved
    change = {
        "subject_id": subject.decode(),
        "list_code": code.decode(),
        "action": "ADDED" if is_in else "REMOVED",
        "revision": revision,
        "cause": cause.decode(),
        "at": at,
    }
    buffer = BytesIO()
    buffer.write(CHANGE_FRAME)
    fastavro.schemaless_writer(buffer, _CHANGE, change)
    return buffer.getvalue()


def event_of(value: bytes) -> dict[str, Any]:
    """Return a framed event as a plain dictionary, decoded by the other library."""
    return _dictionary(value, _EVENT)


def change_of(value: bytes) -> dict[str, Any]:
    """Return a framed change as a plain dictionary."""
    return _dictionary(value, _CHANGE)


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
