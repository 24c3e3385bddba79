"""Avro's types as fastavro parses them, for those who compile something from a schema."""

from __future__ import annotations

from typing import Any


class SchemaUnsupported(Exception):
    """What was to be compiled is left to fastavro for this schema."""


class AvroTypes:
    """The types of one parsed schema; a name stands for the type it was given to."""

    def __init__(self, parsed: Any) -> None:
        self.whole = parsed
        self._named: dict[str, Any] = {}
        self._collect(parsed)

    def resolved(self, schema: Any) -> Any:
        """Return the type itself where only its name stands."""
        return self._named.get(schema, schema) if isinstance(schema, str) else schema

    def optional(self, schema: Any) -> Any | None:
        """Return what a union of null and one type may hold, None for any other type."""
        if isinstance(schema, list) and len(schema) == 2 and schema[0] == "null":
            return self.resolved(schema[1])
        return None

    def _collect(self, schema: Any) -> None:
        if isinstance(schema, list):
            for each in schema:
                self._collect(each)
        elif isinstance(schema, dict):
            if "name" in schema:
                self._named[schema["name"]] = schema
            for each in (field["type"] for field in schema.get("fields", ())):
                self._collect(each)
            self._collect(schema.get("items"))


def kind_of_avro(schema: Any) -> str:
    """Return the name of a type: its logical one if it has one."""
    if isinstance(schema, dict):
        return str(schema.get("logicalType", schema["type"]))
    return str(schema)
