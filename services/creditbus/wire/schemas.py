"""The schema folder: one folder a record, one file a version, read once.

A schema file may name ``creditbus.Envelope`` as a type and say in ``imports`` which version of it
is meant; the schema that is published and used is the expanded one, complete in itself. A released
file is never edited: ``released.txt`` holds the SHA-256 of each that the world has seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import fastavro

RELEASED: Final = "released.txt"
ENVELOPE: Final = "envelope"
_ENVELOPE_TYPE: Final = "creditbus.Envelope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One version of a record's schema: its text as published, and parsed for reading and writing.

    ``prefix`` reads the first field alone, for events: the envelope; none for other records.
    """

    record: str
    version: int
    text: str
    parsed: Any
    prefix: Any | None

    @property
    def name(self) -> str:
        """Return the name that Avro knows the record by, without its namespace."""
        return str(json.loads(self.text)["name"])

    @property
    def compatibility(self) -> str:
        """Return the rule that the registry holds the record's next version to."""
        return "FULL_TRANSITIVE" if self.record == ENVELOPE else "BACKWARD_TRANSITIVE"


@dataclass(frozen=True, slots=True)
class Schemas:
    """Every version of every record, and the newest of each."""

    versions: dict[tuple[str, int], Schema]

    @property
    def newest(self) -> dict[str, Schema]:
        """Return the newest schema of each record, which writers use."""
        newest: dict[str, Schema] = {}
        for (record, version), schema in sorted(self.versions.items()):
            if record not in newest or version > newest[record].version:
                newest[record] = schema
        return newest


class SchemasUnsound(ValueError):
    """The folder of schemas cannot be used; the sentence says which file, and what to do."""


def load_schemas(folder: Path) -> Schemas:
    """Read the schema folder.

    Raises ``SchemasUnsound`` with the file's name when a file is no schema or imports an unknown
    version, and when there is none.
    """
    files = sorted(folder.glob("*/*.avsc"))
    if not files:
        raise SchemasUnsound(
            f"no schemas in {folder}: set CREDITBUS_SCHEMAS to the folder schemas/avro"
        )
    raw = {(file.parent.name, int(file.stem)): _read(file) for file in files}
    return Schemas({key: _schema(*key, raw) for key in raw})


