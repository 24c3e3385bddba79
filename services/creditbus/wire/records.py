"""Domain values and Avro records: which type travels as which record, and the bytes of both.

Confluent wire format: a zero byte, four bytes of schema id, the Avro body. Reading is careful:
fastavro accepts a record that ends early in some fields or leaves bytes behind, so the bytes must
be used up. ``decode`` reads one record, ``decode_many`` those of a slice, and they say the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeVar

import fastavro
import msgspec
from fastavro.read import SchemaResolutionError
from fastavro.schema import SchemaParseException, UnknownType

from creditbus.domain.acts.activations import EditionActivated
from creditbus.domain.acts.events import DayTurned, Envelope
from creditbus.domain.acts.interventions import Intervention
from creditbus.domain.acts.kinds import KINDS
from creditbus.domain.acts.refusals import DeadLetter, Duplicate, Refusal, Taken
from creditbus.domain.aliases.claims import AliasClaims, SubjectIdentityConflict
from creditbus.domain.effects.checks import Access
from creditbus.domain.effects.directives import Acknowledgement, Attempt, Directive
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.deadlines import DeadlineMissed
from creditbus.domain.entries.standings import Standing
from creditbus.wire.avro import AvroTypes, SchemaUnsupported
from creditbus.wire.schemas import Schema, Schemas, lost_logical_types, published
from creditbus.wire.writers import Write, writer_of

if TYPE_CHECKING:
    from creditbus.wire.bulk import Bulk

TYPES: Final[dict[str, type[msgspec.Struct]]] = {
    **{kind.record: kind.statement for kind in KINDS.values()},
    "day_turned": DayTurned,
    "edition_activated": EditionActivated,
    "acknowledgement": Acknowledgement,
    "alias_claims": AliasClaims,
    "subject_identity_conflict": SubjectIdentityConflict,
    "standing": Standing,
    "directive": Directive,
    "attempt": Attempt,
    "obligation": Obligation,
    "exposure": Exposure,
    "refusal": Refusal,
    "duplicate": Duplicate,
    "taken": Taken,
    "dead_letter": DeadLetter,
    "deadline_missed": DeadlineMissed,
    "access": Access,
    "intervention": Intervention,
}
"""Every record but the envelope, which travels only inside others."""

FEWEST: Final = 24
"""Below so many records of a kind, one by one is quicker than in bulk."""

RECORD_OF: Final = {kind: record for record, kind in TYPES.items()}

T = TypeVar("T", bound=msgspec.Struct)

_MAGIC: Final = 0
_FRAME: Final = 5
_AVRO_FAULTS: Final = (
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    StopIteration,
    TypeError,
    UnicodeDecodeError,
    ValueError,
    SchemaResolutionError,
)
"""What fastavro raises for bytes that do not follow a schema: whatever they led it to."""

_NATIVE: Final = (datetime, date, bytes)


class Undecodable(Exception):
    """The bytes are no record that the bus knows.

    ``reason`` is stable, ``detail`` is for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def verdict(self) -> Undecodable:
        """Return the same to be kept: without the frames it went through, and all that they hold.

        A worker looks for cycles seldom, and megabytes of a bad record would wait for that.
        """
        return Undecodable(self.reason, self.detail)


_UNREAD: Final = Undecodable("UNREAD", "nobody has looked at this record yet")


def to_record(value: msgspec.Struct) -> dict[str, Any]:
    """Return the value as the plain dictionary that Avro and JSON are made of."""
    record: dict[str, Any] = msgspec.to_builtins(value, builtin_types=_NATIVE)
    return record


def from_record(kind: type[T], record: Mapping[str, Any]) -> T:
    """Return the value that a plain dictionary states; raises ``msgspec.ValidationError``."""
    tagged = kind.__struct_config__.tag
    content = {**record, "type": tagged} if tagged is not None else record
    return msgspec.convert(content, kind, builtin_types=_NATIVE)


