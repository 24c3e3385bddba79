"""What a worker says of its lag: records count, markers do not, and what stands still is told."""

from __future__ import annotations

import json
from typing import Final

from creditbus.engine.health import Source
from creditbus.engine.lags import STALLED_SECONDS, Lags

FIRST: Final[Source] = ("events", 0)
SECOND: Final[Source] = ("events", 1)


class Client:
    """Tells lags what a client would, at times of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lags = Lags(lambda: self.now)
        self.places: dict[Source, dict[str, object]] = {}

    def tell(self, source: Source, *, end: int, fetched: int, waiting: int = 0) -> None:
        self.places[source] = {
            "fetch_state": "active",
            "ls_offset": end,
            "next_offset": fetched,
            "fetchq_cnt": waiting,
        }
        partitions = {str(number): place for (_, number), place in self.places.items()}
        self.lags.hear(json.dumps({"topics": {"events": {"partitions": partitions}}}))


def test_lag_is_what_is_not_fetched_and_what_is_not_decided() -> None:
    client = Client()
    client.tell(FIRST, end=100, fetched=70, waiting=20)
    client.tell(SECOND, end=50, fetched=50)
    assert client.lags.behind == {FIRST: 50, SECOND: 0}


def test_a_partition_that_is_not_fetched_is_not_told() -> None:
    client = Client()
    client.tell(FIRST, end=-1001, fetched=5)
    assert client.lags.behind == {}


def test_a_stuck_partition_is_told_although_another_moves() -> None:
    client = Client()
    for number in range(10):
        client.now += STALLED_SECONDS / 5
        client.tell(FIRST, end=100, fetched=70, waiting=20)
        client.tell(SECOND, end=100 + number, fetched=number, waiting=number % 2)
    stalled = client.lags.stalled([FIRST, SECOND])
    assert stalled is not None
    assert stalled.startswith("events/0 is 50 records behind")
    assert client.lags.stalled([SECOND]) is None


def test_what_had_nothing_to_do_for_long_is_not_stalled_by_its_first_record() -> None:
    client = Client()
    client.tell(FIRST, end=70, fetched=70)
    client.now = 10 * STALLED_SECONDS
    client.tell(FIRST, end=70, fetched=70)
    client.now += 5
    client.tell(FIRST, end=71, fetched=70)
    assert client.lags.stalled([FIRST]) is None
