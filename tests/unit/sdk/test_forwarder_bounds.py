"""What the forwarder does at its bounds: no room, an end, a refusal, a start with what was left."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import KafkaError

from creditbus.sdk import forwarder
from creditbus.sdk.forwarder import Forwarder
from creditbus.sdk.links import BrokerLink
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.receipts import UNTOLD, NotPublished, Reports
from tests.unit.sdk.paper import PaperLink
from tests.unit.sdk.test_forwarder import a_record, link, path, sending, until_done

__all__ = ["link", "path", "sending"]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_was_left_is_sent_though_nothing_new_comes(
    sending: Forwarder, link: PaperLink, path: Path
) -> None:
    link.is_held = True
    sending.put(a_record(1), UNTOLD)
    sending.close()
    later = PaperLink()
    following = Forwarder(cast(BrokerLink, later), Outbox(path, "tender"))
    wait_until(lambda: later.sent == ["1"])
    following.close()


def test_all_that_was_taken_and_not_answered_for_waits(
    sending: Forwarder, link: PaperLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.is_held = True
    # Its thread sleeps, so that the group is open when it is asked.
    monkeypatch.setattr(forwarder, "GROUP_S", 1.0)
    for number in range(3):
        sending.put(a_record(number), UNTOLD)
    assert sending.waiting() == 3
    link.is_held = False
    until_done(sending)
    assert sending.waiting() == 0


def test_after_a_refusal_nothing_more_goes_out_and_all_of_it_waits(
    sending: Forwarder, link: PaperLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "UNDER_WAY", 1)
    link.is_held = True
    link.errors["0"] = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    for number in range(3):
        sending.put(a_record(number), UNTOLD)
        sending.keep()
    assert link.sent == ["0"]
    link.is_held = False
    wait_until(lambda: link.is_refused)
    for _ in range(10):
        sending.pump(0)
    assert link.sent == ["0"]
    assert sending.waiting() == 3


def test_one_that_is_closed_sends_nothing_more(
    sending: Forwarder, link: PaperLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "UNDER_WAY", 1)
    link.is_held = True
    for number in range(3):
        sending.put(a_record(number), UNTOLD)
        sending.keep()
    sending.close()
    link.is_held = False
    for _ in range(3):
        sending.pump(0)
    assert link.sent == ["0"]


def test_only_those_who_are_told_wait_for_room(
    sending: Forwarder, link: PaperLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "REPORTS", 3)
    told: list[object] = []
    for number in range(10):
        sending.put(a_record(number), UNTOLD)
    until_done(sending)
    link.is_held = True
    for number in range(10):
        sending.put(a_record(number), UNTOLD)
    for number in range(3):
        sending.put(a_record(number), Reports(told.append))
    threading.Timer(0.3, lambda: setattr(link, "is_held", False)).start()
    sending.put(a_record(3), Reports(told.append))
    assert told, "it waited for nobody"
    until_done(sending)
    assert len(told) == 4


@pytest.mark.parametrize("is_closed", [True, False])
def test_whoever_waits_for_room_is_told_that_there_will_be_none(
    sending: Forwarder, link: PaperLink, monkeypatch: pytest.MonkeyPatch, *, is_closed: bool
) -> None:
    monkeypatch.setattr(forwarder, "REPORTS", 3)
    link.is_held = True
    refusal = KafkaError(KafkaError._AUTHENTICATION)
    told: list[NotPublished] = []

    def send_too_many() -> None:
        try:
            for number in range(4):
                sending.put(a_record(number), Reports(lambda _: None))
        except NotPublished as failure:
            told.append(failure)

    waits = threading.Thread(target=send_too_many, daemon=True)
    waits.start()
    wait_until(lambda: len(link.sent) == 3)
    if is_closed:
        sending.close()
    else:
        link.refuse(refusal)
    waits.join(30)
    assert not waits.is_alive()
    assert ("closed" if is_closed else "refuses the password") in str(told[0])


def test_each_of_a_group_is_told_of_itself_alone(sending: Forwarder) -> None:
    told: list[str] = []
    for number in range(6):
        reports = Reports(lambda _, number=number: told.append(f"{number}"))  # type: ignore[misc]
        sending.put(a_record(number), reports if number % 2 else UNTOLD)
    until_done(sending)
    assert told == ["1", "3", "5"]


def test_whoever_was_told_is_forgotten(sending: Forwarder) -> None:
    class Asks:
        def hear(self, _: object) -> None:
            pass

    asks = Asks()
    held = weakref.ref(asks)
    sending.put(a_record(1), Reports(asks.hear))
    until_done(sending)
    del asks
    wait_until(lambda: held() is None)