class Codec:
    """Turns values into framed bytes and back, with the ids that the registry gave to our schemas.

    ``resolve`` returns the schema text behind an id that is none of ours, none when the
    registry has no such id; it raises whatever says that the registry is away, and nothing is
    decided then. Without ``in_bulk`` every record is read by fastavro.
    """

    def __init__(
        self,
        schemas: Schemas,
        ids: Mapping[tuple[str, int], int],
        resolve: Callable[[int], str | None],
        *,
        in_bulk: bool = True,
    ) -> None:
        self._resolve = resolve
        self._in_bulk = in_bulk
        self._bulks: dict[bytes, Bulk | None] = {}
        self._newest = schemas.newest
        self._writers = {record: _writer(schema) for record, schema in self._newest.items()}
        self._readable = {number: schemas.versions[key] for key, number in ids.items()}
        self._frames = {
            record: bytes([_MAGIC]) + ids[record, schema.version].to_bytes(4, "big")
            for record, schema in self._newest.items()
            if (record, schema.version) in ids
        }

    def encode(self, value: msgspec.Struct) -> bytes:
        """Return the value framed and encoded with the newest schema of its record."""
        record = RECORD_OF[type(value)]
        return self._frames[record] + self._writers[record](value)

    def decode(self, data: bytes | None) -> msgspec.Struct:
        """Return the value in the bytes; raises ``Undecodable`` with the reason."""
        schema = self._schema_of(data)
        assert data is not None
        content = self._read(data, schema.parsed, self._newest[schema.record].parsed, whole=True)
        try:
            return from_record(TYPES[schema.record], content)
        except msgspec.ValidationError as error:
            raise Undecodable("INVALID_VALUE", str(error)) from error

    def decode_many(self, data: Sequence[bytes | None]) -> list[msgspec.Struct | Undecodable]:
        """Return, in this order, the value in each record or why there is none.

        The registry is asked once about an unknown schema id, however many records carry it.
        """
        found: list[msgspec.Struct | Undecodable] = [_UNREAD] * len(data)
        places: dict[bytes, list[int]] = {}
        for place, each in enumerate(data):
            places.setdefault(each[:_FRAME] if each else b"", []).append(place)
        for frame, alike in places.items():
            bodies = [data[place] for place in alike]
            for place, value in zip(alike, self._alike(frame, bodies), strict=True):
                found[place] = value
        return found

    def _alike(
        self, frame: bytes, data: Sequence[bytes | None]
    ) -> Sequence[msgspec.Struct | Undecodable]:
        """Return what is in the records with this frame."""
        try:
            schema = self._schema_of(frame)
        except Undecodable as finding:
            return [finding.verdict()] * len(data)
        if not self._in_bulk or len(data) < FEWEST:
            return [self._judged(each) for each in data]
        if frame not in self._bulks:
            self._bulks[frame] = _bulk(schema, self._newest[schema.record])
        return self._halved(self._bulks[frame], [each for each in data if each is not None])

    def _halved(
        self, bulk: Bulk | None, data: Sequence[bytes]
    ) -> Sequence[msgspec.Struct | Undecodable]:
        """Return what is in the records, those around a bad one in halves, down to a few."""
        if bulk is None or len(data) < FEWEST:
            return [self._judged(each) for each in data]
        values = bulk.read([each[_FRAME:] for each in data])
        if values is not None:
            return values
        middle = len(data) // 2
        return [*self._halved(bulk, data[:middle]), *self._halved(bulk, data[middle:])]

    def _judged(self, data: bytes | None) -> msgspec.Struct | Undecodable:
        try:
            return self.decode(data)
        except Undecodable as finding:
            return finding.verdict()

    def envelope(self, data: bytes | None) -> tuple[str, Envelope]:
        """Return the record's name and the envelope of an event, without reading its body."""
        schema = self._schema_of(data)
        assert data is not None
        if schema.prefix is None:
            raise Undecodable("NOT_AN_EVENT", f"{schema.record} has no envelope")
        content = self._read(data, schema.prefix, None, whole=False)
        return schema.record, from_record(Envelope, content["envelope"])

    def _schema_of(self, data: bytes | None) -> Schema:
        if not data:
            raise Undecodable("EMPTY_VALUE", "the record has no value")
        if len(data) < _FRAME or data[0] != _MAGIC:
            raise Undecodable(
                "UNFRAMED", "the value does not begin with a zero byte and a schema id"
            )
        number = int.from_bytes(data[1:_FRAME], "big")
        if number == 0:
            # No registry gives it, and ids of eight bytes begin with it.
            raise Undecodable("LONG_SCHEMA_ID", "the frame holds a schema id of 8 bytes, not of 4")
        schema = self._readable.get(number)
        if schema is not None and schema.record in TYPES:
            return schema
        text = self._resolve(number) if schema is None else None
        if schema is None and text is None:
            raise Undecodable("UNKNOWN_SCHEMA", f"the registry has no schema with id {number}")
        newer = self._newer_version(text) if text is not None else None
        if newer is not None:
            self._readable[number] = newer
            return newer
        raise Undecodable("UNKNOWN_RECORD", f"schema {number} is none of the bus's records")

    def _newer_version(self, text: str) -> Schema | None:
        """Return a version published after this process began, which reads it as its own newest."""
        try:
            content = json.loads(text)
            name = content.get("name") if isinstance(content, dict) else None
            known = next((each for each in self._newest.values() if each.name == name), None)
            if known is None or known.record not in TYPES:
                return None
            _refuse_bare(known, text)
            return published(known.record, known.version + 1, text)
        except (*_AVRO_FAULTS, SchemaParseException, UnknownType):
            # Others may use the registry too: what they keep there must not stop a reader.
            return None

    @staticmethod
    def _read(data: bytes, writer: Any, reader: Any, *, whole: bool) -> dict[str, Any]:
        buffer = BytesIO(data)
        buffer.seek(_FRAME)
        try:
            content: Any = fastavro.schemaless_reader(buffer, writer, reader)
        except _AVRO_FAULTS as error:
            # The library names the place in memory that it read from: no two runs may differ.
            fault = f"{type(error).__name__}: {str(error).partition(' from <')[0]}"
            raise Undecodable(
                "UNREADABLE", f"the bytes do not follow the schema: {fault}"
            ) from error
        if whole and buffer.tell() != len(data):
            left = len(data) - buffer.tell()
            raise Undecodable("LEFT_OVER", f"{left} bytes are left after the record")
        assert isinstance(content, dict), "every schema of the bus is a record"
        return content


