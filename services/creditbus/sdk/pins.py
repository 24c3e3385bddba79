"""Pins: which version and content of each schema this SDK writes, never a registry's latest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Protocol

import httpx2
import msgspec
from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError

from creditbus.domain.acts.kinds import STATEMENTS
from creditbus.domain.effects.directives import Acknowledgement
from creditbus.sdk.receipts import NotPublished
from creditbus.wire.records import RECORD_OF, Codec
from creditbus.wire.schemas import Schemas, meaning_hash, published

STATED: Final = (*map(RECORD_OF.__getitem__, STATEMENTS), RECORD_OF[Acknowledgement])
"""All that a party may state."""

_REGISTRY_BOUND_S: Final = 5.0
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_OF_THE_SERVER: Final = 500
"""From here on a status says that the registry, or the proxy before it, cannot answer now."""


class Pin(msgspec.Struct, frozen=True):
    """Which version of a schema this SDK writes, and the hash of its content."""

    version: int
    sha256: str


class Framed(msgspec.Struct, frozen=True):
    """A pinned schema's text, and the id that a registry gave to it."""

    text: str
    number: int


class SchemaShelf(Protocol):
    """Where schemas are kept for a start without the registry."""

    def framed(self, registry: str) -> Mapping[str, Framed]:
        """Return what was kept of a registry, by record."""
        ...

    def keep_framed(self, registry: str, framed: Mapping[str, Framed]) -> None:
        """Keep what a registry answered."""
        ...


def pinned_codec(url: str, tls: Mapping[str, str], shelf: SchemaShelf | None = None) -> Codec:
    """Return the codec of a registry; many publishers of one process ask it once.

    What is on the shelf will do where the registry is away, because a schema's id never changes;
    one that answers 429 or 5xx, or a proxy that does so for it, is away as well.
    Raises ``NotPublished`` when the registry is away and nothing is kept, or when it is none.
    """
    try:
        found = _asked(url, tuple(tls.items()))
    except (httpx2.HTTPError, OSError) as away:
        kept = shelf.framed(url) if shelf is not None else {}
        if not _is_whole(kept):
            raise NotPublished(
                f"the registry at {url} does not answer ({away}): check the address, and whether it"
                " is up; nothing was sent"
            ) from away
        found = kept
    else:
        if shelf is not None:
            shelf.keep_framed(url, found)
    return _codec(tuple(found.items()))


@lru_cache(maxsize=8)
def _asked(url: str, tls: tuple[tuple[str, str], ...]) -> Mapping[str, Framed]:
    settings = {**dict(tls), "url": url, "timeout": _REGISTRY_BOUND_S, "max.retries": 1}
    try:
        with SchemaRegistryClient(settings) as client:
            return {record: _pinned(client, record, pin) for record, pin in _pins().items()}
    except SchemaRegistryError as refused:
        if refused.http_status_code == _TOO_MANY or refused.http_status_code >= _OF_THE_SERVER:
            raise ConnectionError(f"status {refused.http_status_code}") from refused
        if refused.http_status_code == _NOT_FOUND:
            said = f" ({refused.error_message})" if refused.error_message else ""
            raise NotPublished(
                f"the registry at {url} does not hold the bus's schemas{said}: is the address"
                " complete, such as http://host:port/apis/ccompat/v7? If it is, ask the bus's"
                " operator to publish them"
            ) from refused
        raise NotPublished(
            f"the registry at {url} refuses to answer: {refused}; ask the bus's operator"
        ) from refused
    except (httpx2.InvalidURL, ValueError) as none:
        raise NotPublished(
            f"the registry at {url} does not answer ({none}): check the address, and whether it is"
            " up; nothing was sent"
        ) from none


def _pinned(client: SchemaRegistryClient, record: str, pin: Pin) -> Framed:
    """Return the pinned schema and its id in this registry; raises ``NotPublished``."""
    found = client.get_version(record, pin.version)
    text = found.schema.schema_str or "{}"
    if found.schema_id is None or meaning_hash(text) != pin.sha256:
        raise NotPublished(
            f"{record} {pin.version} in the registry is not the bus's schema: is it the bus's "
            "registry? Nothing was sent."
        )
    return Framed(text, found.schema_id)


def _is_whole(kept: Mapping[str, Framed]) -> bool:
    """Whether all that is pinned was kept; not so if this SDK is newer than the shelf."""
    return all(
        record in kept and meaning_hash(kept[record].text) == pin.sha256
        for record, pin in _pins().items()
    )


@lru_cache(maxsize=8)
def _codec(framed: tuple[tuple[str, Framed], ...]) -> Codec:
    pins = _pins()
    keys = {record: (record, pins[record].version) for record, _ in framed}
    schemas = {keys[record]: published(*keys[record], each.text) for record, each in framed}
    ids = {keys[record]: each.number for record, each in framed}
    # A publisher only writes, so no id of another's ever has to be resolved.
    return Codec(Schemas(schemas), ids, lambda _: None)


@cache
def _pins() -> dict[str, Pin]:
    text = files("creditbus.sdk").joinpath("pins.json").read_bytes()
    pins = msgspec.json.decode(text, type=dict[str, Pin])
    assert set(pins) == set(STATED), "every statement is pinned, and nothing else"
    return pins
