"""A link to a broker that is not there: what it takes, and what it says of files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from creditbus.sdk import links
from creditbus.sdk.links import QUEUE_RECORDS, BrokerLink, PublisherTls
from creditbus.sdk.receipts import NotPublished, Outgoing

NOBODY = "127.0.0.1:1"


def a_link() -> BrokerLink:
    return BrokerLink("tender", NOBODY, "password", None, 0)


@pytest.mark.parametrize("headers", [(), (("ce_id", b"1"), ("ce_type", b"entry.listed.v1"))])
@pytest.mark.parametrize("value", [b"value", b"", None])
def test_records_wait_for_a_broker_until_there_is_no_room(
    headers: tuple[tuple[str, bytes], ...], value: bytes | None
) -> None:
    link = a_link()
    record = Outgoing("1", b"key", value, headers)
    taken = 0
    while link.takes(record, lambda *_: None):
        taken += 1
    assert taken == QUEUE_RECORDS
    link.check()


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match=r"ssl\.ca\.location"):
        PublisherTls(ca=tmp_path / "none.pem").files()


def test_a_record_is_acknowledged_by_all_in_its_order_and_where_others_look_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: dict[str, object] = {}

    class Noted(Producer):
        def __init__(self, settings: dict[str, Any]) -> None:
            told.update(settings)
            super().__init__(settings)

    monkeypatch.setattr(links, "Producer", Noted)
    a_link()
    wanted = {
        "acks": "all",
        "enable.idempotence": True,
        "message.timeout.ms": 0,
        "partitioner": "murmur2_random",
        "security.protocol": "SASL_PLAINTEXT",
    }
    assert {name: told[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kafka": "http://127.0.0.1:19092"}, "is no broker's address: give host:port"),
        ({"kafka": ""}, "is no broker's address"),
        ({"kafka": "127.0.0.1"}, "is no broker's address: give host:port"),
        ({"kafka": "127.0.0.1:19092,bus.example"}, "is no broker's address"),
        ({"kafka": None}, "is no broker's address"),
        ({"password": ""}, "tender has no password"),
        ({"password": None}, "tender has no password"),
    ],
)
def test_what_no_login_can_be_is_told_at_once(changes: dict[str, Any], says: str) -> None:
    given = {"kafka": NOBODY, "password": "password"} | changes
    with pytest.raises(NotPublished, match=says):
        BrokerLink("tender", given["kafka"], given["password"], None, 0)


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    garbage = tmp_path / "ca.pem"
    garbage.write_text("no certificate")
    with pytest.raises(NotPublished, match="tender cannot even try to log in"):
        BrokerLink("tender", NOBODY, "password", PublisherTls(ca=garbage), 0)
