"""A schema of ours without its logical types is named as what it is, not as a wrong value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from creditbus.wire.records import Codec, Undecodable
from creditbus.wire.schemas import load_schemas, lost_logical_types
from tests.examples import SCHEMA_FOLDER

SCHEMAS = load_schemas(SCHEMA_FOLDER)
NEWEST = SCHEMAS.newest["entry_listed"]


def bare(kind: Any) -> Any:
    """Return a schema without the logical types, as a program writes it that knows none."""
    if isinstance(kind, list):
        return [bare(each) for each in kind]
    if not isinstance(kind, dict):
        return kind
    rest = {key: bare(value) for key, value in kind.items() if key != "logicalType"}
    return rest["type"] if set(rest) == {"type"} else rest


def decoded(text: str) -> Undecodable:
    codec = Codec(SCHEMAS, {}, lambda _number: text)
    with pytest.raises(Undecodable) as caught:
        codec.decode(b"\x00\x00\x00\x00\x63rest")
    (alike,) = codec.decode_many([b"\x00\x00\x00\x00\x63rest"])
    assert isinstance(alike, Undecodable)
    assert (alike.reason, alike.detail) == (caught.value.reason, caught.value.detail)
    return caught.value


def reordered(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "fields": schema["fields"][::-1]}


@pytest.mark.parametrize("change", [lambda schema: schema, reordered])
def test_it_is_named_with_its_fields(change: Callable[[Any], Any]) -> None:
    lost = decoded(json.dumps(change(bare(json.loads(NEWEST.text)))))
    assert lost.reason == "LOGICAL_TYPES_LOST"
    assert "entry_listed without the logical types of" in lost.detail
    assert "envelope.decided_on" in lost.detail
    assert "ends_on" in lost.detail


def test_our_own_lost_nothing() -> None:
    for schema in SCHEMAS.versions.values():
        known = json.loads(SCHEMAS.newest[schema.record].text)
        assert lost_logical_types(json.loads(schema.text), known) == []


def test_another_name_is_another_record() -> None:
    other = {**json.loads(NEWEST.text), "name": "Other", "aliases": ["EntryListed"]}
    assert decoded(json.dumps(other)).reason == "UNKNOWN_RECORD"