def schema_hash(schema: str) -> str:
    """Return the hash of a schema's content, whatever its spacing and the order of its keys.

    >>> schema_hash('{"type": "string"}') == schema_hash('{"type":"string"}')
    True
    """
    canonical = json.dumps(json.loads(schema), sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def meaning_hash(schema: str) -> str:
    """Return the hash of what a schema means, whatever a registry made of its words and names.

    A registry may leave out a namespace that follows from the record around it, and comments.

    >>> inner = '{"type": "record", "name": "B", "namespace": "n", "doc": "x", "fields": []}'
    >>> outer = '{"type": "record", "name": "A", "namespace": "n", "fields": [%s]}'
    >>> field = '{"name": "b", "type": %s}'
    >>> bare = inner.replace('"namespace": "n", "doc": "x", ', "")
    >>> one, other = (meaning_hash(outer % (field % each)) for each in (inner, bare))
    >>> one == other
    True
    """
    parsed = fastavro.parse_schema(json.loads(schema), named_schemas={})
    return schema_hash(json.dumps(_meaning(parsed)))


def _meaning(part: Any) -> Any:
    if isinstance(part, list):
        return [_meaning(each) for each in part]
    if isinstance(part, dict):
        words = {"doc", "namespace"}
        return {
            name: _meaning(value)
            for name, value in part.items()
            if name not in words and not name.startswith("__")
        }
    return part


def lost_logical_types(written: Any, known: Any, place: str = "") -> list[str]:
    """Return the fields that are bare numbers where the bus's schema says what they are.

    >>> date = {"type": "int", "logicalType": "date"}
    >>> lost_logical_types(["null", "int"], ["null", date], "ends_on")
    ['ends_on']
    """
    bare, meant = _branches(written), _branches(known)
    lost = [place] if _logical(meant) and _is_bare(bare) else []
    theirs = {field["name"]: field["type"] for each in bare for field in _fields(each)}
    for field in (field for each in meant for field in _fields(each)):
        name = field["name"]
        if name in theirs:
            lost += lost_logical_types(theirs[name], field["type"], f"{place}.{name}".lstrip("."))
    return lost


def _branches(kind: Any) -> list[Any]:
    """Return the alternatives of a type, itself where it is no union."""
    return kind if isinstance(kind, list) else [kind]


def _fields(kind: Any) -> list[dict[str, Any]]:
    if not isinstance(kind, dict):
        return []
    if isinstance(kind.get("type"), dict):
        return _fields(kind["type"])
    found: list[dict[str, Any]] = kind.get("fields", [])
    return found


def _logical(branches: list[Any]) -> bool:
    return any(isinstance(each, dict) and "logicalType" in each for each in branches)


def _is_bare(branches: list[Any]) -> bool:
    """Return whether a number stands there without a word on what it is."""
    numbers = ("int", "long", {"type": "int"}, {"type": "long"})
    return not _logical(branches) and any(each in numbers for each in branches)


def unreleased_changes(folder: Path) -> list[str]:
    """Return a sentence for each released schema file that was edited or is gone."""
    found = []
    for line in (folder.parent / RELEASED).read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        file = folder.parent / name
        if not file.exists():
            found.append(f"{name} was released and is gone: restore it")
        elif sha256(file.read_bytes()).hexdigest() != digest:
            found.append(
                f"{name} was released and is now different: restore it, add the next version"
            )
    return found


def unreleased(folder: Path) -> list[str]:
    """Return the names of the schema files that are not in ``released.txt`` yet."""
    register = folder.parent / RELEASED
    known = register.read_text(encoding="utf-8") if register.exists() else ""
    names = {line.split()[1] for line in known.splitlines()}
    found = (str(file.relative_to(folder.parent)) for file in sorted(folder.glob("*/*.avsc")))
    return [name for name in found if name not in names]


def release(folder: Path) -> list[str]:
    """Enter the schema files that are not released yet into ``released.txt``.

    Return their names.
    """
    register, new = folder.parent / RELEASED, unreleased(folder)
    known = register.read_text(encoding="utf-8") if register.exists() else ""
    lines = [f"{sha256((folder.parent / name).read_bytes()).hexdigest()}  {name}\n" for name in new]
    register.write_text(known + "".join(lines), encoding="utf-8")
    return new


def _read(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SchemasUnsound(f"{file} is no JSON: {error}") from error
    return content


def published(record: str, version: int, text: str) -> Schema:
    """Return a schema as the registry holds it: complete in itself."""
    return _parsed(record, version, json.loads(text))


def _schema(record: str, version: int, raw: dict[tuple[str, int], dict[str, Any]]) -> Schema:
    return _parsed(record, version, _expanded(raw[record, version], raw))


def _parsed(record: str, version: int, expanded: dict[str, Any]) -> Schema:
    fields = expanded["fields"]
    is_event = bool(fields) and fields[0]["name"] == ENVELOPE
    return Schema(
        record=record,
        version=version,
        text=json.dumps(expanded, ensure_ascii=False, separators=(",", ":")),
        parsed=fastavro.parse_schema(expanded, named_schemas={}),
        prefix=fastavro.parse_schema({**expanded, "fields": fields[:1]}, named_schemas={})
        if is_event
        else None,
    )


def _expanded(schema: dict[str, Any], raw: dict[tuple[str, int], dict[str, Any]]) -> dict[str, Any]:
    imports = schema.get("imports", {})
    rest = {name: value for name, value in schema.items() if name != "imports"}
    if not imports:
        return rest
    envelope = raw.get((ENVELOPE, imports[_ENVELOPE_TYPE]))
    if envelope is None:
        raise SchemasUnsound(f"{schema['name']} imports an envelope version that has no file")
    first, *others = rest["fields"]
    return {**rest, "fields": [{**first, "type": envelope}, *others]}
