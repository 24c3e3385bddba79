"""The forwarder over a real file and a broker that answers as it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import KafkaError

from creditbus.sdk import forwarder
from creditbus.sdk.forwarder import GROUP, GROUP_BYTES, UNDER_WAY, UNDER_WAY_BYTES, Forwarder
from creditbus.sdk.links import QUEUE_KB, BrokerLink
from creditbus.sdk.outbox import Outbox
from creditbus.sdk.receipts import UNTOLD, NotPublished, Outgoing, Reports
from tests.unit.sdk.paper import PaperLink, no_room


@pytest.fixture
def link() -> PaperLink:
    return PaperLink()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def sending(link: PaperLink, path: Path) -> Iterator[Forwarder]:
    made = Forwarder(cast(BrokerLink, link), Outbox(path, "tender"))
    yield made
    made.close()


def a_record(number: int) -> Outgoing:
    return Outgoing(f"{number}", b"key", b"value", ())


def until_done(sending: Forwarder) -> None:
    deadline = time.monotonic() + 30
    while sending.pump(0):
        assert time.monotonic() < deadline


def left(path: Path) -> int:
    outbox = Outbox(path, "tender")
    try:
        return outbox.waiting()
    finally:
        outbox.close()


def test_everything_is_sent_once_in_its_order_and_leaves_the_disk(
    sending: Forwarder, link: PaperLink, path: Path
) -> None:
    count = 2 * GROUP + 17
    for number in range(count):
        sending.put(a_record(number), UNTOLD)
    until_done(sending)
    sending.close()
    assert link.sent == [str(number) for number in range(count)]
    assert left(path) == 0


def test_nobody_waits_for_whoever_waits_for_the_broker(sending: Forwarder, link: PaperLink) -> None:
    link.is_held = True
    sending.put(a_record(0), UNTOLD)
    sending.keep()
    waits = threading.Thread(target=sending.pump, args=(20,))
    waits.start()
    try:
        time.sleep(0.2)
        began = time.monotonic()
        for number in range(1, 50):
            sending.put(a_record(number), UNTOLD)
            sending.keep()
        assert time.monotonic() - began < 10, "it waited for the broker"
        link.is_held = False
    finally:
        waits.join(30)
    assert time.monotonic() - began < 15, "an answer ends the waiting"
    until_done(sending)


def test_whoever_has_nothing_to_send_is_at_rest(sending: Forwarder, link: PaperLink) -> None:
    began = time.monotonic()
    sending.hear(0.3)
    assert time.monotonic() - began >= 0.3
    sending.pump(20)  # whoever waits for an end does not wait where there is none
    assert time.monotonic() - began < 15

    link.is_held = True
    sending.put(a_record(1), UNTOLD)
    sending.keep()
    ends: tuple[Callable[[], object], ...] = (
        lambda: setattr(link, "is_held", False),  # the broker answers
        sending.close,
    )
    for end in ends:
        hears = threading.Thread(target=sending.hear, args=(20,))
        hears.start()
        time.sleep(0.1)
        end()
        hears.join(15)
        assert not hears.is_alive()


def test_a_source_that_falls_silent_is_sent_all_the_same(
    sending: Forwarder, link: PaperLink
) -> None:
    sending.put(a_record(1), UNTOLD)
    deadline = time.monotonic() + 30
    while link.sent != ["1"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_the_broker_has_not_answered_is_sent_by_the_next_start(
    sending: Forwarder, link: PaperLink, path: Path
) -> None:
    link.is_held = True
    for number in range(GROUP + 5):
        sending.put(a_record(number), UNTOLD)
    sending.close()
    assert left(path) == GROUP + 5

    later = PaperLink()
    following = Forwarder(cast(BrokerLink, later), Outbox(path, "tender"))
    following.put(a_record(9999), UNTOLD)
    until_done(following)
    following.close()
    assert later.sent == [*(str(number) for number in range(GROUP + 5)), "9999"]
    assert left(path) == 0


def test_only_so_much_is_in_memory_while_the_broker_is_away(
    sending: Forwarder, link: PaperLink
) -> None:
    link.is_held = True
    count = UNDER_WAY + 3 * GROUP
    for number in range(count):
        sending.put(a_record(number), UNTOLD)
    sending.pump(0)
    assert len(link.sent) <= UNDER_WAY + GROUP
    link.is_held = False
    until_done(sending)
    assert link.sent == [str(number) for number in range(count)]


def test_each_record_tells_its_own_end(sending: Forwarder, link: PaperLink, path: Path) -> None:
    link.errors["1"] = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
    told: list[str] = []
    for number in range(3):
        sending.put(
            a_record(number),
            Reports(
                lambda _, number=number: told.append(f"{number} is there"),  # type: ignore[misc]
                lambda failure, number=number: told.append(f"{number}: {failure}"),  # type: ignore[misc]
            ),
        )
    until_done(sending)
    sending.close()
    assert told[0] == "0 is there"
    assert told[1].startswith("1: tender, record key: the record is over 256 KiB")
    assert told[2] == "2 is there"
    assert left(path) == 0
    outbox = Outbox(path, "tender")
    assert [event_id for event_id, _ in outbox.refused()] == ["1"]
    outbox.close()


def test_what_every_record_would_meet_stops_all_and_loses_none(
    sending: Forwarder, link: PaperLink, path: Path
) -> None:
    link.errors = {str(n): KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED) for n in range(3)}
    told: list[NotPublished] = []
    for number in range(3):
        sending.put(a_record(number), Reports(None, told.append))
    sending.keep()
    sending.pump(0)
    with pytest.raises(NotPublished, match="may not write the inbox"):
        sending.put(a_record(4), UNTOLD)
    sending.close()
    assert len(told) == 3
    assert "kept in" in str(told[0])
    assert left(path) == 3


def test_whoever_is_told_may_hand_over_the_next(sending: Forwarder, link: PaperLink) -> None:
    sending.put(a_record(1), Reports(lambda _: sending.put(a_record(2), UNTOLD)))
    until_done(sending)
    assert link.sent == ["1", "2"]


def test_a_group_of_large_records_is_closed_by_its_size(sending: Forwarder, path: Path) -> None:
    large = 200 * 1024
    for number in range(45):
        sending.put(Outgoing(f"{number}", b"key", bytes(large), ()), UNTOLD)
    assert path.with_name(f"{path.name}-wal").stat().st_size > 4 * 1024 * 1024
    until_done(sending)


def test_a_closed_one_takes_nothing(sending: Forwarder) -> None:
    sending.close()
    with pytest.raises(NotPublished, match="closed"):
        sending.put(a_record(1), UNTOLD)


def test_callbacks_that_wait_are_bounded(
    sending: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "REPORTS", 3)
    told: list[object] = []
    for number in range(10):
        sending.put(a_record(number), Reports(told.append))
        assert number - len(told) < 4
    until_done(sending)
    assert len(told) == 10


def test_what_a_full_disk_has_no_room_for_was_not_taken(
    sending: Forwarder, link: PaperLink, path: Path
) -> None:
    taken: list[str] = []
    with no_room():
        with pytest.raises(NotPublished, match="is there room"):  # noqa: PT012 - which one is open
            for number in range(3 * GROUP):
                sending.put(a_record(number), UNTOLD)
                taken.append(f"{number}")
        assert 0 < len(taken) <= GROUP
        for _ in range(3):
            with pytest.raises(NotPublished, match="is there room"):
                sending.put(a_record(-1), UNTOLD)
        with pytest.raises(NotPublished, match="is there room"):
            sending.keep()
        assert link.sent == []
    sending.put(a_record(9999), UNTOLD)
    until_done(sending)
    sending.close()
    assert link.sent == [*taken, "9999"]
    assert left(path) == 0


def test_a_fault_that_nobody_was_told_is_over_with_it(sending: Forwarder, link: PaperLink) -> None:
    link.is_held = True
    for is_asked in (False, True):
        with no_room():
            sending.put(a_record(1), UNTOLD)
            deadline = time.monotonic() + 30
            while is_asked and (fault := sending.untold()) is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(0.3)
        sending.keep()  # though the broker answers nothing yet
        assert sending.untold() is None
    assert "is there room" in str(fault)


def test_a_callback_that_raises_keeps_nobody_from_being_told(
    sending: Forwarder, link: PaperLink
) -> None:
    def oops(_: object) -> None:
        raise ZeroDivisionError

    told: list[object] = []
    link.is_held = True
    for reports in (Reports(oops), Reports(told.append)):
        sending.put(a_record(1), reports)
    sending.keep()
    link.is_held = False
    deadline = time.monotonic() + 30
    while not told:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    while (raised := sending.untold()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert "a callback raised ZeroDivisionError" in str(raised)
    assert sending.untold() is None
    # Nobody calls, and the thread goes on.
    sending.put(a_record(2), Reports(told.append))
    while len(told) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_full_disk_never_took_is_told_at_the_end(sending: Forwarder, path: Path) -> None:
    with no_room():
        sending.put(a_record(1), UNTOLD)
        with pytest.raises(NotPublished, match="is there room"):
            sending.close()
    assert left(path) == 0


@pytest.mark.parametrize("part", ["key", "value", "headers"])
def test_only_so_many_bytes_are_in_memory_while_the_broker_is_away(
    sending: Forwarder, link: PaperLink, part: str
) -> None:
    link.is_held = True
    large = bytes(200 * 1024)
    record = {
        "key": Outgoing("1", large, None, ()),
        "value": Outgoing("1", b"key", large, ()),
        "headers": Outgoing("1", b"key", b"value", (("ce_type", large),)),
    }[part]
    count = 2 * UNDER_WAY_BYTES // len(large)
    for _ in range(count):
        sending.put(record, UNTOLD)
    sending.keep()
    sending.pump(0)
    most = (UNDER_WAY_BYTES + GROUP_BYTES) // len(large) + 2
    assert UNDER_WAY_BYTES // len(large) <= len(link.sent) <= most
    # Else the client would have no room, and whoever sends or closes would wait for the broker.
    assert len(link.sent) * len(large) < QUEUE_KB * 1024
    link.is_held = False
    until_done(sending)
    assert len(link.sent) == count


def test_failures_that_nobody_asked_about_are_kept(
    sending: Forwarder, link: PaperLink, path: Path
) -> None:
    link.errors = {str(n): KafkaError(KafkaError.INVALID_RECORD) for n in (1, 3)}
    for number in range(5):
        sending.put(a_record(number), UNTOLD)
    until_done(sending)
    sending.close()
    assert len(sending.failures) == 2
    outbox = Outbox(path, "tender")
    assert [event_id for event_id, _ in outbox.refused()] == ["1", "3"]
    assert outbox.waiting() == 0
    outbox.close()
