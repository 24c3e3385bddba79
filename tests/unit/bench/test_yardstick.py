"""The yardstick's job equals the plain fold, and its records are what they are said to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from confluent_kafka import Message

from creditbus.bench import supply, yardstick
from creditbus.engine.values import DictState, Slice

COUNT = 4000


class Record:
    """A record as the client library would give it."""

    def __init__(self, key: bytes, value: bytes) -> None:
        self._key, self._value = key, value

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes:
        return self._value

    def topic(self) -> str:
        return "yardstick"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 7


def records(events: Sequence[supply.Event]) -> list[Message]:
    """Return the events as records."""
    made = [Record(event[1], supply.framed(event, number)) for number, event in enumerate(events)]
    return cast("list[Message]", made)


def folded(events: Sequence[supply.Event]) -> supply.Truth:
    """Return the truth about the events."""
    truth = supply.Truth()
    for event in events:
        truth.fold(event)
    return truth


@pytest.mark.parametrize("size", [1, 7, 500, COUNT])
def test_job_equals_the_plain_fold_however_it_is_sliced(size: int) -> None:
    events = list(supply.events(COUNT))
    truth, state = folded(events), DictState()
    told: dict[bytes | None, list[bytes | None]] = {}
    job = yardstick.job("a", "a-0", "in", "out")

    for start in range(0, COUNT, size):
        columns, unreadable = job.read(records(events[start : start + size]))
        assert unreadable == []
        outcome = job.decide(Slice(topic="in", partition=0, columns=columns), state)
        state.apply(outcome.changes)
        for produced in map(job.write, outcome.outputs):
            told.setdefault(produced.key, []).append(produced.value)

    assert told == truth.told
    assert state.rows["seen"] == truth.seen
    assert state.rows["subjects"] == truth.held


def test_supply_has_the_shares_that_the_yardstick_asks_for() -> None:
    truth = folded(list(supply.events(40_000)))

    assert 1 - len(truth.seen) / 40_000 == pytest.approx(0.05, abs=0.005)
    assert sum(map(len, truth.told.values())) / 40_000 == pytest.approx(0.60, abs=0.01)
    assert len(truth.held) == pytest.approx(8000, rel=0.01)


def test_supply_is_the_same_every_time() -> None:
    assert list(supply.events(500)) == list(supply.events(500))


def test_event_is_fourteen_fields_in_237_bytes() -> None:
    for number, event in enumerate(supply.events(300)):
        value = supply.framed(event, number)
        decoded = yardstick.event_of(value)

        assert len(value) == 237
        assert len(decoded) == 14
        assert len(event[1]) == 18
        assert decoded["event_id"].encode() == event[0]
        assert decoded["subject_id"].encode() == event[1]
        assert (decoded["kind"], decoded["list_code"].encode()) == (event[2], event[3])
        assert decoded["occurred_at"] == event[4]


def test_change_is_six_fields() -> None:
    change = yardstick.change_of(yardstick.packed((b"s", b"LIST-01", False, 3, b"e", 9)))

    assert change == {
        "subject_id": "s",
        "list_code": "LIST-01",
        "action": "REMOVED",
        "revision": 3,
        "cause": "e",
        "at": 9,
    }


@pytest.mark.parametrize("bad", [b"", b"\x01\x00\x00\x00\x01abc", b"\x00\x00\x00\x00\x01\x48abc"])
def test_bad_record_does_not_spoil_its_neighbours(bad: bytes) -> None:
    good = records(list(supply.events(3)))
    mixed = [good[0], cast("Any", Record(b"key", bad)), *good[1:]]

    columns, unreadable = yardstick.read(mixed)

    assert len(columns.ids) == 3
    assert [each.value for each in unreadable] == [bad]


@pytest.mark.parametrize("held", [(0, ()), (3, (b"LIST-01",)), (9, (b"LIST-01", b"LIST-02"))])
def test_rows_come_back_as_they_were(held: yardstick.Held) -> None:
    table = yardstick.SUBJECTS

    assert table.unpack_value(table.pack_value(held)) == held
