"""Domain values and Avro records: which type travels as which record, and the bytes of both.

Confluent wire format: a zero byte, four bytes of schema id, the Avro body. Reading is careful:
fastavro accepts a record that ends early in some fields or leaves bytes behind, so the bytes must
be used up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final, TypeVar

import fastavro
import msgspec
from fastavro.read import SchemaResolutionError
from fastavro.schema import SchemaParseException, UnknownType

from creditbus.domain.aliases import AliasClaims, SubjectAliasMapped, SubjectIdentityConflict
from creditbus.domain.checks import Access
from creditbus.domain.directives import Acknowledgement, Attempt, Directive
from creditbus.domain.editions import EditionActivated
from creditbus.domain.events import DayTurned, EntryListed, EntryRemoved, Envelope
from creditbus.domain.exposures import Exposure
from creditbus.domain.refusals import DeadLetter, Duplicate, Refusal
from creditbus.domain.standings import Standing
from creditbus.wire.schemas import Schema, Schemas, published

TYPES: Final[dict[str, type[msgspec.Struct]]] = {
    "entry_listed": EntryListed,
    "entry_removed": EntryRemoved,
    "subject_alias_mapped": SubjectAliasMapped,
    "day_turned": DayTurned,
    "edition_activated": EditionActivated,
    "acknowledgement": Acknowledgement,
    "alias_claims": AliasClaims,
    "subject_identity_conflict": SubjectIdentityConflict,
    "standing": Standing,
    "directive": Directive,
    "attempt": Attempt,
    "exposure": Exposure,
    "refusal": Refusal,
    "duplicate": Duplicate,
    "dead_letter": DeadLetter,
    "access": Access,
}
"""Every record but the envelope, which travels only inside others."""

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
    decided then.
    """

    def __init__(
        self,
        schemas: Schemas,
        ids: Mapping[tuple[str, int], int],
        resolve: Callable[[int], str | None],
    ) -> None:
        self._resolve = resolve
        self._newest = schemas.newest
        self._readable = {number: schemas.versions[key] for key, number in ids.items()}
        self._frames = {
            record: bytes([_MAGIC]) + ids[record, schema.version].to_bytes(4, "big")
            for record, schema in self._newest.items()
            if (record, schema.version) in ids
        }

    def encode(self, value: msgspec.Struct) -> bytes:
        """Return the value framed and encoded with the newest schema of its record."""
        record = RECORD_OF[type(value)]
        buffer = BytesIO()
        buffer.write(self._frames[record])
        fastavro.schemaless_writer(buffer, self._newest[record].parsed, to_record(value))
        return buffer.getvalue()

    def decode(self, data: bytes | None) -> msgspec.Struct:
        """Return the value in the bytes; raises ``Undecodable`` with the reason."""
        schema = self._schema_of(data)
        assert data is not None
        content = self._read(data, schema.parsed, self._newest[schema.record].parsed, whole=True)
        try:
            return from_record(TYPES[schema.record], content)
        except msgspec.ValidationError as error:
            raise Undecodable("INVALID_VALUE", str(error)) from error

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
            raise Undecodable(
                "UNREADABLE", f"the bytes do not follow the schema: {type(error).__name__}: {error}"
            ) from error
        if whole and buffer.tell() != len(data):
            left = len(data) - buffer.tell()
            raise Undecodable("LEFT_OVER", f"{left} bytes are left after the record")
        assert isinstance(content, dict), "every schema of the bus is a record"
        return content


def json_of(value: msgspec.Struct) -> bytes:
    """Return the value as plain JSON with ISO dates: the form of HTTP, files and webhooks."""
    return msgspec.json.encode(value)
