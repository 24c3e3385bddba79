"""A link to a broker that is not there: what it takes, and what it says of files that are none."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, Producer

from creditbus.sdk import links
from creditbus.sdk.links import QUEUE_RECORDS, BrokerLink, PublisherTls, Silence
from creditbus.sdk.receipts import NotPublished, Outgoing
from tests.unit.sdk.paper import PaperLink

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


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch) -> Callable[..., BrokerLink]:
    """Return what makes a link whose client has told of these errors."""
    told: dict[str, Any] = {}

    class Noted(Producer):
        def __init__(self, settings: dict[str, Any]) -> None:
            told.update(settings)
            super().__init__(settings)

    def made(*errors: int) -> BrokerLink:
        link = a_link()
        for error in errors:
            told["error_cb"](KafkaError(error))
        return link

    monkeypatch.setattr(links, "Producer", Noted)
    return made


@pytest.mark.parametrize(
    ("errors", "last"),
    [
        ((KafkaError._RESOLVE, KafkaError._ALL_BROKERS_DOWN), KafkaError._RESOLVE),
        ((KafkaError._RESOLVE, KafkaError._TRANSPORT), KafkaError._TRANSPORT),
        ((KafkaError._ALL_BROKERS_DOWN,), KafkaError._ALL_BROKERS_DOWN),
    ],
)
def test_the_last_error_that_says_something_is_remembered_until_a_record_is_taken(
    hear: Callable[..., BrokerLink], errors: tuple[int, ...], last: int
) -> None:
    link = hear(*errors)
    link.check()
    assert link.heard is not None
    assert link.heard.code() == last
    taken = hear(*errors)
    taken.took()
    assert taken.heard is None
    assert taken.taken == 1


def test_a_refused_login_is_the_end_and_whatever_waits_goes(
    hear: Callable[..., BrokerLink],
) -> None:
    link = hear()
    told: list[KafkaError | None] = []
    for number in range(3):
        link.takes(Outgoing(f"{number}", b"k", b"v", ()), lambda error, _: told.append(error))
    link.refuse(KafkaError(KafkaError._AUTHENTICATION))
    # It stays what it was, whatever comes of it.
    link.refuse(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    with pytest.raises(NotPublished, match="refuses the password"):
        link.check()
    deadline = time.monotonic() + 30
    while link.left():
        assert time.monotonic() < deadline
        link.poll(0.1)
    assert [error.code() for error in told if error] == [KafkaError._PURGE_QUEUE] * 3
    assert hear(KafkaError._AUTHENTICATION).is_refused


def test_what_the_client_itself_does_not_take_is_told_and_nothing_comes_after_it() -> None:
    link = a_link()
    with pytest.raises(NotPublished, match="the record is over"):
        link.takes(Outgoing("1", b"key", bytes(2_000_000), ()), lambda *_: None)
    with pytest.raises(NotPublished, match="the record is over"):
        link.check()


@pytest.mark.parametrize(
    ("heard", "is_over"),
    [(None, False), (KafkaError._TRANSPORT, False), (KafkaError._RESOLVE, True)],
)
def test_a_name_that_nobody_knows_is_waited_for_less_long(
    monkeypatch: pytest.MonkeyPatch, heard: int | None, *, is_over: bool
) -> None:
    monkeypatch.setattr(links, "_NAME_S", 0.01)
    link = PaperLink()
    silence = Silence(cast(BrokerLink, link))
    link.heard = None if heard is None else KafkaError(heard)
    time.sleep(0.05)
    assert silence.is_over_long() == is_over
    # Whoever takes records is there.
    link.took()
    monkeypatch.setattr(links, "_NAME_S", 10.0)
    assert not silence.is_over_long()
    assert silence.seconds() < 10.0


def test_nobody_waits_for_ever_for_a_broker_that_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "SILENCE_S", 0.05)
    silence = Silence(cast(BrokerLink, PaperLink()))
    time.sleep(0.1)
    assert silence.is_over_long()
    assert silence.seconds() > 0.05