def _refuse_bare(known: Schema, text: str) -> None:
    """Refuse a schema of ours that lost its logical types: its numbers would be no days for us."""
    lost = lost_logical_types(json.loads(text), json.loads(known.text))
    if lost:
        raise Undecodable(
            "LOGICAL_TYPES_LOST",
            f"the schema is {known.record} without the logical types of {', '.join(lost)}: "
            "write with the published schema, as the registry has it",
        )


def _bulk(writer: Schema, reader: Schema) -> Bulk | None:
    # Arrow costs a fifth of a second and 50 MB: only who reads many records at once has it.
    from creditbus.wire.bulk import bulk_of  # noqa: PLC0415

    return bulk_of(TYPES[writer.record], writer, reader)


def _writer(schema: Schema) -> Write:
    """Return what writes a record: compiled, or by fastavro where that is not known how."""
    try:
        return writer_of(AvroTypes(schema.parsed))
    except SchemaUnsupported:
        return partial(_written, schema.parsed)


def _written(parsed: Any, value: msgspec.Struct) -> bytes:
    buffer = BytesIO()
    fastavro.schemaless_writer(buffer, parsed, to_record(value))
    return buffer.getvalue()


def json_of(value: msgspec.Struct) -> bytes:
    """Return the value as plain JSON with ISO dates: the form of HTTP, files and webhooks."""
    return msgspec.json.encode(value)
