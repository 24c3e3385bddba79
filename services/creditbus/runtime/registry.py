"""The schema registry: the ids of our schemas, and publishing them with their compatibility rules.

Producers never register: only ``publish`` does, called by a person or by the local stack. An outage
of the registry is ``Unavailable`` and never a verdict on a record.
"""

from __future__ import annotations

import httpx
from confluent_kafka.schema_registry import Schema as RegistrySchema
from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError

from creditbus.runtime.outages import Unavailable
from creditbus.wire.schemas import Schema, Schemas

_NOT_FOUND = 404
_CONFLICT = 409
_SERVER_FAULT = 500


class NotPublished(Exception):
    """The registry does not hold one of our schemas."""


class IncompatibleSchema(Exception):
    """The registry refuses a schema that breaks its record's rule."""


class Registry:
    """A client of one registry."""

    def __init__(self, url: str) -> None:
        self._client = SchemaRegistryClient(
            {"url": url, "timeout": 5, "max.retries": 0, "cache.capacity": 1000}
        )

    def close(self) -> None:
        """Close the connections; the client is of no use afterwards."""
        self._client.close()

    def ids(self, schemas: Schemas) -> dict[tuple[str, int], int]:
        """Return the id of every version of every record.

        Raises ``NotPublished`` with what to do.
        """
        return {key: self._id_of(schema) for key, schema in schemas.versions.items()}

    def text_of(self, number: int) -> str | None:
        """Return the schema behind an id, none when the registry has no such id."""
        try:
            return self._client.get_schema(number).schema_str
        except SchemaRegistryError as error:
            if error.http_status_code == _NOT_FOUND:
                return None
            raise self._outage(error) from error
        except httpx.HTTPError as error:
            raise self._outage(error) from error

    def publish(self, schemas: Schemas) -> dict[tuple[str, int], int]:
        """Register every version in order under its record's rule, and return the ids."""
        return {key: self._publish(schemas.versions[key]) for key in sorted(schemas.versions)}

    def is_compatible(self, schema: Schema) -> bool:
        """Tell whether the registry would take the schema."""
        try:
            return self._client.test_compatibility(schema.record, _registry_schema(schema))
        except SchemaRegistryError as error:
            if error.http_status_code == _NOT_FOUND:
                return True
            raise self._outage(error) from error
        except httpx.HTTPError as error:
            raise self._outage(error) from error

    def _id_of(self, schema: Schema) -> int:
        try:
            found = self._client.lookup_schema(schema.record, _registry_schema(schema))
        except SchemaRegistryError as error:
            if error.http_status_code == _NOT_FOUND:
                raise NotPublished(
                    f"{schema.record} {schema.version} is not in the registry: "
                    "run `creditbus schemas publish`"
                ) from error
            raise self._outage(error) from error
        except httpx.HTTPError as error:
            raise self._outage(error) from error
        assert found.schema_id is not None
        return found.schema_id

    def _publish(self, schema: Schema) -> int:
        try:
            number = self._client.register_schema(schema.record, _registry_schema(schema))
            self._client.set_compatibility(subject_name=schema.record, level=schema.compatibility)
        except SchemaRegistryError as error:
            if error.http_status_code == _CONFLICT:
                raise IncompatibleSchema(
                    f"{schema.record} {schema.version} breaks {schema.compatibility}: "
                    f"{error.error_message}"
                ) from error
            raise self._outage(error) from error
        except httpx.HTTPError as error:
            raise self._outage(error) from error
        return number

    @staticmethod
    def _outage(error: Exception) -> Unavailable:
        return Unavailable("registry", str(error))


def _registry_schema(schema: Schema) -> RegistrySchema:
    return RegistrySchema(schema.text, "AVRO")
