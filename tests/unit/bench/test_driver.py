"""The driver of the chain bench sends what sources would send, and nothing about persons."""

from __future__ import annotations

from datetime import date

from creditbus.bench.driver import prepare
from creditbus.demo.city import City
from creditbus.domain.law.catalogue import Catalogue
from creditbus.wire.records import Codec, Undecodable
from creditbus.wire.topics import inbox


def test_statements_become_records_of_their_sources(catalogue: Catalogue, codec: Codec) -> None:
    city = City(catalogue, seed=3, run="driver", today=date(2026, 6, 1))
    statements = city.statements(400)
    prepared = prepare(statements, codec)
    sent = [each for each in statements if each.person is None]
    assert len(prepared) == len(sent) < len(statements)
    values = codec.decode_many([each.value for each in prepared])
    for statement, record, value in zip(sent, prepared, values, strict=True):
        assert record.topic == inbox(statement.source)
        if statement.event is None:
            assert isinstance(value, Undecodable)
            assert record.event_id == ""
        else:
            assert value == statement.event
            assert record.event_id == statement.event.envelope.event_id
            assert dict(record.headers)["ce_id"] == record.event_id.encode()
