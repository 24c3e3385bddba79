"""The small parts of the engine: watchdog, alarm, claim, layout, and what a store may be."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from creditbus.engine.alarm import Alarm, PatientEar
from creditbus.engine.changelog import Stretch, open_store
from creditbus.engine.claim import claimed
from creditbus.engine.connection import Connection
from creditbus.engine.failures import Halt
from creditbus.engine.layout import Layout, check_counts
from creditbus.engine.membership import check_halves
from creditbus.engine.overlay import Overlay
from creditbus.engine.restore import check_agreement
from creditbus.engine.slices import FetchFault
from creditbus.engine.storage import Storage
from creditbus.engine.store import Store, StoreMark, pack_offset, position_key
from creditbus.engine.watchdog import EXIT_CODE, Watchdog
from tests.unit.engine.doubles import COUNTS, Journal

DAY = 86_400
STRETCH = Stretch(
    topic="log",
    partition=0,
    start=0,
    end=50,
    layout=Layout(topic_id="t1", tombstone_seconds=DAY),
    at=10 * DAY,
)
MARK = StoreMark(topic_id="t1", offset=40, at=10 * DAY - 60)


def test_the_watchdog_ends_the_process_when_a_step_hangs() -> None:
    left: list[int] = []
    gone = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        gone.set()

    journal = Journal()
    watchdog = Watchdog(journal, limit=0.05, leave=leave)
    with watchdog.watching("checkpoint"):
        assert gone.wait(5)
    assert left == [EXIT_CODE]
    assert len(journal.said) == 1


def test_the_watchdog_lets_short_steps_pass() -> None:
    left: list[int] = []
    watchdog = Watchdog(Journal(), limit=0.2, leave=left.append)
    for _ in range(8):
        with watchdog.watching("checkpoint"):
            threading.Event().wait(0.05)
    watchdog.dismiss()
    assert left == []


def test_a_wrong_password_raises_the_alarm() -> None:
    alarm = Alarm()
    alarm.hear(KafkaError(KafkaError._AUTHENTICATION))
    with pytest.raises(Halt, match="check the worker's credentials"):
        alarm.check()


def test_what_is_wrong_with_one_source_that_may_wait_is_no_alarm() -> None:
    alarm = Alarm()
    PatientEar(alarm).hear(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    PatientEar(alarm).hear(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    alarm.check()
    PatientEar(alarm).hear(KafkaError(KafkaError._AUTHENTICATION))
    with pytest.raises(Halt, match="check the worker's credentials"):
        alarm.check()


def test_an_absent_broker_is_only_waited_for() -> None:
    alarm = Alarm()
    alarm.hear(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    alarm.check()
    assert alarm.waiting is not None
    alarm.answered()
    assert alarm.waiting is None


def test_the_first_error_of_a_callback_reaches_the_loop() -> None:
    alarm = Alarm()
    for number in (1, 2):
        with alarm:
            raise ValueError(number)
    with pytest.raises(ValueError, match="1"):
        alarm.check()


def test_a_claimed_folder_is_refused_to_others(tmp_path: Path) -> None:
    with (
        claimed(tmp_path / "listing-0"),
        pytest.raises(Halt, match="another process runs the worker listing-0"),
        claimed(tmp_path / "listing-0"),
    ):
        pass
    with claimed(tmp_path / "listing-0"):
        pass


@pytest.mark.parametrize("partition", [None, 0, -1])
def test_what_befell_the_client_is_taken_for_no_partition(partition: int | None) -> None:
    """Seen of a member whose poll came too late: partition 0, which the worker still held."""
    fault = FetchFault(KafkaError(KafkaError._MAX_POLL_EXCEEDED), None, partition)
    assert fault.source == ("", -1)


def test_unequal_counts_are_named() -> None:
    check_counts({"a": 8, "b": 8})
    with pytest.raises(Halt, match="a has 8, b has 4"):
        check_counts({"a": 8, "b": 4})


def test_a_missing_half_is_named() -> None:
    check_halves(3, ["a", "b"], ("a", "b"))
    with pytest.raises(Halt, match="partition 3 of b went to another worker"):
        check_halves(3, ["a"], ("a", "b"))


@pytest.mark.parametrize(
    ("mark", "objection"),
    [
        (None, None),
        (MARK, None),
        (replace(MARK, offset=50), None),
        (replace(MARK, topic_id="t0"), "made anew"),
        (replace(MARK, offset=51), "ahead of its changelog"),
        (replace(MARK, at=10 * DAY - DAY // 2 - 1), "forgotten deletions"),
    ],
)
def test_a_store_is_kept_only_when_its_changelog_can_bring_it_up(
    mark: StoreMark | None, objection: str | None
) -> None:
    found = STRETCH.objection_to(mark)
    assert found == objection or (objection or "nothing") in (found or "")


def test_a_store_behind_a_shortened_changelog_is_refused() -> None:
    assert replace(STRETCH, start=41).objection_to(MARK) is not None


def test_a_foreign_store_is_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "p0"
    store = Store(folder)
    store.write([(b"counts\0a", b"1")], replace(MARK, topic_id="t0"))
    store.close()
    journal = Journal()
    fresh = open_store(Storage(tmp_path), STRETCH, journal)
    assert fresh.mark is None
    assert fresh.fetch([b"counts\0a"]) == [None]
    fresh.close()
    assert (tmp_path / "p0.aside-1").is_dir()
    assert journal.said


def test_state_that_cannot_be_built_again_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "p0")
    store.write([(b"counts\0a", b"1")], replace(MARK, topic_id="t0"))
    store.close()
    with pytest.raises(Halt, match="the changelog begins at 7"):
        open_store(Storage(tmp_path), replace(STRETCH, start=7), Journal())
    assert not (tmp_path / "p0.aside-1").exists()


def test_group_and_state_must_stand_at_one_place(tmp_path: Path) -> None:
    store = Store(tmp_path / "p0")
    check_agreement(("in", 0), None, store)
    with pytest.raises(Halt, match="the group stands at in/0/9, the state at no offset"):
        check_agreement(("in", 0), 9, store)
    store.write([(position_key("in"), pack_offset(8))], MARK)
    check_agreement(("in", 0), 8, store)
    with pytest.raises(Halt, match="the group stands at in/0/9, the state at 8"):
        check_agreement(("in", 0), 9, store)
    with pytest.raises(Halt, match="the state stands at in/0/8, its group at no offset"):
        check_agreement(("in", 0), None, store)
    store.close()


def test_a_store_open_elsewhere_is_not_taken_for_broken(tmp_path: Path) -> None:
    store = Store(tmp_path / "p0")
    with pytest.raises(Halt, match="open in another process"):
        Store(tmp_path / "p0")
    store.close()


def test_a_change_of_a_foreign_table_is_refused() -> None:
    with pytest.raises(Halt, match="which its job does not hold"):
        Overlay(None, ()).take({COUNTS: {"a": 1}})


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(Connection("somewhere", {"sasl.password": "secret"}))


def test_a_full_disk_stops_the_worker_before_it_writes(tmp_path: Path) -> None:
    Storage(tmp_path, reserve_mb=0).check_room()
    with pytest.raises(Halt, match=r"has \d+ MB left.*make room and start the worker again"):
        Storage(tmp_path, reserve_mb=1 << 40).check_room()
