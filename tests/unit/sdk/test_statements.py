"""A statement that nobody would take fails where it is made, with its field and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest

from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.effects.directives import Statement
from creditbus.sdk.receipts import Outgoing, Unsendable
from creditbus.sdk.statements import bound, outgoing
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas
from tests.examples import SCHEMA_FOLDER, a_bid_bar, a_removal

SCHEMAS = load_schemas(SCHEMA_FOLDER)
CODEC = Codec(
    SCHEMAS, {key: number for number, key in enumerate(SCHEMAS.versions, 1)}, lambda _: None
)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"record_id": 17}, "/envelope/record_id", "Expected `str`, got `int`"),
        ({"record_revision": "1"}, "/envelope/record_revision", "Expected `int`, got `str`"),
        ({"record_revision": None}, "/envelope/record_revision", "Expected `int`"),
        ({"record_revision": 2**63}, "/envelope/record_revision", "no value"),
        ({"decided_on": "2026-13-01"}, "/envelope/decided_on", "it is no date: give datetime.date"),
        ({"ends_on": datetime(2028, 5, 1)}, "/ends_on", "it is no date"),  # noqa: DTZ001
        ({"occurred_at": datetime(2026, 5, 1)}, "/envelope/occurred_at", "no time zone"),  # noqa: DTZ001
        ({"subject_kind": "FIRM"}, "/envelope/subject_kind", "Invalid enum value 'FIRM'"),
        ({"bases": "TBL-ART53"}, "/envelope/bases", "Expected `array`, got `str`"),
        ({"bases": ("TBL-ART53", 3)}, "/envelope/bases/1", "Expected `str`, got `int`"),
        ({"ends_on": datetime(2028, 5, 1, tzinfo=UTC)}, "/ends_on", "got an instant"),
        ({"subject_name": "名\ud800"}, "/subject_name", "UTF-8"),
        ({"rights_stated": "yes"}, "/rights_stated", "Expected `bool`"),
        ({"list_id": object()}, "/list_id", "no value"),
        ({"subject_name": "名" * 100_000}, "/subject_name", "over 256 KiB"),
        ({"document_number": "x" * 300_000}, "/envelope/document_number", "over 256 KiB"),
    ],
)
def test_each_mistake_is_told_with_its_field(
    changes: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Unsendable, match=says) as told:
        outgoing(CODEC, a_bid_bar(**changes))
    assert told.value.field == field


def test_what_is_no_statement_is_told() -> None:
    with pytest.raises(Unsendable, match="dict is no statement"):
        outgoing(CODEC, cast(Statement, {"list_id": "x"}))


def test_words_do_for_their_enumeration_and_lists_for_their_tuple() -> None:
    removal = a_removal(cause="REPAIRED")
    assert outgoing(CODEC, removal) == outgoing(CODEC, a_removal(cause=RemovalCause.REPAIRED))
    assert outgoing(CODEC, a_bid_bar(bases=["TBL-ART53"])) == outgoing(CODEC, a_bid_bar())


def test_the_record_of_a_statement_is_the_codecs_under_its_own_id() -> None:
    event = a_bid_bar()
    made = outgoing(CODEC, event)
    assert made.key == event.envelope.record_id.encode()
    assert CODEC.decode(made.value) == event
    assert dict(made.headers)["ce_type"] == b"entry.listed.v1"


def test_a_record_of_ones_own_is_measured_too() -> None:
    made = Outgoing("", b"key", bytes(256 * 1024 - 200), ())
    bound(made)
    with pytest.raises(Unsendable, match="over 256 KiB"):
        bound(msgspec.structs.replace(made, value=bytes(256 * 1024)))
