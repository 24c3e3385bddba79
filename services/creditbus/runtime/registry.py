"""The schema registry: the ids of our schemas, and publishing them with their compatibility rules.

Producers never register: only ``publish`` does, called by a person or by the local stack. An outage
of the registry is ``Unavailable`` and never a verdict on a record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import httpx2
from confluent_kafka.schema_registry import Schema as RegistrySchema
from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError

from creditbus.runtime.outages import Unavailable
from creditbus.wire.schemas import Schema, Schemas

_NOT_FOUND = 404
_CONFLICT = 409


class NotRegistered(Exception):
    """The registry does not hold one of our schemas."""


class IncompatibleSchema(Exception):
    """The registry refuses a schema that breaks its record's rule."""


class Registry:
    """One registry; each question has a connection of its own, for they are few and far between."""

    def __init__(self, url: str, connecting: Mapping[str, str] | None = None) -> None:
        """Take the address, and how its certificate is believed or whoever writes logs in."""
        self._settings = {**(connecting or {}), "url": url, "timeout": 5, "max.retries": 0}

    def ids(self, schemas: Schemas, records: Collection[str]) -> dict[tuple[str, int], int]:
        """Return the id of every version of these records; none named means all.

        Raises ``NotRegistered`` with what to do.
        """
        with self._asking() as client:
            return {
                key: _id_of(client, schema)
                for key, schema in schemas.versions.items()
                if not records or schema.record in records
            }

    def text_of(self, number: int) -> str | None:
        """Return the schema behind an id, None when the registry has no such id."""
        try:
            with self._asking() as client:
                return client.get_schema(number).schema_str
        except SchemaRegistryError:
            return None

    def publish(self, schemas: Schemas) -> dict[tuple[str, int], int]:
        """Register every version in order under its record's rule, and return the ids."""
        with self._asking() as client:
            return {
                key: _publish(client, schemas.versions[key]) for key in sorted(schemas.versions)
            }

    def register(self, schema: Schema) -> int:
        """Register one schema under its record's rule, and return the id that it was given."""
        with self._asking() as client:
            return _publish(client, schema)

    def is_compatible(self, schema: Schema) -> bool:
        """Return whether the registry would take the schema; it takes the first of any record."""
        try:
            with self._asking() as client:
                return client.test_compatibility(schema.record, _registry_schema(schema))
        except SchemaRegistryError:
            return True

    @contextmanager
    def _asking(self) -> Iterator[SchemaRegistryClient]:
        """Yield a client; what is missing or in conflict is the asker's, the rest an outage."""
        with SchemaRegistryClient(self._settings) as client:
            try:
                yield client
            except SchemaRegistryError as error:
                if error.http_status_code in {_NOT_FOUND, _CONFLICT}:
                    raise
                raise Unavailable("registry", str(error)) from error
            except httpx2.HTTPError as error:
                raise Unavailable("registry", str(error)) from error


def _id_of(client: SchemaRegistryClient, schema: Schema) -> int:
    try:
        found = client.lookup_schema(schema.record, _registry_schema(schema))
    except SchemaRegistryError as error:
        if error.http_status_code != _NOT_FOUND:
            raise
        raise NotRegistered(
            f"{schema.record} {schema.version} is not in the registry: "
            "run `creditbus schemas publish`"
        ) from error
    assert found.schema_id is not None
    return found.schema_id


def _publish(client: SchemaRegistryClient, schema: Schema) -> int:
    try:
        number = client.register_schema(schema.record, _registry_schema(schema))
        client.set_compatibility(subject_name=schema.record, level=schema.compatibility)
    except SchemaRegistryError as error:
        if error.http_status_code != _CONFLICT:
            raise
        raise IncompatibleSchema(
            f"{schema.record} {schema.version} breaks {schema.compatibility}: {error.error_message}"
        ) from error
    return number


def _registry_schema(schema: Schema) -> RegistrySchema:
    return RegistrySchema(schema.text, "AVRO")
